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

    private static readonly OpCase Copied = OpCases.LargeCopy(1000), Tanh = OpCases.Named("tanh [3, 17]");

    private static readonly OpCase Pooled = OpCases.OfStep(new StepSizes { Batch = 1, ImageSize = 8 })
        .Single(opCase => opCase.Name == "image classifier pool1");

    [Fact]
    public void ARightAnswerIsTimed()
    {
        var result = _measurement.Run(Copied, Copied, time: true);
        Assert.Null(result.Failure);
        Assert.Equal(0, result.ShareOfTolerance);
        Assert.Equal(16, result.BufferSets);
        Assert.Equal(8000, result.Bytes);
        var time = result.Time!.Value;
        Assert.True(time.MinMs > 0 && time.MinMs <= time.MedianMs && time.MedianMs <= time.MaxMs);
        Assert.Equal(0, time.Repeats % 16);
    }

    [Fact]
    public void AnElementThatIsLeftOutShows()
    {
        var kernel = Faulty(Copied, y => Unwritten(y, 999));
        var result = _measurement.Run(kernel, kernel, time: true);
        Assert.Contains("element 999 is NaN", result.Failure);
        Assert.Null(result.Time);
    }

    [Fact]
    public void AnElementThatIsLeftOutAtFullSizeOnlyShows() =>
        Assert.Contains("element 0 of value was not written",
            _measurement.Run(Faulty(Copied, y => Unwritten(y, 0)), OpCases.LargeCopy(10), time: true).Failure);

    [Fact]
    public void AWrongNumberShows()
    {
        var kernel = Faulty(Tanh, y => _device.Backend.Fill(y[0].Elements().Slice(41, 1), 0.25));
        Assert.Contains("element 41 is 0.25", _measurement.Run(kernel, kernel, time: true).Failure);
    }

    [Fact]
    public void AnIndexThatIsLeftOutShows()
    {
        Assert.Null(_measurement.Run(Pooled, Pooled, time: false).Failure);
        var kernel = Faulty(Pooled, y => y[1] = Tensor.Uninitialized(_device, y[1].Shape, ElementType.Int32));
        Assert.Contains("element 0 is NaN", _measurement.Run(kernel, kernel, time: false).Failure);
    }

    [Fact]
    public void AnExceptionIsAFailureOfTheCase()
    {
        var kernel = Faulty(Tanh, _ => throw new CudaException("cuLaunchKernel: an illegal address"));
        Assert.Contains("tanh [3, 17]: CudaException: cuLaunchKernel: an illegal address",
            _measurement.Run(kernel, kernel, time: true).Failure);
    }

    [Fact]
    public void NothingStaysInMemory()
    {
        var kernel = OpCases.Named("adam [33]");
        _measurement.Run(kernel, kernel, time: true);
        Assert.Equal(0, _device.LiveBytes);
    }

    /// <summary>A recorded case asks for the kernels alone, and writes where it did.</summary>
    [Fact]
    public void WhatIsTimedIsTheKernelsAlone()
    {
        using var recorded = new RecordedCase(Tanh, _device);
        recorded.Run();
        var before = (GC.GetAllocatedBytesForCurrentThread(), _device.LiveBytes);
        recorded.Run();
        Assert.Equal(before, (GC.GetAllocatedBytesForCurrentThread(), _device.LiveBytes));
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
        var sum = Tolerance.Sum(400);
        Assert.Equal(sum, sum.In(Precision.Float32, 400));
        Assert.InRange(sum.In(Precision.BFloat16, 400).Absolute, 0.4, 0.5);
        Assert.InRange(sum.In(Precision.TensorFloat32, 400).Absolute, 0.05, 0.07);
        Assert.Equal(sum, sum.In(Precision.BFloat16, 0));
    }

    /// <summary>A clock that only the calls themselves move on.</summary>
    private sealed class CallClock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }

    /// <summary>Other work on the device under test than on its judge.</summary>
    private OpCase Faulty(OpCase opCase, Action<Tensor[]> spoil) => opCase with
    {
        Orders = 0,
        Function = (device, x) =>
        {
            var y = opCase.Function(device, x);
            if (device == _device)
                spoil(y);
            return y;
        },
    };

    /// <summary>Puts a result in the place of another that has one element less of it.</summary>
    private void Unwritten(Tensor[] y, int element)
    {
        var spoiled = Tensor.Uninitialized(_device, y[0].Shape);
        for (var i = 0; i < 2; i++)
        {
            var (start, count) = i == 0 ? (0, element) : (element + 1, (int)y[0].Count - element - 1);
            _device.Backend.Unary(UnaryOperation.Affine, y[0].Elements().Slice(start, count), spoiled.Elements().Slice(start, count), 1);
        }

        y[0] = spoiled;
    }
}
