using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Models;

/// <summary>The networks of CMCGAN, each by itself.</summary>
public sealed class CrossModalNetworkTests : IDisposable
{
    private static readonly ModelSettings Tiny = new() { Width = 4, ImageSize = 32, CodeSize = 8, NoiseSize = 5 };

    private readonly Device _device = Device.Open("cpu", 1);
    private readonly Scope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void FourPathsHaveTheirShapes(int size)
    {
        var model = Tiny with { ImageSize = size };
        using var random = new RandomStream(_device, 1);
        using var networks = new CrossModalGenerator(random, model, codeClasses: 3);
        var (image, sound) = (random.Uniform(new Shape(2, size, size, 3), -1, 1), random.Uniform(new Shape(2, size, size, 1), -1, 1));
        foreach (var code in new[] { networks.SoundEncoder.Forward(sound), networks.ImageEncoder.Forward(image) })
        {
            Assert.Equal(new Shape(2, 8), code.Shape);
            Assert.All(code.ToArray(), value => Assert.InRange(value, -1, 1));
            Assert.Equal(new Shape(2, 3), networks.Classes!.Forward(code).Shape);
            Assert.Equal(new Shape(2, size, size, 3), networks.ImageDecoder.Forward(code, random.Normal(new Shape(2, 5))).Shape);
            Assert.Equal(new Shape(2, size, size, 1), networks.SoundDecoder.Forward(code, random.Normal(new Shape(2, 5))).Shape);
        }

        Assert.Same(networks.SoundEncoder, networks.EncoderOf(Direction.SoundToImage));
        Assert.Same(networks.ImageDecoder, networks.DecoderOf(Direction.SoundToImage));
        Assert.Same(networks.ImageEncoder, networks.EncoderOf(Direction.ImageToSound));
        Assert.Same(networks.SoundDecoder, networks.DecoderOf(Direction.ImageToSound));
    }

    /// <summary>
    /// The convolutions end with the 1024 numbers of Chen et al. 2017, Fig. 1, whatever the width; 128 and the code follow.
    /// </summary>
    [Theory]
    [InlineData(4, 4, 8, 16)]
    [InlineData(32, 32, 64, 64)]
    [InlineData(64, 64, 64, 64)]
    public void AnEncoderHasTheseManyParameters(int width, int first, int second, int third)
    {
        using var random = new RandomStream(_device, 1);
        using var encoder = new CrossModalEncoder(random, new ModelSettings { Width = width });
        var convolutions = 16 * (3 * first + first * second + second * third + third * 64) + first + second + third + 64;
        Assert.Equal(convolutions + 1024 * 128 + 128 + 128 * 64 + 64, encoder.ParameterCount);
    }

    /// <summary>Both members of a pair count, and with groups each part of a batch is normalized as if it had come alone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APairIsScoredByBothOfItsMembers(bool spectralNorm)
    {
        using var random = new RandomStream(_device, 2);
        var model = Tiny with { SpectralNorm = spectralNorm };
        using var together = new CrossModalDiscriminator(random, model);
        using var apart = new CrossModalDiscriminator(random, model);
        apart.CopyFrom(together);
        using var pause = Tape.Paused();
        Tensor[] images = [random.Normal(new Shape(3, 32, 32, 3), 0.5, 0.2), random.Normal(new Shape(3, 32, 32, 3), -0.5, 1)];
        Tensor[] sounds = [random.Normal(new Shape(3, 32, 32, 1), -0.2, 0.2), random.Normal(new Shape(3, 32, 32, 1), 0.3, 1)];

        // Spectral normalization makes a step of its own at each pass of training.
        if (spectralNorm)
            (together.Training, apart.Training) = (false, false);
        var joint = together.Score(together.ImageFeatures(Tensor.Concatenate(0, images), 2),
            together.SoundFeatures(Tensor.Concatenate(0, sounds), 2), 2).ToArray();
        float[] single = [.. images.Zip(sounds, (image, sound) =>
            apart.Score(apart.ImageFeatures(image), apart.SoundFeatures(sound)).ToArray()).SelectMany(logits => logits)];
        Assert.Equal(6, joint.Length);
        Assert.All(joint.Zip(single), pair => Assert.Equal(pair.Second, pair.First, 1e-4f));
        var (image, sound) = (together.ImageFeatures(images[0]), together.SoundFeatures(sounds[0]));
        var logits = together.Score(image, sound).ToArray();
        Assert.NotEqual(logits, together.Score(together.ImageFeatures(images[1]), sound).ToArray());
        Assert.NotEqual(logits, together.Score(image, together.SoundFeatures(sounds[1])).ToArray());
    }

    [Fact]
    public void WrongSizesAreRefusedByName()
    {
        using var random = new RandomStream(_device, 4);
        using var networks = new CrossModalGenerator(random, Tiny);
        using var discriminator = new CrossModalDiscriminator(random, Tiny);
        Assert.Null(networks.Classes);
        Tensor Zeros(params int[] extents) => Tensor.Zeros(_device, new Shape(extents));
        Refused("encoder: samples [2, 32, 32, 3] must be [batch, 32, 32, 1]", () => networks.SoundEncoder.Forward(Zeros(2, 32, 32, 3)));
        Refused("encoder: samples [2, 64, 64, 3] must be [batch, 32, 32, 3]", () => networks.ImageEncoder.Forward(Zeros(2, 64, 64, 3)));
        Refused("discriminator: samples [2, 32, 32, 1] must be [batch, 32, 32, 3]", () =>
            discriminator.ImageFeatures(Zeros(2, 32, 32, 1)));
        Refused("joint discriminator: features of images [2, 4, 4, 16] and of spectrograms [3, 4, 4, 16] must be alike",
            () => discriminator.Score(discriminator.ImageFeatures(Zeros(2, 32, 32, 3)), discriminator.SoundFeatures(Zeros(3, 32, 32, 1))));

        static void Refused(string says, Func<Tensor> forward) => Assert.Contains(says, Assert.Throws<ArgumentException>(forward).Message);
    }
}
