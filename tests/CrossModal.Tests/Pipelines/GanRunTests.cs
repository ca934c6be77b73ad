using CrossModal.Adversarial;
using CrossModal.Kernels.Cpu;
using CrossModal.Layers;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;

namespace CrossModal.Tests.Pipelines;

/// <summary>
/// Several steps of the GAN: the same on every device, and exactly the same however a run was cut, captured or spread over threads.
/// </summary>
public sealed class GanRunTests
{
    private const int Steps = 10;

    /// <summary>
    /// Losses of ten steps from a fixed seed, from <c>reference</c>. <see cref="GanStepTests"/> holds the step against the paper's
    /// formulas.
    /// </summary>
    private static readonly (double Discriminator, double Generator)[] Golden =
    [
        (1.3591710, 0.7176979), (1.3365910, 0.7464422), (1.4171550, 0.7358090), (1.2686100, 0.8247631), (1.3181160, 0.7586169),
        (1.3155480, 0.6898805), (1.4206340, 0.7868779), (1.3226220, 0.6747779), (1.3131330, 0.7173979), (1.3405690, 0.6697026),
    ];

    /// <summary>
    /// Tolerance: float32 rounds to 6e-8, and how a sum is cut into lanes and tiles differs with the width of the machine's vectors, so the
    /// last bits do; ten steps of Adam, which divides by the size of the gradient, carry that into about 1e-6 of the loss (1e-7 with
    /// vectors of 512 bits). 1e-4 leaves room for any vector width and is far below what another seed, rate or loss would change. On
    /// reference, sums are plain and the numbers those recorded.
    /// </summary>
    [Theory]
    [InlineData("cpu", 1e-4)]
    [InlineData("reference", 1e-6)]
    public void TenStepsGiveTheRecordedLosses(string name, double tolerance)
    {
        using var device = Device.Open(name, 2);
        using var gan = TinyGan.Create(device);
        var scores = TinyGan.Run(gan, 0, Steps);
        var seen = string.Join(", ", scores.Select(score => $"({score.DiscriminatorLoss:0.0000000}, {score.GeneratorLoss:0.0000000})"));
        for (var i = 0; i < Steps; i++)
        {
            Assert.True(Math.Abs(scores[i].DiscriminatorLoss - Golden[i].Discriminator) < tolerance,
                $"discriminator's loss of step {i}; all are {seen}");
            Assert.True(Math.Abs(scores[i].GeneratorLoss - Golden[i].Generator) < tolerance,
                $"generator's loss of step {i}; all are {seen}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ACapturedStepIsTheStep(bool spectralNorm)
    {
        var model = TinyGan.Model with { SpectralNorm = spectralNorm };
        using var device = Device.Open("cpu", 2);
        using var captured = TinyGan.Create(device, model: model);
        using var built = TinyGan.Create(device, capture: false, model: model);
        Assert.Equal(TinyGan.Run(built, 0, Steps), TinyGan.Run(captured, 0, Steps));
        Assert.Null(built.Captured);
        Assert.NotNull(captured.Captured);
        TinyGan.AssertSame(TinyGan.StateOf(built), TinyGan.StateOf(captured));
    }

    [Fact]
    public void TheNumberOfThreadsChangesNothing()
    {
        var runs = new[] { 1, 2, 3 }.Select(threads =>
        {
            using var device = Device.Open("cpu", threads);
            using var gan = TinyGan.Create(device);
            return (Scores: TinyGan.Run(gan, 0, Steps), State: TinyGan.StateOf(gan));
        }).ToArray();
        foreach (var run in runs[1..])
        {
            Assert.Equal(runs[0].Scores, run.Scores);
            TinyGan.AssertSame(runs[0].State, run.State);
        }
    }

    [Fact]
    public void AnotherSeedGivesOtherLosses()
    {
        using var device = Device.Open("cpu", 1);
        using var one = TinyGan.Create(device, seed: 7);
        using var other = TinyGan.Create(device, seed: 8);
        Assert.NotEqual(TinyGan.Run(one, 0, 2), TinyGan.Run(other, 0, 2));
    }

    [Theory]
    [InlineData("cpu", 0.9)]
    [InlineData("cpu", 0.0)]
    [InlineData("cpu", 0.9, true)]
    [InlineData("reference", 0.9)]
    public void ASavedRunContinuesBitForBit(string name, double average, bool spectralNorm = false)
    {
        var model = TinyGan.Model with { SpectralNorm = spectralNorm };
        var settings = TinyGan.Settings with { Ema = average };
        var (middle, end) = name == "cpu" ? (5, Steps) : (1, 3);
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-resume-{Guid.NewGuid():N}.safetensors");
        try
        {
            using var device = Device.Open(name, 2);
            using var whole = TinyGan.Create(device, settings: settings, model: model);
            using (var first = TinyGan.Create(device, settings: settings, model: model))
            {
                Assert.Equal(TinyGan.Run(whole, 0, middle), TinyGan.Run(first, 0, middle));
                first.CreateCheckpoint().Save(path);
            }

            using var second = TinyGan.Create(device, settings: settings, model: model);
            second.CreateCheckpoint().Load(path);
            Assert.Equal(TinyGan.Run(whole, middle, end), TinyGan.Run(second, middle, end));
            TinyGan.AssertSame(TinyGan.StateOf(whole), TinyGan.StateOf(second));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Loading into a GAN whose step is captured already reaches the arrays that the capture works on.</summary>
    [Fact]
    public void ACapturedGanCanBeSetBack()
    {
        var path = Path.Combine(Path.GetTempPath(), $"crossmodal-back-{Guid.NewGuid():N}.safetensors");
        using var device = Device.Open("cpu", 2);
        using var gan = TinyGan.Create(device);
        gan.CreateCheckpoint().Save(path);
        var first = TinyGan.Run(gan, 0, 4);
        gan.CreateCheckpoint().Load(path);
        File.Delete(path);
        Assert.Equal(first, TinyGan.Run(gan, 0, 4));
    }

    [Fact]
    public void AThousandStepsTakeNoMoreMemoryThanTwo()
    {
        using var backend = new CpuBackend(1);
        using var device = new Device(backend);
        using var gan = TinyGan.Create(device);
        var (real, wrong, code) = TinyGan.BatchOf(0);
        GanScores Step()
        {
            gan.SetBatch(real, wrong, code);
            gan.LearningRate = 2e-4;
            gan.Step();
            return gan.ReadScores();
        }

        Step();
        Step();
        var (live, peak, allocations, captured) = (device.LiveBytes, device.PeakBytes, backend.Memory.DeviceAllocations,
            gan.Captured!.Bytes);
        var managed = GC.GetAllocatedBytesForCurrentThread();
        var scores = default(GanScores);
        for (var i = 0; i < 1000; i++)
            scores = Step();
        managed = GC.GetAllocatedBytesForCurrentThread() - managed;
        Assert.True(scores.IsFinite);
        Assert.Equal((live, peak, allocations), (device.LiveBytes, device.PeakBytes, backend.Memory.DeviceAllocations));
        Assert.Equal(captured, gan.Captured.Bytes);
        Assert.True(managed < 1000 * 1024, $"{managed / 1000} bytes of managed memory a step");
    }

    /// <summary>Without the capture every step makes its tensors anew; they all go back.</summary>
    [Fact]
    public void StepsThatAreBuiltAnewGiveEverythingBack()
    {
        using var backend = new CpuBackend(1);
        using var device = new Device(backend);
        using var gan = TinyGan.Create(device, capture: false);
        TinyGan.Run(gan, 0, 2);
        var (live, allocations) = (device.LiveBytes, backend.Memory.DeviceAllocations);
        TinyGan.Run(gan, 2, 30);
        Assert.Equal((live, allocations), (device.LiveBytes, backend.Memory.DeviceAllocations));
    }

    [Fact]
    public void AllMemoryGoesBackAtTheEnd()
    {
        using var device = Device.Open("cpu", 1);
        using (var gan = TinyGan.Create(device))
        {
            TinyGan.Run(gan, 0, 2);
            Assert.True(device.LiveBytes > 0);
        }

        Assert.Equal(0, device.LiveBytes);
    }
}
