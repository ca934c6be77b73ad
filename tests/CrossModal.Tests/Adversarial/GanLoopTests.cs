using CrossModal.Adversarial;
using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Training;

namespace CrossModal.Tests.Adversarial;

/// <summary>The loop of epochs by itself: what goes wrong in a training, and what is kept then.</summary>
public sealed class GanLoopTests(TinyRun tiny) : RunTests(tiny)
{
    [Fact]
    public void ACollapseIsToldAndTheBestEpochKept()
    {
        var folder = NewFolder();
        var reporter = new RecordingReporter();
        double[] accuracies = [0.2, 0.8, 0.5, 0.3, 0.45];
        var run = Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 5 } };
        Loop(run, folder, (loop, _) =>
        {
            loop.Train(reporter, epoch => new EpochAccuracy(epoch, 0.5, accuracies[epoch - 1]), TestContext.Current.CancellationToken);
            Assert.Equal(0.8, loop.Best);
        });

        // Half of the best is the border: 0.3 lies under 0.4, 0.5 and 0.45 above.
        var warning = Assert.Single(reporter.Warnings);
        Assert.StartsWith("epoch 4: accuracy fell to 30", warning);
        Assert.Contains("from 80", warning);
        Assert.Contains(folder.Best, warning);
        Assert.Equal("12", Checkpoint.ReadMetadata(folder.Best)["step"]);
        Assert.Equal("30", Checkpoint.ReadMetadata(folder.Last)["step"]);
    }

    [Fact]
    public void TheBestIsRememberedOverAStop()
    {
        var folder = NewFolder();
        double[] accuracies = [0.7, 0.3];
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 8);
        Loop(Tiny.Settings, folder, (loop, _) => Assert.ThrowsAny<OperationCanceledException>(
            () => loop.Train(reporter, epoch => new EpochAccuracy(epoch, 0.5, accuracies[epoch - 1]), token)));
        var listener = new RecordingReporter();
        Loop(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 2 } }, folder, (loop, _) =>
        {
            loop.Resume(folder.Last);
            Assert.Equal((8, 0.7), (loop.NextStep, loop.Best));
            loop.Train(listener, epoch => new EpochAccuracy(epoch, 0.5, accuracies[epoch - 1]), TestContext.Current.CancellationToken);
        });
        Assert.Contains("epoch 2: accuracy fell to 30", Assert.Single(listener.Warnings));
        Assert.Equal("6", Checkpoint.ReadMetadata(folder.Best)["step"]);
    }

    /// <summary>
    /// A rate at which the discriminator's update throws its weights so far that the generator's pass through it overflows.
    /// </summary>
    [Fact]
    public void AStepThatOverflowsIsNamedAndTheLastCheckpointKept()
    {
        var folder = NewFolder();
        var normal = Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 1 } };
        Loop(normal, folder, (loop, _) => loop.Train(new SilentReporter(), AnyAccuracy, TestContext.Current.CancellationToken));
        var before = File.ReadAllBytes(folder.Last);
        var absurd = Tiny.Settings with { Gan = Tiny.Settings.Gan with { LearningRate = 1e30 } };
        Loop(absurd, folder, (loop, gan) =>
        {
            loop.Resume(folder.Last);
            var error = Assert.Throws<NonFiniteException>(() =>
                loop.Train(new SilentReporter(), AnyAccuracy, TestContext.Current.CancellationToken));

            // The step, the op with what it made and where, the checkpoint, and what to try.
            Assert.Matches(@"^step 7: [a-z ]+ made (NaN|-?Infinity) at element \d+ of \[[\d, ]+\]; ", error.Message);
            Assert.EndsWith($"{folder.Last} is as it was before; try a smaller learning rate or another seed", error.Message);
            Assert.False(gan.Device.CheckFinite);
        });
        Assert.Equal(before, File.ReadAllBytes(folder.Last));
        Loop(normal, folder, (loop, gan) =>
        {
            loop.Resume(folder.Last);
            Assert.Equal(6, loop.NextStep);
            Assert.True(gan.HasFiniteWeights());
        });
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e39)]
    public void WithoutACheckpointItSaysSo(double rate)
    {
        var folder = NewFolder();
        var absurd = Tiny.Settings with { Gan = Tiny.Settings.Gan with { LearningRate = rate } };
        Loop(absurd, folder, (loop, _) =>
        {
            var error = Assert.Throws<NonFiniteException>(() =>
                loop.Train(new SilentReporter(), AnyAccuracy, TestContext.Current.CancellationToken));
            Assert.StartsWith("step 1: ", error.Message);
            Assert.Contains("no checkpoint was written yet", error.Message);
        });
        Assert.False(File.Exists(folder.Last));
    }

    /// <summary>
    /// The generator's update comes after both losses: what it spoils shows in the next step. Such weights must not replace the last
    /// checkpoint, be it at the end of an epoch, at Ctrl-C, or when a short run is over.
    /// </summary>
    [Theory]
    [InlineData(12, 18, false)]
    [InlineData(9, 18, true)]
    [InlineData(8, 8, false)]
    public void WeightsThatAreNotFiniteAreNeverSaved(long step, int steps, bool cancel)
    {
        var folder = NewFolder();
        var measured = new List<int>();
        var run = Tiny.Settings with { Gan = Tiny.Settings.Gan with { Steps = steps } };
        byte[]? before = null;
        Loop(run, folder, (loop, gan) =>
        {
            using var source = new CancellationTokenSource();
            var reporter = new RecordingReporter((_, done) =>
            {
                if (done != step)
                    return;
                before = File.ReadAllBytes(folder.Last);
                var weight = gan.Generator.Parameters[^1];
                weight.Write(new float[weight.Count].Select((_, i) => i == 1 ? float.NaN : 0).ToArray());
                if (cancel)
                    source.Cancel();
            });
            var error = Assert.Throws<NonFiniteException>(() => loop.Train(reporter, epoch =>
            {
                measured.Add(epoch);
                return AnyAccuracy(epoch);
            }, source.Token));
            Assert.StartsWith($"step {step}: ", error.Message);
            Assert.Contains($"{folder.Last} is as it was before", error.Message);
        });
        Assert.Equal([1], measured);
        Assert.Equal(before, File.ReadAllBytes(folder.Last));
        Assert.Equal("6", Checkpoint.ReadMetadata(folder.Best)["step"]);
    }

    [Fact]
    public void TheRateIsHalvedByEpoch()
    {
        // Halved after each epoch and never are the same for one epoch, and not for two.
        var halved = Tiny.Settings with { Gan = Tiny.Settings.Gan with { HalveEvery = 1, Epochs = 2 } };
        var steady = Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 2 } };
        var (one, other) = (new List<byte[]>(), new List<byte[]>());
        foreach (var (run, seen) in new[] { (halved, one), (steady, other) })
            Loop(run, NewFolder(), (loop, gan) => loop.Train(new SilentReporter(), epoch =>
            {
                seen.Add(TinyGan.StateOf(gan)["generator.deconv1.weight"]);
                return AnyAccuracy(epoch);
            }, TestContext.Current.CancellationToken));
        Assert.Equal(one[0], other[0]);
        Assert.NotEqual(one[1], other[1]);
    }

    private static EpochAccuracy AnyAccuracy(int epoch) => new(epoch, 0.5, 0.5);

    /// <summary>A loop over the tiny data with codes that tell the class.</summary>
    private void Loop(RunSettings run, RunFolder folder, Action<GanLoop, ConditionalGan> body)
    {
        using var pairs = PairDataset.Open(Tiny.Data, new PairSelection(64), cancel: TestContext.Current.CancellationToken);
        using var device = Device.Open("cpu", 1);
        var (count, size) = (pairs.Train.Count, run.Model.CodeSize);
        var values = new float[count * size];
        for (var i = 0; i < values.Length; i++)
            values[i] = (i % size % 3 == pairs.Train.SoundClass(i / size) ? 0.8f : -0.3f) + 0.01f * (i % 7);
        var codes = new ConditionCodes(count, size, values, [.. Enumerable.Range(0, count).Select(pairs.Train.SoundClass)],
            [.. Enumerable.Range(0, count).Select(pairs.Train.SoundName)]);
        using var training = Create(capture: true);
        body(new GanLoop(run, folder, training, () => Create(capture: false)), (ConditionalGan)training.Model);

        AdversarialTraining Create(bool capture)
        {
            var gan = new ConditionalGan(device, run.Model, run.Gan, run.Seed) { Capture = capture };
            return new AdversarialTraining(gan, new ConditionalBatches(gan, run, pairs.Train, codes, null));
        }
    }
}
