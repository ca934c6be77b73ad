using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

public sealed class EvaluatorTests(TinyRun tiny) : RunTests(tiny)
{
    [Fact]
    public void AFinishedRunIsMeasuredAgainWithTheSameFigures()
    {
        var folder = CopyOfWhole();
        File.Delete(folder.Evaluation);
        File.Delete(folder.Confusion);
        var summary = Evaluate(folder);
        Assert.Equal(File.ReadAllText(Tiny.Whole.Evaluation), File.ReadAllText(folder.Evaluation));
        Assert.Equal(File.ReadAllBytes(Tiny.Whole.Confusion), File.ReadAllBytes(folder.Confusion));
        Assert.Equal(Tiny.WholeSummary.Rows, summary.Rows);
    }

    /// <summary>A run without a moving average samples the weights themselves.</summary>
    [Fact]
    public void ARunWithoutAnAverageToo()
    {
        var folder = WithClassifiers();
        TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Ema = 0, Epochs = 1 } }, folder);
        var before = File.ReadAllText(folder.Evaluation);
        File.Delete(folder.Evaluation);
        Evaluate(folder);
        Assert.Equal(before, File.ReadAllText(folder.Evaluation));
    }

    [Fact]
    public void OtherDataOfTheSameClassesCanBeMeasured()
    {
        var data = Path.Combine(Tiny.Root, "other-takes");
        TinyData.WriteClassFolders(data);
        var folder = CopyOfWhole();
        var summary = Evaluate(folder, data);
        Assert.NotEqual(Tiny.WholeSummary.Rows, summary.Rows);
        Assert.NotEqual(File.ReadAllText(Tiny.Whole.Evaluation), File.ReadAllText(folder.Evaluation));
    }

    [Fact]
    public void OtherClassesAreRefusedWithBothLists()
    {
        var data = Path.Combine(Tiny.Root, "other-classes");
        TinyData.WritePairs(data, ["cello", "flute", "horn"]);
        var folder = CopyOfWhole();
        Assert.Equal($"{data}: has the classes cello, flute, horn; the run was trained on horn, oboe, viola",
            Refused(() => Evaluate(folder, data)));

        // And before a file of them is decoded.
        foreach (var file in Directory.GetFiles(data, "*.wav", SearchOption.AllDirectories))
            File.WriteAllText(file, "damaged");
        Assert.Contains("has the classes cello", Refused(() => Evaluate(folder, data)));
        Assert.Equal(File.ReadAllText(Tiny.Whole.Evaluation), File.ReadAllText(folder.Evaluation));
    }

    [Fact]
    public void WhatGeneratesNothingIsRefused()
    {
        var folder = CopyOfWhole();
        folder.Write(Tiny.Settings with { Kind = RunKind.ImageClassifier });
        Assert.Contains("is a run of `train image-classifier`; give the folder of a run of `train s2i` or `train i2s`",
            Refused(() => Evaluate(folder)));
        Assert.Contains("not found; give the folder of a run", Refused(() => Evaluate(NewFolder())));
    }

    [Fact]
    public void ADamagedOrForeignCheckpointIsRefusedByName()
    {
        var folder = CopyOfWhole();
        var bytes = File.ReadAllBytes(folder.Last);
        File.WriteAllBytes(folder.Last, bytes[..(bytes.Length / 2)]);
        Assert.StartsWith(folder.Last, Refused(() => Evaluate(folder)));
        File.Copy(folder.Judge, folder.Last, overwrite: true);
        Assert.StartsWith(folder.Last, Refused(() => Evaluate(folder)));
        File.WriteAllBytes(folder.Last, bytes);
        File.Copy(folder.SoundClassifier, folder.Judge, overwrite: true);
        Assert.StartsWith(folder.Judge, Refused(() => Evaluate(folder)));
    }

    internal static RunSummary Evaluate(RunFolder folder, string? data = null)
    {
        using var run = TrainedRun.Open(folder.Path, new DeviceSettings("cpu", 1));
        return run.Measure(data, new SilentReporter(), TestContext.Current.CancellationToken).Summary;
    }

    private static string Refused(Action action)
    {
        var message = Assert.ThrowsAny<BadInputException>(action).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
