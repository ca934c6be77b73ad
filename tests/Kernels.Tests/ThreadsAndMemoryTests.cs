using CrossModal.Kernels.Cpu;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// What holds for every primitive of the cpu device: the number of threads changes no bit, and a call makes nothing on the managed heap.
/// </summary>
public class ThreadsAndMemoryTests
{
    [Fact]
    public void NoBitDependsOnTheNumberOfThreads()
    {
        var one = Step(threads: 1);
        foreach (var threads in new[] { 2, 3, 5 })
        {
            var several = Step(threads);
            for (var i = 0; i < one.Length; i++)
                Assert.True(one[i].AsSpan().SequenceEqual(several[i]), $"array {i} of the step differs between 1 and {threads} threads");
        }

        static byte[][] Step(int threads)
        {
            using var cpu = new CpuBackend(threads);
            var step = new EveryPrimitive(cpu);
            step.Run(cpu);
            step.Run(cpu);
            return step.Contents();
        }
    }

    [Fact]
    public void NothingIsAllocatedByACall()
    {
        using var cpu = new CpuBackend(2);
        var step = new EveryPrimitive(cpu);
        step.Run(cpu);
        var (live, blocks) = (cpu.Memory.LiveBytes, cpu.Memory.DeviceAllocations);
        Allocations.NoneBy(() => step.Run(cpu));
        Assert.Equal((live, blocks), (cpu.Memory.LiveBytes, cpu.Memory.DeviceAllocations));
    }

    [Fact]
    public void AReplayRepeatsTheStepExactlyAndAllocatesNothing()
    {
        using var direct = new CpuBackend(2);
        using var recorded = new CpuBackend(2);
        var (expected, actual) = (new EveryPrimitive(direct), new EveryPrimitive(recorded));
        using var recording = new RecordingBackend(recorded);
        actual.Run(recording);
        recording.Replay();
        var before = GC.GetAllocatedBytesForCurrentThread();
        recording.Replay();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        for (var turn = 0; turn < 3; turn++)
            expected.Run(direct);
        Assert.Equal(EveryPrimitive.Calls, recording.Count);
        var (left, right) = (expected.Contents(), actual.Contents());
        for (var i = 0; i < left.Length; i++)
            Assert.True(left[i].AsSpan().SequenceEqual(right[i]), $"array {i} differs after a replay");
    }

    [Fact]
    public void ARecordedStepNeitherTakesNorGivesNumbers()
    {
        using var cpu = new CpuBackend(1);
        using var recording = new RecordingBackend(cpu);
        var array = new DeviceArray(cpu.Memory.Allocate(4, "test").Address, 1, ElementType.Float32);
        Assert.Contains("reads nothing back",
            Assert.Throws<InvalidOperationException>(() => recording.Download(array, new float[1].AsSpan())).Message);
        Assert.Throws<InvalidOperationException>(() => recording.Upload<float>([1f], array));
        Assert.Equal((cpu.Name, cpu.FloatType, cpu.Memory), (recording.Name, recording.FloatType, recording.Memory));
    }

    [Fact]
    public void TheOperationsOfProductsAndConvolutionsAreCounted()
    {
        using var cpu = new CpuBackend(1);
        using var recording = new RecordingBackend(cpu);
        var array = new DeviceArray(cpu.Memory.Allocate(4 * 64, "test").Address, 64, ElementType.Float32);
        var other = new DeviceArray(cpu.Memory.Allocate(4 * 64, "test").Address, 64, ElementType.Float32);
        recording.Fill(array, 1);
        recording.MatrixProduct(new MatrixProductGeometry(1, 2, 3, 4, false, false), array, array, other);
        var convolution = new ConvolutionGeometry(1, new(4, 3), new(4, 3), 2, 3);
        recording.Convolution(convolution, array, array, other);
        recording.Replay();
        Assert.Equal(3, recording.Count);
        Assert.Equal(2 * 2 * 3 * 4 + 2 * (2 * 2 * 3) * (3 * 3 * 2), recording.Operations);
    }

    /// <summary>
    /// A step that calls each primitive but products and convolutions at a size that is cut into several blocks. It feeds on its own
    /// results, so that a second run differs from the first.
    /// </summary>
    private sealed class EveryPrimitive
    {
        public const int Calls = 29;

        private const int Rows = 3 * 1024, Channels = 48, Count = Rows * Channels;

