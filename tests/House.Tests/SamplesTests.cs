using System.Text.RegularExpressions;

namespace CrossModal.House.Tests;

/// <summary>Every sample runs, in order, and prints what the documents say it prints.</summary>
[Collection("builds")]
public sealed partial class SamplesTests
{
    public static TheoryData<string> Samples => [.. Repository.Files(".cs").Where(file => file.StartsWith("samples/"))];

    [Theory]
    [MemberData(nameof(Samples))]
    public void ASampleRuns(string sample)
    {
        Assert.True(Repository.Read(sample).Split('\n').Length <= 100, $"{sample} has over 100 lines");
        var folder = Directory.CreateTempSubdirectory("crossmodal-sample-").FullName;
        try
        {
            var (code, output) = Repository.Run("dotnet", ["run", "--file", Path.Combine(Repository.Root, sample)], folder);
            Assert.True(code == 0, $"{sample}: exit code {code}\n{output}");
            Assert.NotEmpty(output);
            foreach (var document in Repository.Files(".md"))
            {
                foreach (Match printed in Printed().Matches(Repository.Read(document))
                    .Where(match => match.Groups["sample"].Value == sample))
                {
                    Assert.True(output.Contains(printed.Groups["text"].Value.Trim('\n'), StringComparison.Ordinal),
                        $"{document} says that {sample} prints\n{printed.Groups["text"].Value}\nand it printed\n{output}");
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"<!-- printed by (?<sample>\S+) -->\n```\w*\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Printed();
}
