using System.Text.RegularExpressions;

namespace CrossModal.House.Tests;

/// <summary>What a formatter does not look at.</summary>
public sealed partial class SourcesTests
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

    /// <summary>
    /// What a library says fits every program that uses it; the options of this one are named by the program alone. Compilers have options
    /// as well.
    /// </summary>
    [Fact]
    public void NoLibrarySpeaksOfTheCommandLine()
    {
        string[] compilers = ["HostCompiler.cs", "NvrtcCompiler.cs"];
        var libraries = Sources.Where(file => file.StartsWith("src/") && file.EndsWith(".cs") && !file.StartsWith("src/Cli/")
            && !compilers.Contains(Path.GetFileName(file)));
        Assert.Empty(libraries.SelectMany(file => Repository.Read(file).Split('\n')
            .Where(line => !line.TrimStart().StartsWith("//") && OptionInText().IsMatch(line)).Select(line => $"{file}: {line.Trim()}")));
    }

    [GeneratedRegex("\"[^\"]*(?<![-\\w])--[a-z]")]
    private static partial Regex OptionInText();

    /// <summary>A line of nothing but one piece of text without a space, as a file that stands in a test as base 64.</summary>
    private static bool IsData(string line) =>
        !line.Trim().Contains(' ') || line.TrimStart().StartsWith('"') && !line.Trim().Trim('"', ' ', '+').Contains(' ');
}
