using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Tests.Models;

public sealed class ClassifierTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 2);
    private readonly Scope _scope = new();
    private readonly RandomStream _random, _masks;

    public ClassifierTests() => (_random, _masks) = (new RandomStream(_device, 1), new RandomStream(_device, 1, 1));

    public void Dispose()
    {
        _random.Dispose();
        _masks.Dispose();
        _scope.Dispose();
        _device.Dispose();
    }

    /// <summary>
    /// Convolutions of 3×3 with a bias a kernel; what they leave times 1024, times 128, times 13 (Chen et al. 2017, Figs. 4 and 5).
    /// </summary>
    [Fact]
    public void TheyHaveTheseManyParameters()
    {
        using var sounds = new SoundClassifier(_random, _masks, 13, 64);
        var convolutions = 9 * (1 * 4 + 4 * 8 + 8 * 16 + 16 * 16) + 4 + 8 + 16 + 16;
        var left = 3 * 8 * 16;
        Assert.Equal(convolutions + (left + 1) * 1024 + 1025 * 128 + 129 * 13 + 129 * 64 + 65 * 13, sounds.ParameterCount);

        using var images = new ImageClassifier(_random, _masks, 13, 64);
        convolutions = 9 * (3 * 16 + 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64) + 2 * (16 + 32 + 64);
        left = 8 * 8 * 64;
        Assert.Equal(convolutions + (left + 1) * 1024 + 1025 * 128 + 129 * 13, images.ParameterCount);
    }

    /// <summary>Three convolutions leave 16 maps of ⌈height/8⌉ × ⌈width/8⌉.</summary>
    [Theory]
    [InlineData(64, 64, 3, 8 * 8)]
    [InlineData(64, 64, 4, 4 * 4)]
    [InlineData(44, 20, 3, 6 * 3)]
    [InlineData(44, 513, 4, 3 * 33)]
    public void TheSoundClassifierTakesOtherSizes(int height, int width, int convolutions, int left)
    {
        using var pause = Tape.Paused();
        using var sounds = new SoundClassifier(_random, _masks, 13, 64, new Shape(height, width, 1), convolutions);
        var kernels = 9 * (1 * 4 + 4 * 8 + 8 * 16) + 4 + 8 + 16 + (convolutions == 4 ? 9 * 16 * 16 + 16 : 0);
        Assert.Equal(kernels + (16 * left + 1) * 1024 + 1025 * 128 + 129 * 13 + 129 * 64 + 65 * 13, sounds.ParameterCount);
        sounds.Training = false;
        var input = _random.Uniform(new Shape(2, height, width, 1), -1, 1);
        var (logits, features) = sounds.Examine(input);
        Assert.Equal(new Shape(2, 128), features.Shape);
        Assert.Contains(features.ToArray(), value => value > 0);
        Assert.Equal(sounds.Forward(input).ToArray(), logits.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => new SoundClassifier(_random, _masks, 13, 64, convolutions: 5));
    }

    [Fact]
    public void ShapesAndTheRangeOfTheCode()
    {
        using var pause = Tape.Paused();
        using var sounds = new SoundClassifier(_random, _masks, 5, 64);
        var spectrograms = _random.Uniform(new Shape(2, 44, 128, 1), -1, 1);
        var code = sounds.Encode(spectrograms);
        Assert.Equal([new Shape(2, 5), new Shape(2, 5), new Shape(2, 64)],
            sounds.Heads(spectrograms).Append(code).Select(tensor => tensor.Shape));
        Assert.All(code.ToArray(), value => Assert.InRange(value, -1f, 1f));
        using var images = new ImageClassifier(_random, _masks, 5, 64);
        Assert.Equal(new Shape(2, 5), images.Forward(_random.Uniform(new Shape(2, 64, 64, 3), -1, 1)).Shape);
    }

    [Fact]
    public void DropoutIsForTrainingOnly()
    {
        using var pause = Tape.Paused();
        using var images = new ImageClassifier(_random, _masks, 5, 64);
        var input = _random.Uniform(new Shape(2, 64, 64, 3), -1, 1);
        Assert.NotEqual(images.Forward(input).ToArray(), images.Forward(input).ToArray());
        images.Training = false;
        Assert.Equal(images.Forward(input).ToArray(), images.Forward(input).ToArray());
    }
}
