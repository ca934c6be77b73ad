using System.Text.Json;
using CrossModal.Experiments;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Experiments;

/// <summary>
/// Experiments on the tiny data: they can be stopped and gone on with, train nothing twice, and end with the paper's table.
/// </summary>
public sealed class ExperimentTests(TinyRun tiny) : RunTests(tiny)
{
    private RunOptions Options(string folder) =>
        new() { Data = Tiny.Data, Preset = "tiny", Epochs = 1, Seed = 3, Device = new DeviceSettings("cpu", 1), Out = folder };

    [Fact]
    public void VariantsAreStoppedGoneOnWithAndTabled()
    {
        var folder = Path.Combine(Tiny.Root, $"variants-{Guid.NewGuid():N}");
        using var source = new CancellationTokenSource();
        var reporter = new RecordingReporter((name, done) =>
        {
            // In the second of the runs.
            if (name == "experiment variants" && done is > 1000 and < 2000)
                source.Cancel();
        });
        var stopped = Assert.ThrowsAny<OperationCanceledException>(() => VariantsExperiment.Run(Options(folder), reporter, source.Token));
        Assert.Equal(("stopped in S2I-N", folder), (stopped.Message, Assert.IsType<ExperimentStoppedException>(stopped).Folder));
        Assert.Equal(["experiment variants"], reporter.Stages.Distinct());
        var first = new RunFolder(Path.Combine(folder, "S2I-C"));
        var trained = File.GetLastWriteTimeUtc(first.Last);
        Assert.False(File.Exists(Path.Combine(folder, "variants.json")));

        var summary = VariantsExperiment.Run(Options(folder), new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Equal(trained, File.GetLastWriteTimeUtc(first.Last));
        Assert.Equal(["S2I-C", "S2I-N", "S2I-A", "I2S", "CMCGAN S2I", "CMCGAN I2S"], summary.Rows.Select(row => row.Name));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "variants.json")));
        var rows = json.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.Equal([0.7556, 0.1232, 0.1095, 0.1117, 0.7661, 0.5189],
            rows.Select(row => row.GetProperty("paper_validation_accuracy").GetDouble()));
        Assert.All(rows, row => Assert.True(row.GetProperty("seconds").GetDouble() > 0));
        var both = new RunFolder(Path.Combine(folder, "CMCGAN"));
        Assert.Equal(File.ReadAllBytes(first.Judge), File.ReadAllBytes(both.Judge));
        Assert.Equal(File.ReadAllBytes(new RunFolder(Path.Combine(folder, "I2S")).Judge), File.ReadAllBytes(both.SoundJudge));
        Assert.Contains("| S2I-C | 75.56", File.ReadAllText(Path.Combine(folder, "variants.md")));
        Assert.All(summary.Pictures, picture => Assert.True(File.Exists(picture), picture));

        // The judge was trained once for the three that share it, and S2I-N was trained without wrong pairs.
        Assert.Equal(File.ReadAllBytes(first.Judge), File.ReadAllBytes(new RunFolder(Path.Combine(folder, "S2I-A")).Judge));
        Assert.False(RunSettings.Read(Path.Combine(folder, "S2I-N", "run.json")).Gan.WrongPairs);
        Assert.Contains("\"score_wrong\":null", File.ReadAllText(Path.Combine(folder, "S2I-N", "metrics.jsonl")));

        var refused = Assert.ThrowsAny<BadInputException>(() =>
            VariantsExperiment.Run(Options(folder) with { Seed = 4 }, new SilentReporter(), TestContext.Current.CancellationToken));
        Assert.Equal($"{folder}: was begun with seed 3, not 4; give the same to go on with it, or choose another folder",
            refused.Message);
        refused = Assert.ThrowsAny<BadInputException>(() =>
            ScenariosExperiment.Run(Options(folder), new SilentReporter(), TestContext.Current.CancellationToken));
        Assert.Contains("was begun with the command experiment variants, not experiment scenarios", refused.Message);
    }

    [Fact]
    public void ADamagedDescriptionIsRefused()
    {
        var folder = Path.Combine(Tiny.Root, $"damaged-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "experiment.json");
        File.WriteAllText(file, "{\"settings\": {");
        var refused = Assert.ThrowsAny<BadInputException>(() =>
            OptionsExperiment.Run(Options(folder), new SilentReporter(), TestContext.Current.CancellationToken));
        Assert.StartsWith($"{file}: is no description of an experiment: it is not JSON", refused.Message);
        Assert.Equal("{\"settings\": {", File.ReadAllText(file));
        refused = Assert.ThrowsAny<BadInputException>(() =>
            OptionsExperiment.Run(Options(file), new SilentReporter(), TestContext.Current.CancellationToken));
        Assert.Equal($"{file}: is a file; choose a folder", refused.Message);
    }
}
