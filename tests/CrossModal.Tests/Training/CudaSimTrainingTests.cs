using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;

namespace CrossModal.Tests.Training;

/// <summary>Training steps on the CUDA kernels, without a GPU.</summary>
[Collection("cache")]
public sealed class CudaSimTrainingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheSameLossesAsOnTheCpu(bool spectralNorm)
    {
        var model = TinyGan.Model with { SpectralNorm = spectralNorm };
        var (expected, actual) = (Losses(new DeviceSettings("cpu", 1), model), Losses(new DeviceSettings("cuda-sim", 2), model));
        for (var step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step].DiscriminatorLoss, actual[step].DiscriminatorLoss, 1e-4f);
            Assert.Equal(expected[step].GeneratorLoss, actual[step].GeneratorLoss, 1e-4f);
            Assert.Equal(expected[step].Real, actual[step].Real, 1e-4f);
            Assert.Equal(expected[step].Wrong, actual[step].Wrong, 1e-4f);
            Assert.Equal(expected[step].Fake, actual[step].Fake, 1e-4f);
        }
    }

    /// <summary>
    /// A step as one graph launch, and kernel by kernel, and built anew each time; on one thread of the simulator and on two.
    /// </summary>
    [Fact]
    public void BitForBitTheSameHoweverAStepIsLaunched()
    {
        var graph = Losses(new DeviceSettings("cuda-sim", 2), TinyGan.Model);
        Assert.Equal(graph, Losses(new DeviceSettings("cuda-sim", 1) { Graph = false }, TinyGan.Model));
        Assert.Equal(graph, Losses(new DeviceSettings("cuda-sim", 2), TinyGan.Model, capture: false));
    }

    /// <summary>Rounded operands change the losses a little, and only a little.</summary>
    [Theory]
    [InlineData(Precision.TensorFloat32, 1e-2)]
    [InlineData(Precision.BFloat16, 5e-2)]
    public void TensorCoresTrainAlike(Precision precision, double tolerance)
    {
        var (expected, actual) = (Losses(new DeviceSettings("cpu", 1), TinyGan.Model),
            Losses(new DeviceSettings("cuda-sim", 2) { Precision = precision }, TinyGan.Model));
        Assert.NotEqual(expected, actual);
        for (var step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step].DiscriminatorLoss, actual[step].DiscriminatorLoss, tolerance);
            Assert.Equal(expected[step].GeneratorLoss, actual[step].GeneratorLoss, tolerance);
        }
    }

    /// <summary>Encoders, shared decoders and the joint discriminator: every term of CMCGAN's step.</summary>
    [Fact]
    public void CmcganTrainsAsOnTheCpu()
    {
        TestDevices.Require("cuda-sim");
        using var cpu = Device.Open("cpu", 1);
        using var simulated = Device.Open("cuda-sim", 2);
        using var expected = TinyCmcgan.Create(cpu);
        using var actual = TinyCmcgan.Create(simulated);
        foreach (var (want, have) in TinyCmcgan.Run(expected, 0, 3).Zip(TinyCmcgan.Run(actual, 0, 3)))
        {
            Assert.Equal(want.DiscriminatorLoss, have.DiscriminatorLoss, 1e-4f);
            Assert.Equal(want.GeneratorLoss, have.GeneratorLoss, 1e-4f);
            Assert.Equal(want.Fake, have.Fake, 1e-4f);
        }
    }

    /// <summary>What was asked first comes first, and while the device goes on with the next step.</summary>
    [Fact]
    public void LossesComeBackLater()
    {
        TestDevices.Require("cuda-sim");
        using var device = Device.Open("cuda-sim", 1);
        using var gan = TinyGan.Create(device);
        var expected = Losses(new DeviceSettings("cuda-sim", 1), TinyGan.Model);
        for (var step = 0; step < 3; step++)
        {
            var (real, wrong, code) = TinyGan.BatchOf(step);
            gan.SetBatch(real, wrong, code);
            gan.Step();
            gan.BeginReadScores();
            if (step > 0)
                Assert.Equal(expected[step - 1], gan.FinishReadScores());
        }

        Assert.Equal(expected[2], gan.FinishReadScores());
        Assert.Throws<InvalidOperationException>(() => gan.FinishReadScores());
    }

    /// <summary>After the first step the device gives no more memory, neither to tensors nor for partial sums.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MemoryStandsStill(bool graph)
    {
        TestDevices.Require("cuda-sim");
        using var device = Device.Open(new DeviceSettings("cuda-sim", 2) { Graph = graph });
        using var gan = TinyGan.Create(device);
        TinyGan.Run(gan, 0, 2);
        var (live, peak) = (device.LiveBytes, device.PeakBytes);
        TinyGan.Run(gan, 2, 12);
        Assert.Equal((live, peak), (device.LiveBytes, device.PeakBytes));
    }

    private static GanScores[] Losses(DeviceSettings settings, CrossModal.Models.ModelSettings model, bool capture = true)
    {
        if (settings.Name == "cuda-sim")
            TestDevices.Require("cuda-sim");
        using var device = Device.Open(settings);
        using var gan = TinyGan.Create(device, capture: capture, model: model);
        return TinyGan.Run(gan, 0, 3);
    }
}
