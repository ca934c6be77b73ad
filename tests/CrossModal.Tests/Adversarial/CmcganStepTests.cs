using System.Runtime.InteropServices;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Adversarial;

/// <summary>
/// One step of CMCGAN against the same step written out by hand, in float64 on <c>reference</c>; and the same step however it was captured,
/// cut or spread over threads.
/// </summary>
public sealed class CmcganStepTests
{
    /// <summary>
    /// The losses by their formulas with plain logarithms of the scores, each pair of the discriminator and each path of the decoders by
    /// itself where the statistics of batch normalization allow it. Tolerance: both are float64, and differ by how log σ is computed and by
    /// how sums are ordered.
    /// </summary>
    [Theory]
    [InlineData(false, 0.0)]
    [InlineData(false, 0.3)]
    [InlineData(true, 0.3)]
    public void AStepIsTheStepByHand(bool spectralNorm, double modeSeeking)
    {
        using var device = Device.Open("reference");
        var model = TinyCmcgan.Model with { SpectralNorm = spectralNorm };
        using var gan = TinyCmcgan.Create(device, settings: TinyCmcgan.Settings with { Ema = 0, ModeSeeking = modeSeeking },
            model: model);
        using var hand = new ByHand(device, model, modeSeeking);
        for (var step = 0; step < 2; step++)
        {
            var (image, sound, wrong, labels) = TinyCmcgan.BatchOf(step);
            gan.SetBatch(image, sound, wrong, labels);
            gan.Step();
            var expected = hand.Step(image, sound, wrong, labels);
            var scores = gan.ReadScores();
            float[] actual = [scores.DiscriminatorLoss, scores.GeneratorLoss, scores.Real, scores.Wrong, scores.Fake];
            Assert.All(actual.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        }

        var state = TinyCmcgan.StateOf(gan);
        Compare(state, "generator", hand.Generator);
        Compare(state, "discriminator", hand.Discriminator);
    }

    /// <summary>Each term moves the part that it is for: with a weight of zero other weights come out.</summary>
    [Fact]
    public void EveryTermCounts()
    {
        using var device = Device.Open("cpu", 1);
        var whole = State(TinyCmcgan.Terms, TinyCmcgan.Settings);
        foreach (var (part, terms, settings) in new[]
        {
            ("generator.image_decoder.deconv1.weight", TinyCmcgan.Terms with { Reconstruction = 0 }, TinyCmcgan.Settings),
            ("generator.sound_encoder.code.weight", TinyCmcgan.Terms with { Cycle = 0 }, TinyCmcgan.Settings),
            ("generator.sound_decoder.deconv1.weight", TinyCmcgan.Terms, TinyCmcgan.Settings with { ModeSeeking = 0.5 }),
            ("generator.image_encoder.code.weight", TinyCmcgan.Terms with { CodeClasses = 0.1 }, TinyCmcgan.Settings),
            ("discriminator.mix.weight", TinyCmcgan.Terms, TinyCmcgan.Settings with { Loss = AdversarialLoss.Hinge }),
        })
            Assert.NotEqual(whole[part], State(terms, settings)[part]);
        Assert.DoesNotContain(State(TinyCmcgan.Terms with { CodeClasses = 0 }, TinyCmcgan.Settings).Keys, name =>
            name.Contains("code_classes"));

        Dictionary<string, byte[]> State(CmcganSettings terms, GanSettings settings)
        {
            using var gan = TinyCmcgan.Create(device, settings: settings, terms: terms);
            TinyCmcgan.Run(gan, 0, 2);
            return TinyCmcgan.StateOf(gan);
        }
    }

    [Fact]
    public void ACapturedStepIsTheStepWhateverTheThreads()
    {
        using var one = Device.Open("cpu", 1);
        using var three = Device.Open("cpu", 3);
        using var captured = TinyCmcgan.Create(one);
        using var built = TinyCmcgan.Create(three, capture: false);
        Assert.Equal(TinyCmcgan.Run(built, 0, 5), TinyCmcgan.Run(captured, 0, 5));
        TinyGan.AssertSame(TinyCmcgan.StateOf(built), TinyCmcgan.StateOf(captured));
    }

    [Theory]
    [InlineData(0.9, false)]
    [InlineData(0.0, true)]
    public void ASavedRunContinuesBitForBit(double average, bool spectralNorm)
    {
        var settings = TinyCmcgan.Settings with { Ema = average, ModeSeeking = 0.1 };
        var model = TinyCmcgan.Model with { SpectralNorm = spectralNorm };
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-cmcgan-{Guid.NewGuid():N}.safetensors");
        try
        {
            using var device = Device.Open("cpu", 2);
            using var whole = TinyCmcgan.Create(device, settings: settings, model: model);
            TinyCmcgan.Run(whole, 0, 4);
            whole.CreateCheckpoint().Save(path);
            var expected = TinyCmcgan.Run(whole, 4, 8);
            using var second = TinyCmcgan.Create(device, settings: settings, model: model);
            second.CreateCheckpoint().Load(path);
            Assert.Equal(expected, TinyCmcgan.Run(second, 4, 8));
            TinyGan.AssertSame(TinyCmcgan.StateOf(whole), TinyCmcgan.StateOf(second));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What is sampled is the average of encoders and decoders, and only once the sampler was brought up to date.</summary>
    [Fact]
    public void SamplesAreMadeWithTheAveragedWeights()
    {
        using var device = Device.Open("cpu", 1);
        using var gan = TinyCmcgan.Create(device);
        TinyCmcgan.Run(gan, 0, 3);
        var before = Weights(gan.Sampler);
        gan.UpdateSampler();
        var state = TinyCmcgan.StateOf(gan);
        foreach (var (name, values) in Weights(gan.Sampler))
        {
            var stored = gan.Sampler.State.Single(named => named.Name == name);
            Assert.Equal(stored.Tensor.Count * sizeof(float), state[$"ema.{name}"].Length);
            if (stored.Tensor.Shape.Rank == 1)
                Assert.Equal(MemoryMarshal.Cast<byte, float>(state[$"ema.{name}"]).ToArray(), values);
        }

        Assert.Contains(Weights(gan.Sampler), pair => !before[pair.Key].SequenceEqual(pair.Value));
        var now = Weights(gan.Sampler);
        TinyCmcgan.Run(gan, 3, 4);
        Assert.All(Weights(gan.Sampler), pair => Assert.Equal(now[pair.Key], pair.Value));

        static Dictionary<string, float[]> Weights(Module module) =>
            module.State.ToDictionary(named => named.Name, named => named.Tensor.ToArray());
    }

    [Fact]
    public void AllMemoryGoesBackAtTheEnd()
    {
        using var device = Device.Open("cpu", 1);
        using (var gan = TinyCmcgan.Create(device))
            TinyCmcgan.Run(gan, 0, 2);
        Assert.Equal(0, device.LiveBytes);
    }

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

    /// <summary>Networks from the same seed, and a step of theirs without any of the shortcuts.</summary>
    private sealed class ByHand : IDisposable
    {
        private readonly Device _device;
        private readonly ModelSettings _model;
        private readonly double _modeSeeking;
        private readonly RandomStream _weights, _noise;
        private readonly Adam _generatorAdam, _discriminatorAdam;

        public ByHand(Device device, ModelSettings model, double modeSeeking)
        {
            (_device, _model, _modeSeeking) = (device, model, modeSeeking);
            (_weights, _noise) = (new RandomStream(device, 7, 1), new RandomStream(device, 7, 2));
            Generator = new CrossModalGenerator(_weights, model, TinyCmcgan.Classes);
            Discriminator = new CrossModalDiscriminator(_weights, model);
            var options = new AdamOptions(2e-4, 0.5);
            (_generatorAdam, _discriminatorAdam) = (new Adam(Generator, options), new Adam(Discriminator, options));
        }

        public CrossModalGenerator Generator { get; }

        public CrossModalDiscriminator Discriminator { get; }

        public double[] Step(float[] imageValues, float[] soundValues, float[] wrongValues, int[] labelValues)
        {
            const int n = TinyCmcgan.Batch;
            using var scope = new Scope();
            var side = _model.ImageSize;
            var (image, wrong) = (Tensor.From(_device, new Shape(n, side, side, 3), imageValues),
                Tensor.From(_device, new Shape(n, side, side, 3), wrongValues));
            var sound = Tensor.From(_device, new Shape(n, side, side, 1), soundValues);

            var (soundCode, imageCode) = (Generator.SoundEncoder.Forward(sound), Generator.ImageEncoder.Forward(image));
            var codes = Tensor.Concatenate(0, soundCode, imageCode);
            var (imageNoise, soundNoise, none) = (Noise(n), Noise(n), Tensor.Zeros(_device, new Shape(n, _model.NoiseSize)));
            var images = Generator.ImageDecoder.Forward(codes, Tensor.Concatenate(0, imageNoise, none));
            var sounds = Generator.SoundDecoder.Forward(codes, Tensor.Concatenate(0, none, soundNoise));
            var (imageOfSound, imageOfImage) = (images.Slice(0, 0, n), images.Slice(0, n, n));
            var (soundOfSound, soundOfImage) = (sounds.Slice(0, 0, n), sounds.Slice(0, n, n));

            // The discriminator, by four pairs.
            var seen = Discriminator.ImageFeatures(Tensor.Concatenate(0, image, wrong, imageOfSound.Detach()), 3);
            var heard = Discriminator.SoundFeatures(Tensor.Concatenate(0, sound, soundOfImage.Detach()), 2);
            Tensor[] left = [seen.Slice(0, 0, n), seen.Slice(0, n, n), seen.Slice(0, 2 * n, n), seen.Slice(0, 0, n)];
            Tensor[] right = [heard.Slice(0, 0, n), heard.Slice(0, 0, n), heard.Slice(0, 0, n), heard.Slice(0, n, n)];
            var scores = Discriminator.Score(Tensor.Concatenate(0, left), Tensor.Concatenate(0, right), 4).Sigmoid();
            var (real, mismatched, generatedImage, generatedSound) =
                (scores.Slice(0, 0, n), scores.Slice(0, n, n), scores.Slice(0, 2 * n, n), scores.Slice(0, 3 * n, n));
            var unreal = ((1 - generatedImage).Log().Mean() + (1 - generatedSound).Log().Mean()) * 0.5;
            var discriminatorLoss = -(real.Log().Mean() + ((1 - mismatched).Log().Mean() + unreal) * 0.5);
            double[] means = [discriminatorLoss.Item(), 0, real.Mean().Item(), mismatched.Mean().Item(),
                (generatedImage.Mean().Item() + generatedSound.Mean().Item()) / 2];
            _discriminatorAdam.Step(Tape.Gradients(discriminatorLoss, Discriminator.Parameters, keepGraph: true));

            // Encoders and decoders.
            var (realSeen, realHeard) = (Discriminator.ImageFeatures(image).Detach(), Discriminator.SoundFeatures(sound).Detach());
            var verdict = Discriminator.Score(Tensor.Concatenate(0, Discriminator.ImageFeatures(imageOfSound), realSeen),
                Tensor.Concatenate(0, realHeard, Discriminator.SoundFeatures(soundOfImage)), 2).Sigmoid();
            var adversarial = -(verdict.Slice(0, 0, n).Log().Mean() + verdict.Slice(0, n, n).Log().Mean()) * 0.5;
            means[1] = adversarial.Item();
            var total = adversarial + (Apart(imageOfImage, image) + Apart(soundOfSound, sound)) * (0.5 * 4);
            var soundAgain = Generator.SoundDecoder.Forward(Generator.ImageEncoder.Forward(imageOfSound), none);
            var imageAgain = Generator.ImageDecoder.Forward(Generator.SoundEncoder.Forward(soundOfImage), none);
            total += (Apart(soundAgain, sound) + Apart(imageAgain, image)) * (0.5 * 3);
            if (_modeSeeking > 0)
            {
                var otherNoise = Noise(n);
                var ratio = Apart(imageNoise, otherNoise) / (Apart(imageOfSound, Generator.ImageDecoder.Forward(soundCode, otherNoise))
                    + 1e-5);
                otherNoise = Noise(n);
                ratio += Apart(soundNoise, otherNoise) / (Apart(soundOfImage, Generator.SoundDecoder.Forward(imageCode, otherNoise))
                    + 1e-5);
                total += ratio * (0.5 * _modeSeeking);
            }

            var truth = Tensor.From(_device, new Shape(n), labelValues).OneHot(TinyCmcgan.Classes);
            var named = (Generator.Classes!.Forward(soundCode).Softmax().Log() * truth)
                .Sum() + (Generator.Classes.Forward(imageCode).Softmax().Log() * truth).Sum();
            total += named * (-0.5 * 0.5 / n);
            _generatorAdam.Step(Tape.Gradients(total, Generator.Parameters));
            return means;
        }

        public void Dispose()
        {
            foreach (var part in new IDisposable[] { Generator, Discriminator, _generatorAdam, _discriminatorAdam, _weights, _noise })
                part.Dispose();
        }

        private Tensor Noise(int count) => _noise.Normal(new Shape(count, _model.NoiseSize));

        private static Tensor Apart(Tensor a, Tensor b) => (a - b).Abs().Mean();
    }
}
