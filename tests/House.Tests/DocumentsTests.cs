using System.Text.RegularExpressions;

namespace CrossModal.House.Tests;

/// <summary>Documents say what is so: links lead somewhere, paths exist, and quoted code is the code of today.</summary>
public sealed partial class DocumentsTests
{
    public static TheoryData<string> Documents => [.. Repository.Files(".md")];

    [Theory]
    [MemberData(nameof(Documents))]
    public void LinksLeadSomewhere(string document)
    {
        var broken = new List<string>();
        foreach (Match link in Link().Matches(Repository.Read(document)))
        {
            var target = link.Groups["target"].Value;
            if (target.StartsWith("http"))
                continue;
            var (path, anchor) = target.Split('#') is [var before, var after] ? (before, after) : (target, null);
            var file = path.Length == 0 ? document : Path.Combine(Path.GetDirectoryName(document)!, path);
            var full = Path.Combine(Repository.Root, file);
            if (!Path.Exists(full))
                broken.Add($"{target}: no such file");
            else if (anchor is not null && !Anchors(File.ReadAllText(full)).Contains(anchor))
                broken.Add($"{target}: no such heading");
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void PathsThatAreNamedExist(string document)
    {
        var missing = NamedPath().Matches(Repository.Read(document)).Select(match => match.Groups["path"].Value)
            .Where(path => !Path.Exists(Path.Combine(Repository.Root, path))).ToArray();
        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void QuotedCodeIsTheCodeOfToday(string document)
    {
        foreach (Match quote in Quote().Matches(Repository.Read(document)))
        {
            var source = WithoutSpace(Repository.Read(quote.Groups["source"].Value));
            var quoted = WithoutSpace(quote.Groups["code"].Value);
            Assert.True(source.Contains(quoted, StringComparison.Ordinal),
                $"{document} quotes what {quote.Groups["source"].Value} no longer says:\n{quote.Groups["code"].Value}");
        }
    }

    private static string WithoutSpace(string text) => string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));

    /// <summary>Headings as the anchors that GitHub makes of them.</summary>
    private static HashSet<string> Anchors(string text) =>
    [
        .. Fence().Replace(text, "").Split('\n').Where(line => line.StartsWith('#'))
            .Select(line => NotInAnchors().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-')),
    ];

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<path>(src|kernels|tests|benchmarks|scripts|docs|samples|models|\.ci|\.github)/[\w./-]+)`")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"<!-- quoted from (?<source>\S+) -->\n```\w*\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Quote();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
