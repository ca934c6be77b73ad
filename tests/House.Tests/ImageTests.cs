using System.Text.RegularExpressions;

namespace CrossModal.House.Tests;

/// <summary>The container image is seldom built; what can be known of it without that is known here.</summary>
public sealed partial class ImageTests
{
    private static readonly string[] Copied = [.. Copy().Matches(Repository.Read("Dockerfile"))
        .SelectMany(copy => copy.Groups["sources"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    [Fact]
    public void WhatTheImageCopiesExists()
    {
        Assert.NotEmpty(Copied);
        Assert.All(Copied, source => Assert.True(Path.Exists(Path.Combine(Repository.Root, source)), $"there is no {source}"));
    }

    [Fact]
    public void TheContextHasWhatIsCopiedAndNothingElse()
    {
        var lines = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rules = lines.Where(line => line[0] != '#').ToArray();
        Assert.Equal("*", rules[0]);
        Assert.Equal(Copied.Order(StringComparer.Ordinal), rules[1..].Select(rule => rule.TrimStart('!')).Order(StringComparer.Ordinal));
    }

    /// <summary>Every file that the program's project and those below it read while they are built.</summary>
    [Theory]
    [InlineData(".editorconfig")]
    [InlineData("global.json")]
    [InlineData("Directory.Build.props")]
    [InlineData("Directory.Build.targets")]
    [InlineData("Directory.Packages.props")]
    public void WhatEveryProjectReadsIsCopied(string file) => Assert.Contains(file, Copied);

    [GeneratedRegex(@"^COPY (?!--from)(?<sources>.+) \S+$", RegexOptions.Multiline)]
    private static partial Regex Copy();
}