        private readonly List<DeviceArray> _arrays = [];
        private readonly DeviceArray _x, _y, _z, _mean, _variance, _scale, _shift, _scaleGradient, _shiftGradient, _pooled, _places,
            _position, _step, _rate,
            _first, _second, _row, _labels, _one, _offsets;
        private readonly StridedGeometry _flat = StridedGeometry.Merge([Count], [1], [1], [1]);
        private readonly StridedGeometry _bias = StridedGeometry.Merge([Rows, Channels], [Channels, 1], [0, 1], [Channels, 1]);
        private readonly StridedGeometry _transposed = StridedGeometry.Merge([Channels, Rows], [1, Channels], [0, 0], [Rows, 1]);
        private readonly BatchNormGeometry _norm = new(3, 1024, Channels, 1e-5f, 0.2f);
        private readonly ShiftGeometry _images = new(3, 32, 32, Channels);
        private readonly PoolingGeometry _pool = new(3, 32, 32, Channels, 2, 2);

        public EveryPrimitive(CpuBackend cpu)
        {
            (_x, _y, _z) = (Make(Count), Make(Count), Make(Count));
            (_mean, _variance) = (Make(3 * Channels), Make(3 * Channels));
            (_scale, _shift, _scaleGradient, _shiftGradient) = (Make(Channels), Make(Channels), Make(Channels), Make(Channels));
            (_pooled, _places) = (Make(Count / 4), Make(Count / 4, ElementType.Int32));
            (_position, _step, _rate) = (Make(1, ElementType.Int64), Make(1, ElementType.Int64), Make(1));
            (_first, _second, _row, _labels, _one) = (Make(Count), Make(Count), Make(Rows), Make(Rows, ElementType.Int32), Make(1));
            _offsets = Make(2 * 3);
            cpu.Fill(_rate, 0.01);
            cpu.Fill(_scale, 1);
            cpu.Fill(_labels, 5);

            DeviceArray Make(long count, ElementType type = ElementType.Float32)
            {
                var array = new DeviceArray(cpu.Memory.Allocate(count * type.Size(), "test").Address, count, type);
                cpu.Fill(array, 0);
                _arrays.Add(array);
                return array;
            }
        }

        public byte[][] Contents() =>
            [.. _arrays.Select(array => array.Type.Size() == 4 ? Bytes(array.Span<int>()) : Bytes(array.Span<long>()))];

        public void Run(Backend device)
        {
            device.Random(new(RandomDistribution.Normal, 0, 1), 1, 2, _position, _y);
            device.Random(new(RandomDistribution.Uniform, -1, 1), 1, 3, _position, _z);
            device.Random(new(RandomDistribution.Bernoulli, 0.5, 2), 1, 4, _position, _row);
            device.Binary(BinaryOperation.Interpolate, _flat, _x, _y, _x, 0.5);
            device.Binary(BinaryOperation.Add, _bias, _x, _shift, _y);
            device.BatchNormStatistics(_norm, _x, _mean, _variance);
            device.BatchNormApply(_norm, new(_x, _mean, _variance, _scale, _shift), _y);
            device.BatchNormGradient(_norm, _z, new(_x, _mean, _variance, _scale, _shift), new(_z, _scaleGradient, _shiftGradient));
            device.Sgd(0.9f, 0, _rate, _shift, _shiftGradient, _scaleGradient);
            device.Random(new(RandomDistribution.Uniform, -12, 12), 1, 5, _position, _offsets);
            device.Shift(_images, _z, _offsets, _y);
            device.MaxPool(_pool, _y, _pooled, _places);
            device.MaxPoolScatter(_pool, _pooled, _places, _z);
            device.MaxPoolGather(_pool, _z, _places, _pooled);
            device.Increment(_step, 1);
            device.Adam(new AdamConstants(), _rate, _step, new(_x, _z, _first, _second));
            device.Unary(UnaryOperation.Tanh, _x, _y);
            device.Unary(UnaryOperation.Softplus, _y, _z);
            device.LogSoftmax(Rows, Channels, _z, _z);
            device.StridedCopy(_transposed, _z, _y);
            device.StridedCopy(_transposed, _x, _y);
            device.Reduce(ReductionOperation.Sum, new ReductionGeometry(1, Rows, Channels), _y, _shiftGradient);
            device.Reduce(ReductionOperation.Sum, new ReductionGeometry(Rows, Channels, 1), _y, _row);
            device.Reduce(ReductionOperation.Sum, new ReductionGeometry(1, Count, 1), _y, _one);
            device.Reduce(ReductionOperation.Sum, new ReductionGeometry(3, 1024, Channels), _y, _mean);
            device.Reduce(ReductionOperation.Maximum, new ReductionGeometry(1, Rows, Channels), _y, _shift);
            device.OneHot(_labels, Channels, _z);
            device.Unary(UnaryOperation.Affine, _row, _row, 2, 1);
            device.Fill(_variance, 1);
        }

        private static byte[] Bytes<T>(Span<T> span) where T : unmanaged =>
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(span).ToArray();
    }
}
