using System.Text.RegularExpressions;

namespace CrossModal.Kernels;

/// <summary>One parameter of a kernel, as its file declares it.</summary>
/// <param name="Declaration">Type and name, as written: <c>const float* x</c>.</param>
internal sealed partial record KernelParameter(string Declaration)
{
    /// <summary>The last word.</summary>
    public string Name { get; } = LastWord().Match(Declaration).Value;

    public bool IsPointer { get; } = Declaration.Contains('*');

    /// <summary>What a number is, or what a pointer points to; null for a type that has no counterpart among tensors' elements.</summary>
    public ElementType? Type { get; } = string.Join(' ', Word().Matches(Declaration).Select(word => word.Value)
        .SkipLast(1).Where(word => word is not ("const" or "volatile" or "__restrict__" or "__restrict" or "signed"))) switch
    {
        "float" => ElementType.Float32,
        "double" => ElementType.Float64,
        "bfloat16" => ElementType.BFloat16,
        "int" or "unsigned" or "unsigned int" or "uint32" or "int32_t" or "uint32_t" => ElementType.Int32,
        "long long" or "unsigned long long" or "int64" or "uint64" or "int64_t" or "uint64_t" or "size_t" => ElementType.Int64,
        _ => null,
    };

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\w+(?=\s*$)")]
    private static partial Regex LastWord();
}

/// <summary>A kernel that a text defines: <c>extern "C" __global__ void name(parameters)</c>.</summary>
/// <param name="ThreadsBound">The first argument of its <c>__launch_bounds__</c>, as written; null where it has none.</param>
internal sealed partial record KernelSignature(string Name, IReadOnlyList<KernelParameter> Parameters, string? ThreadsBound)
{
    /// <summary>All kernels of a text.</summary>
    public static IEnumerable<KernelSignature> In(string text)
    {
        text = Comment().Replace(text, " ");
        foreach (Match match in Kernel().Matches(text))
        {
            var bound = match.Groups["bound"] is { Success: true } written ? Split(written.Value + ")", 0)[0] : null;
            var parameters = Split(text, match.Index + match.Length).Where(part => part is not ("" or "void"));
            yield return new KernelSignature(match.Groups["name"].Value, [.. parameters.Select(part => new KernelParameter(part))], bound);
        }
    }

    /// <summary>The parts between commas, up to the bracket that closes the one before <paramref name="start"/>.</summary>
    private static List<string> Split(string text, int start)
    {
        var parts = new List<string>();
        var (depth, begin) = (1, start);
        for (var i = start; depth > 0 && i < text.Length; i++)
        {
            depth += text[i] is '(' or '<' or '[' or '{' ? 1 : text[i] is ')' or '>' or ']' or '}' ? -1 : 0;
            if (depth == 0 || (depth == 1 && text[i] == ','))
            {
                parts.Add(text[begin..i].Trim());
                begin = i + 1;
            }
        }

        return parts;
    }

    // __launch_bounds__ may stand before or after the result's type; its arguments may have brackets within.
    [GeneratedRegex("""extern\s+"C"\s+__global__\s+(?:void\s+)?""" +
        """(?:__launch_bounds__\s*\((?<bound>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s*)?(?:void\s+)?(?<name>\w+)\s*\(""")]
    private static partial Regex Kernel();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();
}
