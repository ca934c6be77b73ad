using System.Security.Cryptography;
using System.Text.Json;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Cli;
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

    /// <summary>Networks of another size would take their memory before their shapes could be compared.</summary>
    [Fact]
    public void ADescriptionOfOtherNetworksIsRefusedBeforeTheyAreMade()
    {
        var folder = CopyOfWhole();
        var run = RunSettings.Read(folder.Settings);
        folder.Write(run with { Model = run.Model with { Width = 256 } });
        var message = $"{folder.Settings}: model.width is 256, and in {folder.Last} it is 4; put back the file that was changed";
        Assert.Equal(message, Refused(() => Evaluate(folder)));
        Assert.Equal(message, Refused(() => TinyRun.Resume(folder)));
        folder.Write(run with { Classes = [] });
        Assert.Equal($"{folder.Settings}: names no classes; put the file back as training wrote it", Refused(() => Evaluate(folder)));
    }

    /// <summary>The figures of other data stand beside those of the run, and both say what they are of.</summary>
    [Fact]
    public void OtherDataOfTheSameClassesCanBeMeasured()
    {
        var data = Path.Combine(Tiny.Root, "other-takes");
        TinyData.WriteClassFolders(data);
        var folder = CopyOfWhole();
        var before = Contents(folder);
        var summary = Evaluate(folder, data);
        Assert.NotEqual(Tiny.WholeSummary.Rows, summary.Rows);
        var added = Contents(folder);
        foreach (var (file, bytes) in before)
        {
            Assert.Equal(bytes, added[file]);
            added.Remove(file);
        }

        Assert.Equal(3, added.Count);
        var other = Measured(Assert.Single(added.Keys, file => Path.GetFileName(file).StartsWith("evaluation", StringComparison.Ordinal)));
        var (name, digest) = ($"other-takes-{other.DataFingerprint[..8]}", Convert.ToHexStringLower(
            SHA256.HashData(File.ReadAllBytes(folder.Last))));
        Assert.Equal(new[] { folder.EvaluationOf(name), folder.ConfusionNumbersOf(name),
            folder.ConfusionOf(Tiny.Settings, Direction.SoundToImage, name) }.Order(), added.Keys.Order());
        Assert.Equal([folder.ConfusionOf(Tiny.Settings, Direction.SoundToImage, name)], summary.Pictures);
        Assert.Equal(new MeasuredObject(data, other.DataFingerprint, false, "checkpoints/last.safetensors", digest), other);
        var run = RunSettings.Read(folder.Settings);
        Assert.Equal(new MeasuredObject(run.Data, run.DataFingerprint, true, "checkpoints/last.safetensors", digest),
            Measured(folder.Evaluation));

        // The run's own data by their name are the run's own.
        Evaluate(folder, Path.Combine(run.Data, "..", Path.GetFileName(run.Data)));
        Assert.Equal(before.Count + 3, Contents(folder).Count);

        static MeasuredObject Measured(string file) =>
            JsonSerializer.Deserialize(File.ReadAllText(file), EvaluationJson.Default.EvaluationReport)!.Measured!;
    }

    /// <summary>
    /// What was measured is seen, and then said that it could not be kept; a folder in the lock's place is like a read-only disk.
    /// </summary>
    [Fact]
    public void ARunThatCannotBeWrittenIsMeasuredAndShown()
    {
        var folder = CopyOfWhole();
        Directory.CreateDirectory(Path.Combine(folder.Path, "run.lock"));
        var before = Contents(folder);
        var shown = Invocation.InProcess("evaluate", "--run", folder.Path, "--device", "cpu", "--threads", "1");
        Assert.Equal(1, shown.ExitCode);
        Assert.StartsWith($"warning: {folder.Path}: cannot be written (", shown.Output);
        Assert.Contains("judge on real validation images", shown.Output);
        Assert.StartsWith($"error: the figures were not written: {folder.Path}: cannot be written (", shown.Error);
        Assert.Equal(before, Contents(folder));
    }

    private static Dictionary<string, byte[]> Contents(RunFolder folder) =>
        Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);

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
