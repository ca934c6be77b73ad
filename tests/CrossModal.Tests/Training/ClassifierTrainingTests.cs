using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Training;

public sealed class ClassifierTrainingTests(TinyRun tiny) : RunTests(tiny)
{
    [Theory]
    [InlineData("sound")]
    [InlineData("image")]
    public void AClassifierAloneLearnsTheTinyClasses(string kind)
    {
        var folder = NewFolder();
        var options = new RunOptions
        {
            Data = Tiny.Data,
            Device = new DeviceSettings("cpu", 1),
            Epochs = 8,
            Batch = 8,
            Seed = 5,
            Out = folder.Path
        };
        var stages = new RecordingReporter();
        var summary = SoloTraining.Train(kind == "sound" ? RunKind.SoundClassifier : RunKind.ImageClassifier, options, stages,
            TestContext.Current.CancellationToken);
        Assert.Contains(stages.Stages, stage => stage == $"{kind} classifier");
        var lines = folder.ReadMetrics();
        Assert.Equal(Enumerable.Range(1, 8), lines.Select(line => line.Epoch!.Value));
        Assert.True((double)lines[^1].Values["loss"]! < (double)lines[0].Values["loss"]! / 2);
        Assert.InRange(Named(lines[^1]), 0.9, 1);
        Assert.Contains(("examples", $"{TinyData.ValidationPairs}"), summary.Rows);
        Assert.True(ImageFile.ReadSize(folder.Confusion).Width > 100);
        var run = RunSettings.Read(folder.Settings);
        Assert.Equal($"train {kind}-classifier", run.Kind.Command);
        var settings = kind == "sound" ? run.SoundClassifier : run.ImageClassifier;
        Assert.Equal((8, 8), (settings.Epochs, settings.Batch));
        var checkpoint = kind == "sound" ? folder.SoundClassifier : folder.Judge;
        Assert.Equal($"{Named(lines[^1])}", Checkpoint.ReadMetadata(checkpoint)["validation_accuracy"]);
        Assert.Contains($"{kind}_classifier.conv1.weight", TinyGan.StoredTensors(checkpoint).Keys);

        static double Named(MetricsLine line) => (double)line.Values["validation_accuracy"]!;
    }

    /// <summary>A batch counts whether or not epochs are asked for beside it.</summary>
    [Fact]
    public void EachSettingCountsByItself()
    {
        var (reporter, token) = RecordingReporter.CancelAt("sound classifier", 1);
        var folder = NewFolder();
        var options = new RunOptions { Data = Tiny.Data, Device = new DeviceSettings("cpu", 1), Batch = 6, Out = folder.Path };
        Assert.ThrowsAny<OperationCanceledException>(() => SoloTraining.Train(RunKind.SoundClassifier, options, reporter, token));
        var run = RunSettings.Read(folder.Settings);
        Assert.Equal((Presets.Quick.SoundClassifier.Epochs, 6), (run.SoundClassifier.Epochs, run.SoundClassifier.Batch));
    }

    [Fact]
    public void ARateThatOverflowsIsToldWithTheEpoch()
    {
        var folder = NewFolder();
        var run = Tiny.Settings with { ImageClassifier = new ClassifierSettings { Epochs = 1, Batch = 8, LearningRate = 1e30 } };
        Directory.CreateDirectory(Path.GetDirectoryName(folder.SoundClassifier)!);
        File.Copy(Tiny.Whole.SoundClassifier, folder.SoundClassifier);
        var error = Assert.Throws<NonFiniteException>(() => TinyRun.Train(run, folder));
        Assert.Matches("^the loss of the image classifier became .* in epoch 1", error.Message);
        Assert.False(File.Exists(folder.Judge));
    }

    [Fact]
    public void TheStoredSpectrogramsAreThoseOfTheSounds()
    {
        using var device = Device.Open("cpu", 1);
        using var data = TinyData.Open(Tiny.Data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        using var frontEnd = new LogMelSpectrogram(device);
        foreach (var (split, stored) in new[] { (data.Pairs.Train, data.Spectrograms(Split.Train, LogMelLayout.Standard)),
            (data.Pairs.Validation, data.Spectrograms(Split.Validation, LogMelLayout.Standard)) })
        {
            Assert.Equal((split.SoundCount, 44 * 128), (stored.Count, stored.Length));
            foreach (var i in new[] { 0, split.SoundCount / 2, split.SoundCount - 1 })
            {
                using var scope = new Scope();
                var samples = new float[LogMelSpectrogram.Samples];
                split.ReadSound(i, samples);
                var expected = frontEnd.Compute(Tensor.From(device, new Shape(1, samples.Length), samples)).ToArray();
                var read = new float[stored.Length];
                stored.Read(i, read);
                Assert.Equal(expected, read);
            }
        }

        // Kept: the second time nothing is computed.
        var reporter = new RecordingReporter();
        using var again = TinyData.Open(Tiny.Data, 0, 5, device, reporter, TestContext.Current.CancellationToken);
        again.Spectrograms(Split.Validation, LogMelLayout.Standard);
        Assert.Empty(reporter.Stages);
        Assert.Equal(data.Pairs.Fingerprint, again.Pairs.Fingerprint);
    }

    [Fact]
    public void FewerPairsAreOtherData()
    {
        using var device = Device.Open("cpu", 1);
        using var all = TinyData.Open(Tiny.Data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        using var some = TinyData.Open(Tiny.Data, 9, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Equal((24, 9), (all.Pairs.Train.Count, some.Pairs.Train.Count));
        Assert.NotEqual(all.Pairs.Fingerprint, some.Pairs.Fingerprint);
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(3, Enumerable.Range(0, 9).Count(i => some.Pairs.Train.SoundClass(i) == c)));
    }

    [Fact]
    public void CancelledSpectrogramsLeaveNothingBehindThatIsTakenForWhole()
    {
        var data = Path.Combine(Tiny.Root, "cancelled");
        TinyData.WritePairs(data);
        using var device = Device.Open("cpu", 1);
        using var source = new CancellationTokenSource();
        var reporter = new RecordingReporter((stage, _) =>
        {
            if (stage.StartsWith("spectrograms of validation", StringComparison.Ordinal))
                source.Cancel();
        });
        using (var stopped = TinyData.Open(data, 0, 5, device, reporter, source.Token))
            Assert.ThrowsAny<OperationCanceledException>(() => stopped.Spectrograms(Split.Validation, LogMelLayout.Standard));
        using var opened = TinyData.Open(data, 0, 5, device, new SilentReporter(), TestContext.Current.CancellationToken);
        Assert.Equal(TinyData.ValidationPairs, opened.Spectrograms(Split.Validation, LogMelLayout.Standard).Count);
    }
}
