using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Runs;

/// <summary>
/// What steadies a GAN: each option does what it says, in float64 against the formula, and a run with all of them stops and goes on bit for
/// bit.
/// </summary>
public sealed class GanOptionsTests(TinyRun tiny) : RunTests(tiny)
{
    private static readonly GanSettings All = TinyGan.Settings with
    {
        Loss = AdversarialLoss.Hinge,
        DiscriminatorRateRatio = 2,
        R1 = 0.5,
        R1Every = 3,
        Augment = true,
        Auxiliary = 0.3,
        CodeHead = 0.5,
        ModeSeeking = 0.05,
        Vae = 2,
    };

    private static readonly ModelSettings AllModel =
        TinyGan.Model with { SpectralNorm = true, AuxiliaryClasses = 3, CodeHead = true, Upsampling = true };

    /// <summary>The losses of the first step by their formulas on the networks' own scores.</summary>
    [Theory]
    [InlineData(false, true, 1.0)]
    [InlineData(false, false, 1.0)]
    [InlineData(false, true, 0.9)]
    [InlineData(true, true, 1.0)]
    [InlineData(true, false, 1.0)]
    public void TheLossesAreThoseOfTheFormulas(bool hinge, bool wrongPairs, double realTarget)
    {
        var loss = hinge ? AdversarialLoss.Hinge : AdversarialLoss.CrossEntropy;
        using var device = Device.Open("reference");
        using var gan = TinyGan.Create(device,
            settings: TinyGan.Settings with { Ema = 0, Loss = loss, WrongPairs = wrongPairs, RealTarget = realTarget, LearningRate = 0 });
        using var weights = new RandomStream(device, 7, 1);
        using var noise = new RandomStream(device, 7, 2);
        using var generator = new Generator(weights, TinyGan.Model);
        using var discriminator = new Discriminator(weights, TinyGan.Model);
        var (realImages, wrongImages, codes) = TinyGan.BatchOf(0);
        gan.SetBatch(realImages, wrongImages, codes);
        gan.Step();
        var actual = gan.ReadScores();

        using var scope = new Scope();
        using var pause = Tape.Paused();
        var images = new Shape(TinyGan.Batch, 32, 32, 3);
        var code = Tensor.From(device, new Shape(TinyGan.Batch, 8), codes);
        var fake = generator.Forward(code, noise.Normal(new Shape(TinyGan.Batch, 5)));
        double[] Scores(Tensor samples) => discriminator.Forward(samples, code).ToDoubles();
        var (real, wrong, unreal) = (Scores(Tensor.From(device, images, realImages)), Scores(Tensor.From(device, images, wrongImages)),
            Scores(fake));
        double AsReal(double x) =>
            hinge ? Math.Max(0, 1 - x) : -(realTarget * Math.Log(Sigmoid(x)) + (1 - realTarget) * Math.Log(1 - Sigmoid(x)));
        double AsFake(double x) => hinge ? Math.Max(0, 1 + x) : -Math.Log(1 - Sigmoid(x));
        var expected = real.Average(AsReal) + (wrongPairs ? (wrong.Average(AsFake) + unreal.Average(AsFake)) / 2 : unreal.Average(AsFake));
        Assert.Equal(expected, actual.DiscriminatorLoss, 1e-6);
        Assert.Equal(unreal.Average(x => hinge ? -x : -Math.Log(Sigmoid(x))), actual.GeneratorLoss, 1e-6);
        Assert.Equal(real.Average(Sigmoid), actual.Real, 1e-6);
        Assert.Equal(unreal.Average(Sigmoid), actual.Fake, 1e-6);
        if (wrongPairs)
            Assert.Equal(wrong.Average(Sigmoid), actual.Wrong, 1e-6);
        else
            Assert.True(float.IsNaN(actual.Wrong));
    }

