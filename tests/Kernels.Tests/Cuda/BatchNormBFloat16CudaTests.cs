using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Batch normalization on arrays of bfloat16 computes what it does on float32 arrays of the same numbers, bit by bit, and rounds once.
/// </summary>
public sealed class BatchNormBFloat16CudaTests : IDisposable
{
    private readonly CudaBackend _backend = new(new SimulatedDriver(2), new DeviceSettings());
    private readonly CountedRandom _random = new(5);

    public void Dispose() => _backend.Dispose();

    /// <param name="offset">Elements before the arrays: 1 is no place for vectors, 4 is one in bfloat16 and in float32.</param>
    [Theory]
    [InlineData(1, 40, 5, 0)]
    [InlineData(3, 700, 16, 0)]
    [InlineData(3, 700, 16, 1)]
    [InlineData(2, 300, 132, 4)]
    public void IsFloat32Rounded(int groups, int rows, int channels, int offset)
    {
        var geometry = new BatchNormGeometry(groups, rows, channels, 1e-3f, 0.2f);
        var count = groups * rows * channels;
        var (x, gradient) = (Pair.Of(_backend, offset, Normal(count)), Pair.Of(_backend, offset, Normal(count)));
        var (y, input) = (Pair.Of(_backend, offset, new BFloat16[count]), Pair.Of(_backend, offset, new BFloat16[count]));
        DeviceArray[] parameters = [Floats(Normal(channels)), Floats(Normal(channels))];
        var wide = Compute(x.Wide, gradient.Wide, y.Wide, input.Wide);
        var narrow = Compute(x.Narrow, gradient.Narrow, y.Narrow, input.Narrow);
        Assert.Equal(wide.Select(Read), narrow.Select(Read));
        y.AssertSame(_backend);
        input.AssertSame(_backend);

        // Statistics, running statistics and the gradients of scale and shift, which are float32 either way.
        DeviceArray[] Compute(DeviceArray from, DeviceArray g, DeviceArray to, DeviceArray inputGradient)
        {
            DeviceArray[] others = [.. Enumerable.Range(0, 2).Select(_ => Floats(new BFloat16[groups * channels])),
                .. Enumerable.Range(0, 4).Select(_ => Floats(new BFloat16[channels]))];
            _backend.BatchNormStatistics(geometry, from, 0.1, 1.25, new(others[0], others[1], others[2], others[3]));
            var arrays = new BatchNormArrays(from, others[0], others[1], parameters[0], parameters[1]);
            _backend.BatchNormApply(geometry, arrays, to);
            _backend.BatchNormGradient(geometry, g, arrays, new(inputGradient, others[4], others[5]));
            return others;
        }
    }

    private BFloat16[] Normal(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => BFloat16.Round(3 + 2 * _random.NextNormal()))];

    private DeviceArray Floats(BFloat16[] values) => Pair.Of(_backend, 0, values).Wide;

    private float[] Read(DeviceArray array)
    {
        var values = new float[array.Count];
        _backend.Download<float>(array, values);
        return values;
    }

    /// <summary>The same numbers in both types.</summary>
    private readonly record struct Pair(DeviceArray Wide, DeviceArray Narrow)
    {
        public static Pair Of(CudaBackend backend, int offset, BFloat16[] values)
        {
            var pair = new Pair(Room(ElementType.Float32), Room(ElementType.BFloat16));
            backend.Upload<float>(Array.ConvertAll(values, value => (float)value), pair.Wide);
            backend.Upload<BFloat16>(values, pair.Narrow);
            return pair;

            DeviceArray Room(ElementType type) => new DeviceArray(
                backend.Memory.Allocate((values.Length + offset) * type.Size(), "test").Address, values.Length + offset, type)
                .Slice(offset, values.Length);
        }

        public void AssertSame(CudaBackend backend)
        {
            var (wide, narrow) = (new float[Wide.Count], new BFloat16[Wide.Count]);
            backend.Download<float>(Wide, wide);
            backend.Download<BFloat16>(Narrow, narrow);
            Assert.Contains(wide, value => value != 0);
            Assert.Equal(BFloat16.Round(wide).Select(value => value.Bits), narrow.Select(value => value.Bits));
        }
    }
}
