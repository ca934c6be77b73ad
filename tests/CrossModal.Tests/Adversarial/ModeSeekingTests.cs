using CrossModal.Adversarial;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>The mode-seeking term: it is part of the captured step, and it makes the generator listen to the noise.</summary>
public sealed class ModeSeekingTests
{
    private const int Steps = 60;

    private static readonly GanSettings Seeking = TinyGan.Settings with { ModeSeeking = 0.1, LearningRate = 1e-3 };

    [Fact]
    public void ImagesOfOneSoundMoveApartWithTheNoise()
    {
        using var device = Device.Open("cpu", 1);
        using var without = TinyGan.Create(device, settings: Seeking with { ModeSeeking = 0 });
        using var seeking = TinyGan.Create(device, settings: Seeking);
        TinyGan.Run(without, 0, Steps);
        TinyGan.Run(seeking, 0, Steps);
        var (near, far) = (Distance(without), Distance(seeking));
        Assert.True(far > 1.5 * near, $"mean distance of two images of one sound: {far:0.0000} with the term, {near:0.0000} without");
    }

    [Fact]
    public void ACapturedStepIsTheStep()
    {
        using var device = Device.Open("cpu", 2);
        using var captured = TinyGan.Create(device, settings: Seeking);
        using var built = TinyGan.Create(device, capture: false, settings: Seeking);
        Assert.Equal(TinyGan.Run(built, 0, 5), TinyGan.Run(captured, 0, 5));
        TinyGan.AssertSame(TinyGan.StateOf(built), TinyGan.StateOf(captured));
    }

    /// <summary>The mean absolute difference between images of the same codes for two draws of noise.</summary>
    private static double Distance(ConditionalGan gan)
    {
        using var scope = new Scope();
        using var random = new RandomStream(gan.Device, 99);
        gan.UpdateSampler();
        var code = random.Uniform(new Shape(16, TinyGan.Model.CodeSize), -1, 1);
        var first = gan.Sample(code, random.Normal(new Shape(16, TinyGan.Model.NoiseSize)));
        var second = gan.Sample(code, random.Normal(new Shape(16, TinyGan.Model.NoiseSize)));
        return (first - second).Abs().Mean().Item();
    }
}
