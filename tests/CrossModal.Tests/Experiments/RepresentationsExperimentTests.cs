using System.Text.Json;
using CrossModal.Experiments;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Experiments;

/// <summary>The command <c>experiment representations</c> on a data set that anything learns.</summary>
public sealed class RepresentationsExperimentTests(TinyRun tiny) : RunTests(tiny)
{
    [Fact]
    public void AllCellsAreMeasuredBesideThePapersAndAStoppedExperimentGoesOn()
    {
        var folder = NewFolder().Path;
        using var cancel = new CancellationTokenSource();
        var cells = Path.Combine(folder, "cells");

        // Stopped in the fourth cell: three are kept.
        var stages = 0;
        var stopper = new RecordingReporter((_, _) =>
        {
            if (Directory.Exists(cells) && Directory.GetFiles(cells).Length == 3 && stages++ == 5)
                cancel.Cancel();
        });
        var stopped = Assert.ThrowsAny<OperationCanceledException>(() =>
            RepresentationsExperiment.Run(Options(folder), stopper, cancel.Token));
        Assert.Equal(folder, Assert.IsType<ExperimentStoppedException>(stopped).Folder);
        Assert.Equal(["experiment representations"], stopper.Stages);
        var kept = Directory.GetFiles(cells).ToDictionary(file => file, File.GetLastWriteTimeUtc);
        Assert.Equal(3, kept.Count);
        Assert.False(File.Exists(Path.Combine(folder, "representations.json")));

        var summary = RepresentationsExperiment.Run(Options(folder), new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.All(kept, entry => Assert.Equal(entry.Value, File.GetLastWriteTimeUtc(entry.Key)));
        var report = JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, "representations.json")),
            ExperimentJson.Default.RepresentationsReport)!;
        Assert.Equal(1 / 3.0, report.ChanceAccuracy, 1e-12);
        Assert.Equal(["MS", "MS", "LMS", "LMS", "CQT", "CQT", "MFCC", "MFCC", "STFT", "STFT"],
            report.Cells.Select(cell => cell.Representation));
        Assert.Equal([3, 4, 3, 4, 3, 4, 3, 4, 3, 4], report.Cells.Select(cell => cell.Convolutions));

        // PAPER.md, section 4: the two rows of the paper's table, MS, LMS, CQT, MFCC, STFT.
        Assert.Equal([.6201, .6609, .8412, .8744, .73, .7778, .8006, .8105, .7405, .7573], report.Cells.Select(cell => cell.PaperAccuracy));
        Assert.All(report.Cells, cell =>
            Assert.Equal((TinyData.ValidationPairs, TinyData.TrainPairs, 8, 5UL),
            (cell.Validation.Count, cell.TrainCount, cell.Epochs, cell.Seed)));

        // Three pure tones: the log spectrogram is enough to tell them apart.
        Assert.All(report.Cells.Where(cell => cell.Representation == "LMS"), cell =>
            Assert.True(cell.Validation.Accuracy > 0.6, $"{cell.Convolutions} layers: {cell.Validation.Accuracy:0%}"));

        var text = File.ReadAllText(Path.Combine(folder, "representations.md"));
        foreach (var part in new[] { "| LMS | 4 | 87.44% | ", "chance 33.3%", "seed 5", "24 training and 12 validation sounds" })
            Assert.Contains(part, text);
        Assert.True(ImageFile.ReadSize(Assert.Single(summary.Pictures)).Width > 1000);
        Assert.Contains(summary.Rows, row => row.Name == "CQT" && row.Value.Contains("paper 73.0%"));

        // A third call measures nothing and says the same; other settings are another experiment.
        var before = File.ReadAllText(Path.Combine(folder, "representations.json"));
        RepresentationsExperiment.Run(Options(folder), new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Equal(before, File.ReadAllText(Path.Combine(folder, "representations.json")));
        var refused = Assert.ThrowsAny<BadInputException>(() =>
            RepresentationsExperiment.Run(Options(folder) with { Epochs = 9 }, new SilentReporter(),
            TestContext.Current.CancellationToken));
        Assert.Contains("epochs 8, not 9", refused.Message);

        File.WriteAllText(Path.Combine(cells, "lms-3.json"), "{");
        refused = Assert.ThrowsAny<BadInputException>(() =>
            RepresentationsExperiment.Run(Options(folder), new SilentReporter(), TestContext.Current.CancellationToken));
        Assert.Contains("lms-3.json: is no measurement of a representation", refused.Message);
        Assert.DoesNotContain('\n', refused.Message);
    }

    /// <summary>Frames move together and the edge is repeated; bins stay.</summary>
    [Fact]
    public void TrainingSoundsAreShiftedInTimeOnly()
    {
        var (values, room) = (new float[] { 1, 10, 2, 20, 3, 30, 4, 40 }, new float[8]);
        var augment = RepresentationsExperiment.InTime(4, 2, 1);
        var later = (float[])values.Clone();
        augment(later, room, (uint.MaxValue, 0, 0, 0));
        Assert.Equal([1, 10, 1, 10, 2, 20, 3, 30], later);
        var earlier = (float[])values.Clone();
        augment(earlier, room, (0, 0, 0, 0));
        Assert.Equal([2, 20, 3, 30, 4, 40, 4, 40], earlier);
        var still = (float[])values.Clone();
        augment(still, room, (uint.MaxValue / 2, 0, 0, 0));
        Assert.Equal(values, still);
    }

    private RunOptions Options(string folder) => new()
    {
        Data = Tiny.Data,
        Preset = "tiny",
        Device = new DeviceSettings("cpu", 1),
        Epochs = 8,
        Seed = 5,
        Out = folder,
    };
}
