using System.Text;
using System.Text.RegularExpressions;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// Finds the kernels of a file and writes the C++ file that makes a module of them: it includes the kernels' file and adds a table with,
/// for each kernel, its name, its parameters, and a function that calls it with the values that an array of pointers points to.
/// </summary>
internal static partial class KernelScan
{
    /// <summary>Changes with what <see cref="Generate"/> writes.</summary>
    public const int Version = 2;

    /// <param name="family">The file's name without <c>.cu</c>.</param>
    /// <param name="preprocessed">The file after the preprocessor, so that kernels which macros stamp out are seen, but with
    /// <c>__global__</c> and <c>__launch_bounds__</c> as written.</param>
    public static string Generate(string family, string preprocessed)
    {
        var text = new StringBuilder($"#include \"{family}.cu\"\n#include \"host/module.h\"\n\n");
        var table = new StringBuilder();
        var count = 0;
        foreach (Match match in Kernel().Matches(preprocessed))
        {
            var bound = match.Groups["bound"] is { Success: true } written ? UpToComma(written.Value) : "0";
            var name = match.Groups["name"].Value;
            var parameters = Parameters(preprocessed, match.Index + match.Length);
            text.Append($"static const char* const {name}_parameters[] = {{");
            foreach (var parameter in parameters)
                text.Append($"\"{parameter}\", ");
            text.Append("nullptr};\n");
            table.Append($"    simulator::describe<{name}>(\"{name}\", {name}_parameters, ({bound})),\n");
            count++;
        }

        text.Append($"\nextern \"C\" const simulator::kernel simulator_kernels[] = {{\n{table}    {{}}\n}};\nextern \"C\" const int "
            + $"simulator_kernel_count = "
            + $"{count};\n");
        return text.ToString();
    }

    /// <summary>The names of the parameters in the text after the opening bracket.</summary>
    private static List<string> Parameters(string text, int start)
    {
        var names = new List<string>();
        var depth = 1;
        var begin = start;
        for (var i = start; depth > 0 && i < text.Length; i++)
        {
            var c = text[i];
            if (c is '(' or '<' or '[' or '{')
                depth++;
            else if (c is ')' or '>' or ']' or '}')
                depth--;
            if (depth == 0 || (depth == 1 && c == ','))
            {
                if (LastName().Match(text[begin..i]) is { Success: true } name && name.Value != "void")
                    names.Add(name.Value);
                begin = i + 1;
            }
        }

        return names;
    }

    /// <summary>The first argument of a macro call whose arguments are the text.</summary>
    private static string UpToComma(string text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == ',' && depth == 0)
                return text[..i];
            depth += text[i] is '(' or '<' ? 1 : text[i] is ')' or '>' ? -1 : 0;
        }

        return text;
    }

    // __launch_bounds__ may stand before or after the result's type; its arguments may have brackets within.
    [GeneratedRegex("""extern\s+"C"\s+__global__\s+(?:void\s+)?""" +
        """(?:__launch_bounds__\s*\((?<bound>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)\s*)?(?:void\s+)?(?<name>\w+)\s*\(""")]
    private static partial Regex Kernel();

    [GeneratedRegex(@"\w+(?=\s*$)")]
    private static partial Regex LastName();
}
