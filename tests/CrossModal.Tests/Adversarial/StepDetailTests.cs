using CrossModal.Adversarial;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>What an observer sees of a step, and that looking changes nothing.</summary>
[Collection("cache")]
public sealed class StepDetailTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LookingNowAndThenTrainsTheSameBits(bool penalty)
    {
        var settings = TinyGan.Settings with { R1 = penalty ? 1 : 0, R1Every = 2 };
        using var device = Device.Open("cpu", 1);
        using var alone = TinyGan.Create(device, settings: settings);
        using var watched = TinyGan.Create(device, settings: settings);
        for (var step = 0; step < 8; step++)
        {
            watched.Detailed = step is 1 or 2 or >= 5;
            Assert.Equal(TinyGan.Run(alone, step, step + 1), TinyGan.Run(watched, step, step + 1));
        }

        TinyGan.AssertSame(TinyGan.StateOf(alone), TinyGan.StateOf(watched));
    }

    /// <summary>On a device that works by itself, with a step on its way whenever somebody begins or stops looking.</summary>
    [Fact]
    public void LookingWhileADeviceWorksTrainsTheSameBits()
    {
        TestDevices.Require("cuda-sim");
        using var device = Device.Open("cuda-sim", 2);
        using var alone = TinyGan.Create(device);
        using var watched = TinyGan.Create(device);
        var expected = TinyGan.Run(alone, 0, 4);
        bool[] looks = [false, true, true, false];
        for (var step = 0; step < looks.Length; step++)
        {
            watched.Detailed = looks[step];
            Begin(watched, step);
            if (step > 0)
                Finish(step - 1);
        }

        Finish(looks.Length - 1);
        TinyGan.AssertSame(TinyGan.StateOf(alone), TinyGan.StateOf(watched));

        void Finish(int step)
        {
            Assert.Equal(expected[step], watched.FinishReadScores(out var detail));
            Assert.Equal(looks[step], detail is not null);
            if (detail is not null)
                Assert.Equal(expected[step].Fake, detail.Fake.Average(), 1e-6);
        }
    }

    [Fact]
    public void ScoresOfSamplesHaveTheMeansOfTheStep()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyGan.Create(device);
        gan.Detailed = true;
        for (var step = 0; step < 3; step++)
        {
            var scores = Step(gan, step, out var detail);
            Assert.Equal((TinyGan.Batch, TinyGan.Batch, TinyGan.Batch), (detail!.Real.Count, detail.Wrong.Count, detail.Fake.Count));
            Assert.Equal(scores.Real, detail.Real.Average(), 1e-6);
            Assert.Equal(scores.Wrong, detail.Wrong.Average(), 1e-6);
            Assert.Equal(scores.Fake, detail.Fake.Average(), 1e-6);
            Assert.True(detail.Fake.Distinct().Count() > 1);
        }

        // Nobody looks any more, while a step is on its way.
        Begin(gan, 3);
        gan.Detailed = false;
        Begin(gan, 4);
        gan.FinishReadScores(out var before);
        gan.FinishReadScores(out var after);
        Assert.NotNull(before);
        Assert.Null(after);
    }

    [Fact]
    public void WithoutWrongPairsThereAreNone()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { WrongPairs = false });
        gan.Detailed = true;
        Step(gan, 0, out var detail);
        Assert.Empty(detail!.Wrong);
        Assert.Equal(TinyGan.Batch, detail.Fake.Count);
    }

    [Fact]
    public void BothDirectionsHaveTwoGeneratedSamplesOfEachPair()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyCmcgan.Create(device);
        gan.Detailed = true;
        var (image, sound, wrong, labels) = TinyCmcgan.BatchOf(0);
        gan.SetBatch(image, sound, wrong, labels);
        gan.Step();
        gan.BeginReadScores();
        var scores = gan.FinishReadScores(out var detail);
        Assert.Equal(2 * detail!.Real.Count, detail.Fake.Count);
        Assert.Equal(scores.Fake, detail.Fake.Average(), 1e-6);
    }

    /// <summary>
    /// Adam's first step moves each parameter by rate · g / (|g| + ε) whatever the gradient's size; its first moment is (1 − β1) · g, which
    /// gives the norm back.
    /// </summary>
    [Fact]
    public void TheNormsAreThoseOfTheGradients()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyGan.Create(device);
        gan.Detailed = true;
        Step(gan, 0, out var detail);
        Assert.Equal(Norm("optimizer.discriminator"), detail!.DiscriminatorGradient, 1e-4 * detail.DiscriminatorGradient);
        Assert.Equal(Norm("optimizer.generator"), detail.GeneratorGradient, 1e-4 * detail.GeneratorGradient);

        double Norm(string optimizer)
        {
            var moments = TinyGan.StateOf(gan).Where(tensor => tensor.Key.StartsWith($"{optimizer}.exp_avg.", StringComparison.Ordinal))
                .SelectMany(tensor => Enumerable.Range(0, tensor.Value.Length / 4).Select(i => BitConverter.ToSingle(tensor.Value, 4 * i)));
            return Math.Sqrt(moments.Sum(value => Math.Pow(value / (1 - TinyGan.Settings.Beta1), 2)));
        }
    }

    private static GanScores Step(ConditionalGan gan, long step, out StepDetail? detail)
    {
        Begin(gan, step);
        return gan.FinishReadScores(out detail);
    }

    private static void Begin(ConditionalGan gan, long step)
    {
        var (real, wrong, code) = TinyGan.BatchOf(step);
        gan.SetBatch(real, wrong, code);
        gan.Step();
        gan.BeginReadScores();
    }
}
