using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Tests.Adversarial;

/// <summary>The generator gives back what a network beside it has seen.</summary>
public sealed class ReconstructionTests
{
    [Fact]
    public void TheDivergenceIsThatOfTheFormula()
    {
        using var device = Device.Open("reference");
        using var scope = new Scope();
        var mean = Tensor.From(device, [2, 2], new[] { 1.0, 0, 0, 0 });
        var logVariance = Tensor.From(device, [2, 2], new[] { 0, Math.Log(2), 0, 0 });
        var expected = (1 / 2.0 + (2 - Math.Log(2) - 1) / 2) / 2;
        Assert.Equal(expected, RecognitionNetwork.Divergence(mean, logVariance).ToDoubles()[0], 1e-12);
    }

    /// <summary>Without the term nothing of it is there; with it, pictures of three colors come back nearer and nearer.</summary>
    [Fact]
    public void RealSamplesComeBack()
    {
        using var device = Device.Open("cpu", 1);
        using var without = TinyGan.Create(device);
        Assert.Null(without.Recognition);
        Assert.DoesNotContain(TinyGan.StateOf(without).Keys, name => name.Contains("recognition", StringComparison.Ordinal));
        using var gan =
            TinyGan.Create(device, settings: TinyGan.Settings with { Vae = 50, LearningRate = 4e-3 });
        TinyGan.Run(gan, 0, 1);
        var before = Error(gan);
        var weight = TinyGan.StateOf(gan)["recognition.conv1.weight"];
        TinyGan.Run(gan, 1, 120);
        Assert.InRange(Error(gan), 0, 0.5 * before);
        Assert.False(weight.AsSpan().SequenceEqual(TinyGan.StateOf(gan)["recognition.conv1.weight"]));
        Assert.True(gan.HasFiniteWeights());

        static double Error(CrossModal.Adversarial.ConditionalGan gan)
        {
            using var pause = Tape.Paused();
            using var scope = new Scope();
            var (real, _, code) = gan.Pairs;
            var (mean, _) = gan.Recognition!.Forward(real);
            return (gan.Generator.Forward(code, mean) - real).Abs().Mean().ToArray()[0];
        }
    }
}
