using System.Text.RegularExpressions;
using CrossModal.Kernels.Cuda;

namespace CrossModal.Verification.Launches;

/// <summary>What the source of a kernel says that it is for: the first sentence of the comment above it.</summary>
internal static partial class KernelPurpose
{
    public static string Of(string family, string kernel)
    {
        var source = KernelSource.Of(family);
        string[] texts = [source.Text, .. source.Headers.Where(header => Includes(source, header.Key)).Select(header => header.Value)];
        var comment = Best(texts.SelectMany(text => Named(text, kernel)).Concat(texts.SelectMany(text => Above(text, kernel))))
            ?? CommentBefore(source.Text.Split('\n'), FirstLineOfCode(source.Text));
        return FirstSentence(comment);
    }

    private static string? Best(IEnumerable<(string Comment, int Letters)> found) =>
        found.OrderByDescending(one => one.Letters).Select(one => one.Comment).FirstOrDefault();

    private static bool Includes(KernelSource source, string header) =>
        header.EndsWith(".cuh", StringComparison.Ordinal) && source.Text.Contains($"\"{header}\"", StringComparison.Ordinal);

    /// <summary>What comments say behind a kernel's name and a colon: <c>// reduction_rows_1_*: y[rows] of …</c></summary>
    private static IEnumerable<(string Comment, int Letters)> Named(string text, string kernel)
    {
        foreach (Match match in NameInComment().Matches(text))
        {
            var name = match.Groups["name"].Value;
            if (Regex.IsMatch(kernel, $"^{Placeholder().Replace(name, @"\w+")}$"))
                yield return (Plain(match.Groups["text"].Value), Placeholder().Replace(name, "").Length);
        }
    }

    /// <summary>
    /// The comment above the definition, or above the macro that defines it, and how many letters of the name stand there: a macro's
    /// <c>elementwise_##name##_flat</c> has some, one that is given the whole name none.
    /// </summary>
    private static IEnumerable<(string Comment, int Letters)> Above(string text, string kernel)
    {
        foreach (Match match in Definition().Matches(text))
        {
            var (name, macro) = (match.Groups["name"].Value, match.Groups["macro"]);
            var pieces = macro.Success ? Regex.Split(name, "##") : [name];
            var parameters = macro.Success ? Words().Matches(match.Groups["parameters"].Value).Select(word => word.Value).ToHashSet() : [];
            var pattern = string.Concat(pieces.Select(piece => parameters.Contains(piece) ? @"\w+" : Regex.Escape(piece)));
            var isGivenWhole = pieces.All(parameters.Contains);
            if (isGivenWhole ? !Regex.IsMatch(text, $@"{macro.Value}\({kernel}\b") : !Regex.IsMatch(kernel, $"^{pattern}$"))
                continue;
            var lines = text.Split('\n');
            var line = text[..match.Index].Count(letter => letter == '\n');

            // Kernels that differ in a type only stand below one comment.
            for (var above = 0; above < 14 && line > 1 && !lines[line - 1].StartsWith("//", StringComparison.Ordinal); above++)
                line--;
            var comment = CommentBefore(lines, line);
            if (comment.Length > 0)
            {
                var letters = pieces.Where(piece => !parameters.Contains(piece)).Sum(piece => piece.Length);
                yield return (comment, isGivenWhole ? kernel.Length : letters);
            }
        }
    }

    private static int FirstLineOfCode(string text) =>
        Array.FindIndex(text.Split('\n'), line => !line.StartsWith("//", StringComparison.Ordinal));

    private static string CommentBefore(string[] lines, int line)
    {
        var first = line;
        while (first > 0 && lines[first - 1].StartsWith("//", StringComparison.Ordinal) && !lines[first - 1].Contains("----"))
            first--;
        return Plain(string.Join('\n', lines[first..line]));
    }

    private static string Plain(string comment) => Spaces().Replace(comment.Replace("//", " ", StringComparison.Ordinal), " ").Trim();

    private static string FirstSentence(string comment)
    {
        comment = NameAtBeginning().Replace(comment, "");
        var end = EndOfSentence().Match(comment);
        var sentence = end.Success ? comment[..(end.Index + 1)] : comment;
        return PlainWord().IsMatch(sentence) ? char.ToUpperInvariant(sentence[0]) + sentence[1..] : sentence;
    }

    [GeneratedRegex(@"^// (?<name>[a-z]\w*(?:\*|<\w+>)?\w*): (?<text>.*(?:\n//(?! [a-z]\w*[*<>\w]*: ) +\S.*)*)", RegexOptions.Multiline)]
    private static partial Regex NameInComment();

    [GeneratedRegex("""
        ^(?:\#define\s(?<macro>\w+)\((?<parameters>[^)]*)\)[\s\\]*)?[ ]*extern\s"C"\s__global__\s(?:void\s+)?
        (?:__launch_bounds__\((?:[^()]|\([^()]*\))*\)[\s\\]*)?(?:void\s+)?(?<name>[\w#]+)\(
        """, RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Definition();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();

    [GeneratedRegex(@"^[a-z]+_[\w*<>]*: ")]
    private static partial Regex NameAtBeginning();

    /// <summary>A word that is no name and no formula.</summary>
    [GeneratedRegex(@"^[a-z]{2,} (?![=+])")]
    private static partial Regex PlainWord();

    [GeneratedRegex(@"\*|<\w+>")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[.:](?= [A-Z]|$)")]
    private static partial Regex EndOfSentence();
}