    /// <summary>
    /// Only the auxiliary head tells labels apart: with other labels the discriminator learns something else, and without the head the
    /// same.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void LabelsMatterToTheAuxiliaryHeadAlone(int classes)
    {
        var states = new List<Dictionary<string, byte[]>>();
        foreach (var labels in new[] { new[] { 0, 1, 2, 0 }, [2, 2, 1, 1] })
        {
            using var device = Device.Open("cpu", 1);
            using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { Auxiliary = 1 },
                model: TinyGan.Model with { AuxiliaryClasses = classes });
            var (real, wrong, code) = TinyGan.BatchOf(0);
            gan.SetBatch(real, wrong, code, labels);
            gan.Step();
            states.Add(TinyGan.StateOf(gan));
        }

        Assert.Equal(classes == 0, states[0]["discriminator.conv2.weight"].AsSpan().SequenceEqual(states[1]["discriminator.conv2.weight"]));
    }

    /// <summary>What the head sees of the code moves generator and discriminator, and it gives a code for each sample.</summary>
    [Fact]
    public void TheHeadOfTheCodeTeachesBothPlayers()
    {
        using var device = Device.Open("cpu", 1);
        var states = new List<Dictionary<string, byte[]>>();
        foreach (var weight in new[] { 0.0, 5.0 })
        {
            using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { CodeHead = weight },
                model: TinyGan.Model with { CodeHead = true });
            TinyGan.Run(gan, 0, 1);
            states.Add(TinyGan.StateOf(gan));
        }

        foreach (var name in new[] { "generator.deconv1.weight", "discriminator.conv2.weight", "discriminator.codes.weight" })
            Assert.NotEqual(states[0][name], states[1][name]);
        using var random = new RandomStream(device, 4);
        using var discriminator = new Discriminator(random, TinyGan.Model with { CodeHead = true });
        using var scope = new Scope();
        var (images, code) = (random.Normal(new Shape(2, 32, 32, 3)), random.Normal(new Shape(2, 8)));
        var (scores, classes, codes) = discriminator.ForwardWithHeads(images, code);
        Assert.Null(classes);
        Assert.Equal((new Shape(2), new Shape(2, 8)), (scores.Shape, codes!.Shape));
    }

    /// <summary>
    /// The head learns to find the code in real samples and nothing in generated ones, as long as these are told from those.
    /// </summary>
    [Fact]
    public void TheHeadOfTheCodeFindsNothingInGeneratedSamples()
    {
        using var device = Device.Open("cpu", 1);
        var model = TinyGan.Model with { CodeHead = true };
        using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { CodeHead = 5, LearningRate = 1e-3 }, model: model);
        using var random = new RandomStream(device, 4);
        using var discriminator = new Discriminator(random, model);
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-heads-{Guid.NewGuid():N}.safetensors");
        try
        {
            TinyGan.Run(gan, 0, 60);
            gan.CreateCheckpoint().Save(path);
            new Checkpoint().Add("discriminator", discriminator).Load(path, everything: false);
        }
        finally
        {
            File.Delete(path);
        }

        using var scope = new Scope();
        using var pause = Tape.Paused();
        var (pixels, _, codes) = TinyGan.BatchOf(60);
        var code = Tensor.From(device, new Shape(TinyGan.Batch, model.CodeSize), codes);
        var real = Tensor.From(device, new Shape(TinyGan.Batch, model.ImageSize, model.ImageSize, 3), pixels);
        var generated = gan.Generator.Forward(code, random.Normal(new Shape(TinyGan.Batch, model.NoiseSize)));
        float Found(Tensor samples) => discriminator.ForwardWithHeads(samples, code).Codes!.Square().Mean().ToArray()[0];
        var (inReal, inGenerated) = (Found(real), Found(generated));
        Assert.True(inGenerated < inReal / 4, $"{inGenerated} in generated samples, {inReal} in real ones");
    }

    /// <summary>
    /// The discriminator's first Adam step is as long as its rate, whatever the gradient: with twice the rate its weights move twice as
    /// far.
    /// </summary>
    [Fact]
    public void TheDiscriminatorHasARateOfItsOwn()
    {
        float[] Moved(double ratio, string name)
        {
            using var device = Device.Open("cpu", 1);
            using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { DiscriminatorRateRatio = ratio });
            var before = Floats(TinyGan.StateOf(gan)[name]);
            TinyGan.Run(gan, 0, 1);
            return [.. Floats(TinyGan.StateOf(gan)[name]).Zip(before, (a, b) => a - b)];
        }

        var (one, two) = (Moved(1, "discriminator.conv2.weight"), Moved(2, "discriminator.conv2.weight"));
        Assert.All(one.Zip(two), pair => Assert.Equal(2 * pair.First, pair.Second, 2e-7f));
        Assert.Contains(one, moved => Math.Abs(moved) > 1e-4f);

        static float[] Floats(byte[] bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }

    /// <summary>
    /// The penalty is added at every third step from the first; the steps between are those without it, given the same weights.
    /// </summary>
    [Fact]
    public void ThePenaltyComesEverySoManySteps()
    {
        using var device = Device.Open("cpu", 1);
        Dictionary<string, byte[]> After(double r1, int steps)
        {
            using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { R1 = r1, R1Every = 3 });
            TinyGan.Run(gan, 0, steps);
            return TinyGan.StateOf(gan);
        }

        const string name = "discriminator.conv2.weight";
        Assert.NotEqual(After(0, 1)[name], After(10, 1)[name]);

        // From a checkpoint after one step, the next two are without the penalty.
        var path = Path.Combine(Tiny.Root, $"penalty-{Guid.NewGuid():N}.safetensors");
        using (var first = TinyGan.Create(device, settings: TinyGan.Settings with { R1 = 10, R1Every = 3 }))
        {
            TinyGan.Run(first, 0, 1);
            first.CreateCheckpoint().Save(path);
        }

        var states = new List<byte[]>();
        foreach (var (r1, steps) in new[] { (10.0, 3), (0.0, 3), (10.0, 4), (0.0, 4) })
        {
            using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { R1 = r1, R1Every = 3 });
            gan.CreateCheckpoint().Load(path);
            TinyGan.Run(gan, 1, steps);
            states.Add(TinyGan.StateOf(gan)[name]);
        }

        Assert.Equal(states[1], states[0]);
        Assert.NotEqual(states[3], states[2]);
    }

    [Fact]
    public void WithEverythingOnACapturedStepIsTheStepBuiltAnew()
    {
        using var device = Device.Open("cpu", 2);
        using var captured = TinyGan.Create(device, settings: All, model: AllModel);
        using var fresh = TinyGan.Create(device, capture: false, settings: All, model: AllModel);
        Assert.Equal(TinyGan.Run(fresh, 0, 7), TinyGan.Run(captured, 0, 7));
        TinyGan.AssertSame(TinyGan.StateOf(fresh), TinyGan.StateOf(captured));
    }

    [Fact]
    public void WithEverythingOnAStoppedRunGoesOnBitForBit()
    {
        var run = Tiny.Settings with
        {
            Model = Tiny.Settings.Model with { SpectralNorm = true },
            Gan = All with { Epochs = 2, Batch = 4 }
        };
        var (whole, stopped) = (WithClassifiers(), WithClassifiers());
        TinyRun.Train(run, whole);
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 7);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(run, stopped, reporter, token));
        TinyRun.Resume(stopped);
        AssertSameRun(whole, stopped, classifierMetrics: false);
    }

    [Fact]
    public void AnotherChoiceIsRefusedByNameWhenARunIsResumed()
    {
        var folder = CopyOfWhole();
        string Refused(ChosenSetting chosen) =>
            Assert.ThrowsAny<BadInputException>(() => TinyRun.Resume(folder, options => options with { Settings = [chosen] })).Message;
        Assert.Equal($"{folder.Path}: that run has loss cross-entropy; leave loss out, or start a new run",
            Refused(GanSettings.LossSetting.Choose(AdversarialLoss.Hinge)));
        Assert.Contains("that run has r1 0;", Refused(GanSettings.R1Setting.Choose(1)));
        Assert.Contains("that run has augment off;", Refused(GanSettings.AugmentSetting.Choose(true)));
        Assert.Contains("that run has ema 0.9;", Refused(GanSettings.EmaSetting.Choose(0.5)));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
