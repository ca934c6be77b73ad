namespace CrossModal.House.Tests;

/// <summary>What a formatter does not look at.</summary>
public sealed class SourcesTests
{
    private const int LineWidth = 140, FileLength = 400;

    public static string[] Sources => Repository.Files(".cs", ".cu", ".cuh", ".h", ".cpp");

    [Fact]
    public void LinesFitInto140Columns()
    {
        var wide = Sources.SelectMany(file => Repository.Read(file).Split('\n')
            .Select((line, i) => (file, number: i + 1, line)).Where(at => at.line.Length > LineWidth && !IsData(at.line)));
        Assert.Empty(wide.Select(at => $"{at.file}:{at.number}: {at.line.Length} columns"));
    }

    [Fact]
    public void FilesAreShort() => Assert.Empty(Sources
        .Select(file => (file, length: Repository.Read(file).Split('\n').Length))
        .Where(at => at.length > FileLength && !at.file.StartsWith("tests/")).Select(at => $"{at.file}: {at.length} lines"));

    [Fact]
    public void NoFileIsNamedForNothing()
    {
        string[] empty = ["Utils", "Util", "Helpers", "Helper", "Common", "Misc"];
        Assert.DoesNotContain(Sources, file => empty.Any(word => Path.GetFileNameWithoutExtension(file).EndsWith(word)));
    }

    /// <summary>A line of nothing but one piece of text without a space, as a file that stands in a test as base 64.</summary>
    private static bool IsData(string line) =>
        !line.Trim().Contains(' ') || line.TrimStart().StartsWith('"') && !line.Trim().Trim('"', ' ', '+').Contains(' ');
}
