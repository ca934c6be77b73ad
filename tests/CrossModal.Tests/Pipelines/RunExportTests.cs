using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Pipelines;

/// <summary>A run made small, and used.</summary>
public sealed class RunExportTests(TinyRun tiny) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-export-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TheCopyDrawsTheSamePicturesFromHalfOfTheBytes()
    {
        var whole = SavedRun.Open(tiny.Whole.Path, RunKind.All);
        var bytes = RunExport.Write(whole, Path.Combine(_folder, "made", "copy"));
        Assert.InRange(bytes, 1, new DirectoryInfo(tiny.Whole.Path).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length) / 2);
        using var device = Device.Open(new DeviceSettings("cpu", 1));
        var (expected, picture) = (Draw(device, whole), Draw(device, SavedRun.Open(Path.Combine(_folder, "made", "copy"), RunKind.All)));
        Assert.Equal(expected.Seen.Class, picture.Seen.Class);
        Assert.Equal(expected.Score!.Value, picture.Score!.Value, 0.01);
        Assert.All(expected.Image.Pixels.Zip(picture.Image.Pixels), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 2));
    }

    [Fact]
    public void WhatTrainingNeedsIsLeftOutAndTheCopySaysSo()
    {
        var copy = Path.Combine(_folder, "copy");
        RunExport.Write(SavedRun.Open(tiny.Whole.Path, RunKind.All), copy);
        using (var file = SafeTensors.Open(new RunFolder(copy).Last))
            Assert.All(file.Tensors.Keys, name => Assert.True(name.Split('.')[0] is "ema" or "discriminator", name));
        var refused = Assert.Throws<SettingException>(() => GanTraining.Train(RunKind.SoundToImage,
            new RunOptions { Resume = copy, Device = new DeviceSettings("cpu", 1), Epochs = 4 }, new RecordingReporter(),
            CancellationToken.None));
        Assert.Contains("continue the run that it was made of", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingThatIsThereIsWrittenOver()
    {
        File.WriteAllText(Path.Combine(_folder, "mine"), "mine");
        var refused = Assert.Throws<SettingException>(() => RunExport.Write(SavedRun.Open(tiny.Whole.Path, RunKind.All),
            Path.Combine(_folder, "mine")));
        Assert.Contains("is there already", refused.Message, StringComparison.Ordinal);
        Assert.Throws<SettingException>(() => RunExport.Write(SavedRun.Open(tiny.Whole.Path, RunKind.All),
            Path.Combine(tiny.Whole.Path, "copy")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder, "mine")));
        Assert.Equal("mine", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(_folder))));
    }

    private static DrawnPicture Draw(Device device, SavedRun saved)
    {
        using var run = new LiveRun(device, saved);
        return run.Draw([.. Enumerable.Range(0, run.CodeSize).Select(i => MathF.Sin(i))], new float[run.NoiseSize]);
    }
}
