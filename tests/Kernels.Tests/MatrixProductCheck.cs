using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// Runs one product on <see cref="CpuBackend"/> and on <see cref="ReferenceBackend"/> and compares. Inputs lie between NaNs and outputs
/// between marks, so reading or writing past an array's ends shows up.
/// </summary>
internal sealed class MatrixProductCheck : IDisposable
{
    /// <summary>
    /// Of the sum of absolute products. Rounding each of K partial sums in float32 errs by 2⁻²⁴ of that sum at most, and by about √K · 2⁻²⁴
    /// where the signs are random: 4e-6 at K = 4096, more than any case here has.
    /// </summary>
    private const double Tolerance = 1e-5;

    private const int Guard = 40;
    private const float Mark = 12345f;

    private readonly ReferenceBackend _reference = new();
    private readonly List<DeviceBuffer> _cpuBuffers = [];
    private readonly List<DeviceBuffer> _referenceBuffers = [];
    private readonly CountedRandom _random;

    public MatrixProductCheck(CpuBackend cpu, ulong seed)
    {
        Cpu = cpu;
        _random = new CountedRandom(seed);
    }

    public CpuBackend Cpu { get; }

    internal delegate void Product(Backend backend, DeviceArray a, DeviceArray b, DeviceArray c);

    /// <summary>Compares c = product(a, b), c holding random numbers before.</summary>
    /// <param name="mixed">Whether the algorithm adds numbers of neighbors and takes them off again: then the largest sum of absolute
    /// products counts for all.</param>
    public void Compare(string name, long countA, long countB, long countC, Product product, bool mixed = false)
    {
        var a = Numbers(countA);
        var b = Numbers(countB);
        var c = Numbers(countC);
        var onCpu = OnCpu(a, b, c, product);
        var expected = OnReference(a, b, c, product);
        var scale = OnReference([.. a.Select(Math.Abs)], [.. b.Select(Math.Abs)], [.. c.Select(Math.Abs)], product);
        if (mixed)
            Array.Fill(scale, scale.Max());
        for (var i = 0; i < countC; i++)
        {
            var error = Math.Abs(onCpu[i] - expected[i]);
            var used = error / (Tolerance * scale[i] + 1e-30);
            Assert.True(used <= 1, $"{name}: element {i} is {onCpu[i]}, expected {expected[i]}; {used:0.0} of the tolerance");
        }
    }

    /// <summary>What the processor's backend makes of random inputs that depend on the seed alone.</summary>
    public float[] Result(long countA, long countB, long countC, Product product) =>
        OnCpu(Numbers(countA), Numbers(countB), Numbers(countC), product);

    public float[] Numbers(long count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = _random.NextUniform(-1, 1);
        return numbers;
    }

    public DeviceArray Guarded(float[] values, float guard)
    {
        var buffer = Cpu.Memory.Allocate((values.Length + 2 * Guard) * sizeof(float), "test");
        _cpuBuffers.Add(buffer);
        var whole = new DeviceArray(buffer.Address, values.Length + 2 * Guard, ElementType.Float32);
        whole.Span<float>().Fill(guard);
        var inner = whole.Slice(Guard, values.Length);
        values.CopyTo(inner.Span<float>());
        return inner;
    }

    public void Dispose()
    {
        foreach (var buffer in _cpuBuffers)
            Cpu.Memory.Release(buffer);
        _reference.Dispose();
    }

    private float[] OnCpu(float[] a, float[] b, float[] c, Product product)
    {
        var output = Guarded(c, Mark);
        product(Cpu, Guarded(a, float.NaN), Guarded(b, float.NaN), output);
        var whole = new DeviceArray(output.Address - Guard * sizeof(float), output.Count + 2 * Guard, ElementType.Float32).Span<float>();
        Assert.Equal(-1, whole[..Guard].IndexOfAnyExcept(Mark));
        Assert.Equal(-1, whole[^Guard..].IndexOfAnyExcept(Mark));
        return output.Span<float>().ToArray();
    }

    private double[] OnReference(float[] a, float[] b, float[] c, Product product)
    {
        var output = Upload(c);
        product(_reference, Upload(a), Upload(b), output);
        var result = output.Span<double>().ToArray();
        foreach (var buffer in _referenceBuffers)
            _reference.Memory.Release(buffer);
        _referenceBuffers.Clear();
        return result;
    }

    private DeviceArray Upload(float[] values)
    {
        var buffer = _reference.Memory.Allocate(values.Length * sizeof(double), "test");
        _referenceBuffers.Add(buffer);
        var array = new DeviceArray(buffer.Address, values.Length, ElementType.Float64);
        for (var i = 0; i < values.Length; i++)
            array.Span<double>()[i] = values[i];
        return array;
    }
}
