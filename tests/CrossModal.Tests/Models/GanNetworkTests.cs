using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Tests.Models;

public sealed class GanNetworkTests : IDisposable
{
    private static readonly ModelSettings Tiny = new() { Width = 4, ImageSize = 32, CodeSize = 8, NoiseSize = 5 };

    private readonly Device _device = Device.Open("cpu", 2);
    private readonly Scope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        _device.Dispose();
    }

    [Theory]
    [InlineData(16, 2)]
    [InlineData(32, 3)]
    [InlineData(64, 4)]
    public void ShapesFollowTheImageSize(int size, int stages)
    {
        var model = Tiny with { ImageSize = size };
        Assert.Equal(stages, model.Stages);
        using var random = new RandomStream(_device, 1);
        using var generator = new Generator(random, model);
        using var discriminator = new Discriminator(random, model);
        var (code, noise) = (random.Normal(new Shape(3, 8)), random.Normal(new Shape(3, 5)));
        var images = generator.Forward(code, noise);
        Assert.Equal(new Shape(3, size, size, 3), images.Shape);
        Assert.All(images.ToArray(), value => Assert.InRange(value, -1f, 1f));
        Assert.Equal(new Shape(3), discriminator.Forward(images, code).Shape);
    }

    /// <summary>
    /// Layer by layer, by the shapes of the paper and of Reed et al. 2016 ; batch norm has a scale and a shift a channel.
    /// </summary>
    [Fact]
    public void ThePaperHasTheseManyParameters()
    {
        var model = new ModelSettings();
        using var random = new RandomStream(_device, 1);
        using var generator = new Generator(random, model);
        using var discriminator = new Discriminator(random, model);
        var project = (64 + 10) * 4 * 4 * 512;
        var deconvolutions = 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) + 3;
        var generatorNorms = 2 * (512 + 256 + 128 + 64);
        Assert.Equal(3_363_715, project + deconvolutions + generatorNorms);
        Assert.Equal(3_363_715, generator.ParameterCount);

        var convolutions = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 64;
        var (mix, score) = ((512 + 64) * 512, 4 * 4 * 512 + 1);
        var discriminatorNorms = 2 * (128 + 256 + 512 + 512);
        Assert.Equal(3_061_569, convolutions + mix + score + discriminatorNorms);
        Assert.Equal(3_061_569, discriminator.ParameterCount);
    }

    /// <summary>Real, wrong and fake in one pass are as if each had come alone, up to float32's rounding.</summary>
    [Fact]
    public void ThreeGroupsAreThreePasses()
    {
        using var random = new RandomStream(_device, 2);
        using var together = new Discriminator(random, Tiny);
        using var apart = new Discriminator(random, Tiny);
        apart.CopyFrom(together);

        // Groups of very different statistics: normalized as one batch they would give other logits.
        var shape = new Shape(4, 32, 32, 3);
        Tensor[] images = [random.Normal(shape, 0.5, 0.1), random.Normal(shape, -0.5, 1), random.Normal(shape, 0, 0.3)];
        Tensor[] codes = [random.Normal(new Shape(4, 8)), random.Normal(new Shape(4, 8), 1), random.Normal(new Shape(4, 8), -1)];
        using var pause = Tape.Paused();
        var joint = together.Forward(Tensor.Concatenate(0, images), Tensor.Concatenate(0, codes), groups: 3).ToArray();
        var single = images.Zip(codes, (image, code) => apart.Forward(image, code).ToArray()).SelectMany(logits => logits).ToArray();
        var mixed = apart.Forward(Tensor.Concatenate(0, images), Tensor.Concatenate(0, codes)).ToArray();
        Assert.All(joint.Zip(single), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        Assert.Contains(joint.Zip(mixed), pair => Math.Abs(pair.First - pair.Second) > 1e-2f);
    }

    [Fact]
    public void ASampleDoesNotDependOnItsBatchMates()
    {
        using var random = new RandomStream(_device, 3);
        using var generator = new Generator(random, Tiny);
        using var pause = Tape.Paused();
        var (code, noise) = (random.Normal(new Shape(6, 8)), random.Normal(new Shape(6, 5)));

        // Some training, so that the running statistics are not those of the beginning.
        for (var i = 0; i < 5; i++)
            generator.Forward(code, noise);
        generator.Training = false;
        var length = 32 * 32 * 3;
        var together = generator.Forward(code, noise).ToArray().AsSpan(2 * length, length).ToArray();
        var alone = generator.Forward(code.Slice(0, 2, 1), noise.Slice(0, 2, 1)).ToArray();
        Assert.All(alone.Zip(together), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        generator.Training = true;
        var trained = generator.Forward(code.Slice(0, 2, 2), noise.Slice(0, 2, 2)).ToArray();
        Assert.Contains(trained.Zip(together), pair => Math.Abs(pair.First - pair.Second) > 1e-2f);
    }

    [Fact]
    public void WrongSizesAreRefusedByName()
    {
        using var random = new RandomStream(_device, 4);
        using var generator = new Generator(random, Tiny);
        using var discriminator = new Discriminator(random, Tiny);
        Tensor Zeros(params int[] extents) => Tensor.Zeros(_device, new Shape(extents));
        Refused("generator: code [2, 9] and noise [2, 5] must have 8 and 5 numbers a row", () =>
            generator.Forward(Zeros(2, 9), Zeros(2, 5)));
        Refused("generator: code [2, 8] and noise [2, 4] must have 8 and 5 numbers a row", () =>
            generator.Forward(Zeros(2, 8), Zeros(2, 4)));
        Refused("discriminator: code [2, 9] must be [2, 8]", () => discriminator.Forward(Zeros(2, 32, 32, 3), Zeros(2, 9)));

        // As many numbers as wanted, but of other rows: a reshape alone would take them.
        Refused("discriminator: code [4, 4] must be [2, 8]", () => discriminator.Forward(Zeros(2, 32, 32, 3), Zeros(4, 4)));
        Refused("discriminator: samples [2, 64, 64, 3] must be [batch, 32, 32, 3]", () =>
            discriminator.Forward(Zeros(2, 64, 64, 3), Zeros(2, 8)));

        static void Refused(string says, Func<Tensor> forward) => Assert.Contains(says, Assert.Throws<ArgumentException>(forward).Message);
    }

    [Fact]
    public void TheirTensorsHavePyTorchsNamesAndShapes()
    {
        using var random = new RandomStream(_device, 5);
        using var generator = new Generator(random, Tiny);
        using var discriminator = new Discriminator(random, Tiny);
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-names-{Guid.NewGuid():N}.safetensors");
        try
        {
            new Checkpoint().Add("generator", generator).Add("discriminator", discriminator).Save(path);
            using var file = SafeTensors.Open(path);
            string[] norm = ["weight", "bias", "running_mean", "running_var"];
            IEnumerable<string> Norm(string name, int channels) => norm.Select(part => $"{name}.{part} [{channels}]");

            // ConvTranspose2d keeps [in, out, height, width], Conv2d [out, in, height, width].
            string[] expected =
            [
                "generator.project.weight [256, 13]",
                .. Norm("generator.norm1", 16), "generator.deconv1.weight [16, 8, 4, 4]",
                .. Norm("generator.norm2", 8), "generator.deconv2.weight [8, 4, 4, 4]",
                .. Norm("generator.norm3", 4), "generator.deconv3.weight [4, 3, 4, 4]", "generator.deconv3.bias [3]",
                "discriminator.conv1.weight [4, 3, 4, 4]", "discriminator.conv1.bias [4]",
                "discriminator.conv2.weight [8, 4, 4, 4]", .. Norm("discriminator.norm2", 8),
                "discriminator.conv3.weight [16, 8, 4, 4]", .. Norm("discriminator.norm3", 16),
                "discriminator.mix.weight [16, 24, 1, 1]", .. Norm("discriminator.mix_norm", 16),
                "discriminator.score.weight [1, 16, 4, 4]", "discriminator.score.bias [1]",
            ];
            var actual = file.Tensors.Values.Select(tensor => $"{tensor.Name} {tensor.Shape}");
            Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
