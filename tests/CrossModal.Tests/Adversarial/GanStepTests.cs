using System.Runtime.InteropServices;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>One step of the GAN against the same step written out by hand, in float64 on <c>reference</c>.</summary>
public sealed class GanStepTests
{
    /// <summary>
    /// The losses by the paper's formulas with plain logarithms of the scores, the updates one after the other. Tolerance: both are
    /// float64, and differ by how log σ is computed and by how sums are ordered.
    /// </summary>
    [Fact]
    public void AStepIsThePapersStep()
    {
        using var device = Device.Open("reference");
        using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { Ema = 0 });
        using var hand = new ByHand(device);
        for (var step = 0; step < 2; step++)
        {
            var (real, wrong, code) = TinyGan.BatchOf(step);
            gan.SetBatch(real, wrong, code);
            gan.Step();
            var expected = hand.Step(real, wrong, code);
            var scores = gan.ReadScores();
            float[] actual = [scores.DiscriminatorLoss, scores.GeneratorLoss, scores.Real, scores.Wrong, scores.Fake];
            Assert.All(actual.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        }

        var state = TinyGan.StateOf(gan);
        Compare(state, "generator", hand.Generator);

        // The generator's update is done by here: the discriminator's weights are still those that its own update gave them.
        Compare(state, "discriminator", hand.Discriminator);
    }

    /// <summary>By its own update only; the running statistics see the generator's pass as well.</summary>
    [Fact]
    public void WithoutARateNothingButTheRunningStatisticsMoves()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyGan.Create(device, settings: TinyGan.Settings with { LearningRate = 0 });
        var before = TinyGan.StateOf(gan);
        TinyGan.Run(gan, 0, 3);
        var after = TinyGan.StateOf(gan);
        foreach (var (name, bytes) in before.Where(tensor => tensor.Key.Split('.')[0] is "generator" or "discriminator"))
        {
            if (name.Contains(".running_"))
                Assert.NotEqual(bytes, after[name]);
            else
                Assert.Equal(bytes, after[name]);
        }
    }

    [Fact]
    public void TheAverageFollowsTheGenerator()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyGan.Create(device);
        const string name = "deconv1.weight";
        var expected = Values(TinyGan.StateOf(gan)[$"generator.{name}"]);
        for (var step = 0; step < 4; step++)
        {
            TinyGan.Run(gan, step, step + 1);
            var now = Values(TinyGan.StateOf(gan)[$"generator.{name}"]);
            var decay = (float)Math.Min(0.9, (step + 1) / (step + 10.0));
            expected = [.. expected.Zip(now, (average, value) => decay * average + (1 - decay) * value)];
        }

        var averaged = Values(TinyGan.StateOf(gan)[$"ema.{name}"]);
        Assert.All(averaged.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-7f));
        Assert.NotEqual(Values(TinyGan.StateOf(gan)[$"generator.{name}"]), averaged);
    }

    /// <summary>What is sampled is the average, and only once the sampler was brought up to date.</summary>
    [Fact]
    public void SamplesAreMadeWithTheAveragedWeights()
    {
        using var device = Device.Open("cpu", 1);
        using var scope = new Scope();
        using var gan = TinyGan.Create(device);
        TinyGan.Run(gan, 0, 5);
        using var random = new RandomStream(device, 1);
        var (code, noise) = (random.Normal(new Shape(2, 8)), random.Normal(new Shape(2, 5)));
        gan.UpdateSampler();
        var first = gan.Sample(code, noise).ToArray();
        TinyGan.Run(gan, 5, 8);
        Assert.Equal(first, gan.Sample(code, noise).ToArray());
        gan.UpdateSampler();
        var second = gan.Sample(code, noise).ToArray();
        Assert.NotEqual(first, second);

        using var weights = new RandomStream(device, 3);
        using var average = new Generator(weights, TinyGan.Model) { Training = false };
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-ema-{Guid.NewGuid():N}.safetensors");
        gan.CreateCheckpoint().Save(path);
        new Checkpoint().Add("ema", average).Load(path, everything: false);
        File.Delete(path);
        using var pause = Tape.Paused();
        Assert.Equal(average.Forward(code, noise).ToArray(), second);
    }

    private static float[] Values(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    private static void Compare(Dictionary<string, byte[]> state, string prefix, Module expected)
    {
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-hand-{Guid.NewGuid():N}.safetensors");
        new Checkpoint().Add(prefix, expected).Save(path);
        var byHand = TinyGan.StoredTensors(path);
        File.Delete(path);
        Assert.Equal(byHand.Keys.Order(), state.Keys.Where(name => name.StartsWith(prefix + ".", StringComparison.Ordinal)).Order());
        foreach (var (name, bytes) in byHand)
        {
            var (want, have) = (MemoryMarshal.Cast<byte, double>(bytes).ToArray(), MemoryMarshal.Cast<byte, double>(state[name]).ToArray());
            for (var i = 0; i < want.Length; i++)
                Assert.True(Math.Abs(want[i] - have[i]) < 1e-7, $"{name}[{i}] is {have[i]}, by hand {want[i]}");
        }
    }

    /// <summary>Generator and discriminator from the same seed, and a step of theirs without any of the shortcuts.</summary>
    private sealed class ByHand : IDisposable
    {
        private readonly Device _device;
        private readonly RandomStream _weights, _noise;
        private readonly Adam _generatorAdam, _discriminatorAdam;

        public ByHand(Device device)
        {
            _device = device;
            (_weights, _noise) = (new RandomStream(device, 7, 1), new RandomStream(device, 7, 2));
            (Generator, Discriminator) = (new Generator(_weights, TinyGan.Model), new Discriminator(_weights, TinyGan.Model));
            var options = new AdamOptions(2e-4, 0.5);
            (_generatorAdam, _discriminatorAdam) = (new Adam(Generator, options), new Adam(Discriminator, options));
        }

        public Generator Generator { get; }

        public Discriminator Discriminator { get; }

        public double[] Step(float[] realImages, float[] wrongImages, float[] codes)
        {
            using var scope = new Scope();
            var images = new Shape(TinyGan.Batch, 32, 32, 3);
            var code = Tensor.From(_device, new Shape(TinyGan.Batch, 8), codes);
            var fake = Generator.Forward(code, _noise.Normal(new Shape(TinyGan.Batch, 5)));
            var all = Tensor.Concatenate(0, Tensor.From(_device, images, realImages), Tensor.From(_device, images, wrongImages),
                fake.Detach());
            var scores = Discriminator.Forward(all, Tensor.Concatenate(0, code, code, code), groups: 3).Sigmoid();
            var (real, wrong, unreal) = (scores.Slice(0, 0, 4), scores.Slice(0, 4, 4), scores.Slice(0, 8, 4));
            var discriminatorLoss = -(real.Log().Mean() + ((1 - wrong).Log().Mean() + (1 - unreal).Log().Mean()) * 0.5);
            double[] means = [discriminatorLoss.Item(), 0, real.Mean().Item(), wrong.Mean().Item(), unreal.Mean().Item()];
            _discriminatorAdam.Step(Tape.Gradients(discriminatorLoss, Discriminator.Parameters, keepGraph: true));
            var generatorLoss = -Discriminator.Forward(fake, code).Sigmoid().Log().Mean();
            means[1] = generatorLoss.Item();
            _generatorAdam.Step(Tape.Gradients(generatorLoss, Generator.Parameters));
            return means;
        }

        public void Dispose()
        {
            foreach (var part in new IDisposable[] { Generator, Discriminator, _generatorAdam, _discriminatorAdam, _weights, _noise })
                part.Dispose();
        }
    }
}
