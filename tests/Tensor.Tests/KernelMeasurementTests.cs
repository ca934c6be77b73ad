using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Cuda;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>A benchmark that would not notice a wrong answer is worse than none.</summary>
public sealed class KernelMeasurementTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 1);
    private readonly KernelMeasurement _measurement;

    public KernelMeasurementTests() => _measurement = new KernelMeasurement(_device);

    public void Dispose()
    {
        _measurement.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void ARightAnswerIsTimed()
    {
        var kernel = KernelCases.Copy("copy", 1000);
        var result = _measurement.Run(kernel, kernel, time: true);
        Assert.Null(result.Failure);
        Assert.Equal(0, result.ShareOfTolerance);
        Assert.Equal(16, result.BufferSets);
        Assert.Equal(8000, kernel.Bytes);
        var time = result.Time!.Value;
        Assert.True(time.MinMs > 0 && time.MinMs <= time.MedianMs && time.MedianMs <= time.MaxMs);
        Assert.Equal(0, time.Repeats % 16);
    }

    [Fact]
    public void AnElementThatIsLeftOutShows()
    {
        var kernel = Faulty(KernelCases.Fill("fill", 10), (backend, a) => backend.Fill(a[0].Slice(0, 9), 0.5));
        var result = _measurement.Run(kernel, kernel, time: true);
        Assert.Contains("element 9 is NaN", result.Failure);
        Assert.Null(result.Time);
    }

    [Fact]
    public void AnElementThatIsLeftOutAtFullSizeOnlyShows()
    {
        var small = KernelCases.Fill("fill", 10);
        var full = Faulty(KernelCases.Fill("fill", 1000), (backend, a) => backend.Fill(a[0].Slice(1, 999), 0.5));
        var result = _measurement.Run(full, small, time: true);
        Assert.Contains("element 0 of array 0 was not written", result.Failure);
    }

    [Fact]
    public void AWrongNumberShows()
    {
        var good = KernelCases.Unary("tanh", UnaryOperation.Tanh, 100);
        var kernel = Faulty(good, (backend, a) => backend.Unary(UnaryOperation.Tanh, a[0], a[1]), (backend, a) =>
            backend.Fill(a[1].Slice(41, 1), 0.25));
        Assert.Contains("element 41 is 0.25", _measurement.Run(kernel, kernel, time: true).Failure);
    }

    [Fact]
    public void AnIndexThatIsLeftOutShows()
    {
        var good = KernelCases.MaxPool("pool", new PoolingGeometry(1, 4, 4, 1, 2, 2));
        Assert.Null(_measurement.Run(good, good, time: false).Failure);
        var kernel = Faulty(good, good.Run, (backend, a) => backend.Fill(a[2].Slice(3, 1), int.MinValue));
        Assert.Contains("element 3 is NaN", _measurement.Run(kernel, kernel, time: false).Failure);
    }

    [Fact]
    public void AnExceptionIsAFailureOfTheCase()
    {
        var kernel = KernelCases.Copy("copy", 10) with { Run = (_, _) => throw new CudaException("cuLaunchKernel: an illegal address") };
        Assert.Contains("copy: CudaException: cuLaunchKernel: an illegal address", _measurement.Run(kernel, kernel, time: true).Failure);
    }

    [Fact]
    public void NothingStaysInMemory()
    {
        var kernel = KernelCases.Adam("adam", 100);
        _measurement.Run(kernel, kernel, time: true);
        Assert.Equal(0, _device.LiveBytes);
    }

    [Fact]
    public void CallsTakeTurnsInAllSets()
    {
        var calls = new int[3];
        var clock = new CallClock();
        using var backend = new CpuBackend(1);
        var time = KernelTimer.Measure(backend, 3, i =>
        {
            calls[i]++;
            clock.Milliseconds++;
        }, clock);

        // Five calls of a millisecond are long enough, six go round the three sets twice, and seven rounds are timed.
        Assert.Equal((6, 7), (time.Repeats, time.Rounds));
        Assert.Equal((1, 1, 1), (time.MinMs, time.MedianMs, time.MaxMs));

        // Alike but for the few calls by which their number is found.
        Assert.InRange(calls[2], 1 + 7 * 6 / 3, calls[0]);
        Assert.InRange(calls[0] - calls[2], 0, 2);
    }

    [Fact]
    public void TheShareIsOfWhatBindsFirst()
    {
        var limits = new MachineLimits(100, 1000);
        Assert.Equal(0.5, limits.Share(1_000_000_000, 0, 20), 12);
        Assert.Equal(0.5, limits.Share(1_000_000_000, 1_000_000_000, 20), 12);
        Assert.Equal(0.25, limits.Share(1_000, 10_000_000_000, 40), 12);
        Assert.Equal(0, default(MachineLimits).Share(1000, 1000, 1));
        Assert.Equal(new MachineLimits(100, 2000), limits.Or(new MachineLimits(50, 2000)));
    }

    [Fact]
    public void RoundedOperandsAreAllowedForInProductsOnly()
    {
        var product = KernelCases.MatrixProduct("product", new MatrixProductGeometry(1, 4, 4, 400, false, false));
        Assert.Equal(product.Tolerance, product.ToleranceIn(Precision.Float32));
        Assert.InRange(product.ToleranceIn(Precision.BFloat16).Absolute, 0.4, 0.5);
        Assert.InRange(product.ToleranceIn(Precision.TensorFloat32).Absolute, 0.05, 0.07);
        var sum = KernelCases.Sum("sum", new ReductionGeometry(1, 4, 4));
        Assert.Equal(sum.Tolerance, sum.ToleranceIn(Precision.BFloat16));
        Assert.Equal(Tolerance.Sum(4), sum.Tolerance);
    }

    /// <summary>A clock that only the calls themselves move on.</summary>
    private sealed class CallClock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }

    /// <summary>Other work on the device under test than on its judge.</summary>
    private static KernelCase Faulty(KernelCase kernel, Action<Backend, DeviceArray[]> run, Action<Backend, DeviceArray[]>? after = null) =>
        kernel with
        {
            Run = (backend, arrays) =>
            {
                if (backend is not CpuBackend)
                {
                    kernel.Run(backend, arrays);
                    return;
                }

                run(backend, arrays);
                after?.Invoke(backend, arrays);
            },
        };
}
