using CrossModal.Kernels;

namespace CrossModal.Benchmarks;

/// <summary>Arrays of random numbers on the processor's backend, and the sums that tell a right product from a wrong one.</summary>
internal sealed class BenchmarkArrays(Backend backend)
{
    private ulong _seed;

    public DeviceArray Make(long count)
    {
        var array = new DeviceArray(backend.Memory.Allocate(count * sizeof(float), "benchmark").Address, count, ElementType.Float32);
        var random = new CountedRandom(++_seed);
        foreach (ref var element in array.Span<float>())
            element = random.NextUniform(-1, 1);
        return array;
    }

    /// <summary>Σ a · b and Σ |a · b|.</summary>
    public static (double Sum, double Absolute) Dot(DeviceArray a, DeviceArray b)
    {
        double sum = 0, absolute = 0;
        for (var i = 0; i < a.Count; i++)
        {
            var product = (double)a.Span<float>()[i] * b.Span<float>()[i];
            sum += product;
            absolute += Math.Abs(product);
        }

        return (sum, absolute);
    }
}
