using System.Text.Json;
using CrossModal.Cli;
using CrossModal.Imaging;
using CrossModal.Verification;

namespace CrossModal.Tests.Cli;

/// <summary>Each command once, small, as a user would call it.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void DevicesNamesWhatCanBeUsed()
    {
        var devices = Invocation.InProcess("devices");
        Assert.Equal(0, devices.ExitCode);
        foreach (var name in new[] { "auto", "cpu", "reference" })
            Assert.Matches($@"(?m)^\s+{name}\s", devices.Output);
        Assert.Matches($@"(?m)^\s+cores\s+{Environment.ProcessorCount}\s", devices.Output);
        Assert.Contains("cache folder", devices.Output);
    }

    [Fact]
    public void SynthesizeMakesWhatInspectCanRead()
    {
        var folder = Path.Combine(_folder, "set");
        var made = Invocation.InProcess("data", "synthesize", "--out", folder, "--pairs", "13", "--seed", "5", "--width", "160",
            "--height", "90");
        Assert.Equal("", made.Error);
        Assert.Equal(0, made.ExitCode);
        Assert.Contains("13 training and 13 validation pairs", made.Output);
        Assert.Equal(26, Directory.GetFiles(folder, "*.wav", SearchOption.AllDirectories).Length);
        Assert.All(Directory.GetFiles(folder, "*.jpg", SearchOption.AllDirectories), picture =>
            Assert.Equal((160, 90), ImageFile.ReadSize(picture)));

        var inspected = Invocation.InProcess("data", "inspect", folder);
        Assert.Equal("", inspected.Error);
        Assert.Equal(0, inspected.ExitCode);
        Assert.Contains("double_bass", inspected.Output);

        var again = Invocation.InProcess("data", "synthesize", "--out", folder, "--pairs", "13");
        Assert.Contains("not an empty folder", again.Failure());
    }

    [Fact]
    public void InspectFailsOnWhatCannotBeTrainedOn()
    {
        Assert.Contains("no such folder", Invocation.InProcess("data", "inspect", Path.Combine(_folder, "absent")).Failure());
        Assert.Contains("is not a data set", Invocation.InProcess("data", "inspect", _folder).Failure());
        Assert.Contains("<DIR>", Invocation.InProcess("data", "inspect").WrongUsage());
        Assert.Contains("must not be empty", Invocation.InProcess("data", "inspect", "").WrongUsage());

        Directory.CreateDirectory(Path.Combine(_folder, "images", "cello"));
        Directory.CreateDirectory(Path.Combine(_folder, "audio", "cello"));
        Assert.Contains("cannot be trained on", Invocation.InProcess("data", "inspect", _folder).Failure());
    }

    [Fact]
    public void SynthesizeMustBeToldWhere() =>
        Assert.Contains("--out <DIR> must be given", Invocation.InProcess("data", "synthesize").WrongUsage());

    [Theory]
    [InlineData("--pairs", "0")]
    [InlineData("--pairs", "many")]
    [InlineData("--seed", "-1")]
    [InlineData("--threads", "-1")]
    [InlineData("--width", "63")]
    [InlineData("--height", "8193")]
    public void SynthesizeRefusesBadNumbersBeforeItBegins(string option, string value)
    {
        var line = Invocation.InProcess("data", "synthesize", "--out", Path.Combine(_folder, "none"), option, value).WrongUsage();
        Assert.Contains($"{option} {value}: must be a whole number", line);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void AGroupWithoutACommandNamesTheChoices() =>
        Assert.Contains("choose one of synthesize, pair, inspect", Invocation.InProcess("data").WrongUsage());

    [Fact]
    public void SelftestPassesOnTheReference()
    {
        var test = Invocation.InProcess("selftest", "--device", "reference");
        Assert.Equal("", test.Error);
        Assert.Equal(0, test.ExitCode);
        Assert.Matches($@"(?m)^\s+all\s+{OpCases.All.Count}\s+{OpCases.All.Count}\s", test.Output);
        Assert.Contains($"all {OpCases.All.Count} cases", test.Output);
    }

    [Fact]
    public void SelftestShowsFailuresInFullAndFails()
    {
        var output = new StringWriter();
        using var terminal = new Terminal(output, TextWriter.Null);
        var opCase = OpCases.Named("convolution of a view [3, 5, 5, 3]");
        OpCaseResult right = new(opCase, true, 1e-6, 0.25, null, 3), missing = new(opCase, false, 0, 0, null, 0);
        var wrong = right with { ShareOfTolerance = double.PositiveInfinity, Failure = "one pixel, [1, 1, 1, 1]: value at [0] is NaN" };
        Assert.Equal(1, SelftestCommand.Show(terminal, "cpu", [right, wrong]));
        Assert.Matches(@"convolution\s+2\s+1\s+0\s+not finite", output.ToString());
        Assert.Contains("FAILED one pixel, [1, 1, 1, 1]: value at [0] is NaN", output.ToString());
        Assert.Contains("1 of 2 cases failed on cpu", output.ToString());
        Assert.Equal(0, SelftestCommand.Show(terminal, "cpu", [right, right, missing]));
        Assert.Matches(@"convolution\s+3\s+2\s+1\s+25\.0 %", output.ToString());
        Assert.Contains("cpu computes 2 cases as reference does, and does not support 1", output.ToString());
    }

    [Fact]
    public void BenchWritesTheFiguresAsJson()
    {
        var file = Path.Combine(_folder, "step.json");
        var bench = Invocation.InProcess("bench", "step", "--batch", "1", "--steps", "1", "--threads", "1", "--json", file);
        Assert.Equal("", bench.Error);
        Assert.Equal(0, bench.ExitCode);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal(
            ["model", "device", "batch", "threads", "median_ms", "min_ms", "images_per_second", "gflop_per_step", "peak_bytes",
                "precision", "wall_ms", "computed_by", "ranks", "sums_ms"],
            json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal("s2i", json.RootElement.GetProperty("model").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("batch").GetInt32());
        Assert.True(json.RootElement.GetProperty("median_ms").GetDouble() > 0);
        Assert.True(json.RootElement.GetProperty("gflop_per_step").GetDouble() > 1);
        Assert.Contains("GFLOP", bench.Output);
    }

    [Theory]
    [InlineData("--batch", "0", "from 1 to 4096")]
    [InlineData("--batch", "", "from 1 to 4096")]
    [InlineData("--device", "gpu", "auto, cpu, cuda, cuda-sim, reference")]
    [InlineData("--model", "v2a", "must be one of s2i, i2s")]
    [InlineData("--json", "", "must not be empty")]
    public void BenchRefusesWhatItCannotDo(string option, string value, string says)
    {
        var line = Invocation.InProcess("bench", "step", option, value).WrongUsage();
        Assert.Contains($"{option}", line);
        Assert.Contains(says, line);
        Assert.Contains("crossmodal bench step --help", line);
    }
}
