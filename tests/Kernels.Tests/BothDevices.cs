using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests;

/// <summary>The same array on both devices: float32 on cpu, float64 on reference, integers alike.</summary>
internal readonly record struct Twin(DeviceArray Cpu, DeviceArray Reference)
{
    public static Twin None => default;

    public DeviceArray On(Backend backend) => backend is ReferenceBackend ? Reference : Cpu;
}

/// <summary>The cpu device beside the reference, with the same numbers on both.</summary>
internal sealed class BothDevices(int threads = 2, ulong seed = 1) : IDisposable
{
    private readonly CountedRandom _random = new(seed);

    public CpuBackend Cpu { get; } = new(threads);

    public ReferenceBackend Reference { get; } = new();

    /// <summary>Normal numbers; the reference's are those that float32 holds.</summary>
    public Twin Normal(long count, float deviation = 1, float mean = 0)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
            values[i] = mean + deviation * _random.NextNormal();
        return Floats(values);
    }

    public Twin Floats(params double[] values)
    {
        var twin = Allocate(values.Length, floats: true, ElementType.Float32);
        var single = Array.ConvertAll(values, value => (float)value);
        Cpu.Upload<float>(single, twin.Cpu);
        Reference.Upload<double>(Array.ConvertAll(single, value => (double)value), twin.Reference);
        return twin;
    }

    public Twin Integers(params int[] values)
    {
        var twin = Allocate(values.Length, floats: false, ElementType.Int32);
        Cpu.Upload<int>(values, twin.Cpu);
        Reference.Upload<int>(values, twin.Reference);
        return twin;
    }

    public Twin Longs(params long[] values)
    {
        var twin = Allocate(values.Length, floats: false, ElementType.Int64);
        Cpu.Upload<long>(values, twin.Cpu);
        Reference.Upload<long>(values, twin.Reference);
        return twin;
    }

    /// <summary>An output, full of a number that no test expects.</summary>
    public Twin Output(long count, ElementType type = ElementType.Float32)
    {
        var twin = Allocate(count, type == ElementType.Float32, type);
        Cpu.Fill(twin.Cpu, -12345);
        Reference.Fill(twin.Reference, -12345);
        return twin;
    }

    /// <summary>Does the same on both devices; where an array is wanted, <see cref="Twin.On"/> gives that of the device.</summary>
    public void Run(Action<Backend> primitive)
    {
        primitive(Reference);
        primitive(Cpu);
    }

    public void Compare(string op, string shapes, Twin result, double relative, double absolute)
    {
        var failure = Closeness.Check(op, shapes, Doubles(result.Cpu), Doubles(result.Reference), relative, absolute);
        if (failure != null)
            Assert.Fail(failure);
    }

    public static double[] Doubles(DeviceArray array) => array.Type switch
    {
        ElementType.Float32 => Array.ConvertAll(array.Span<float>().ToArray(), value => (double)value),
        ElementType.Float64 => array.Span<double>().ToArray(),
        ElementType.Int32 => Array.ConvertAll(array.Span<int>().ToArray(), value => (double)value),
        _ => Array.ConvertAll(array.Span<long>().ToArray(), value => (double)value),
    };

    public void Dispose()
    {
        Cpu.Dispose();
        Reference.Dispose();
    }

    private Twin Allocate(long count, bool floats, ElementType type)
    {
        var referenceType = floats ? ElementType.Float64 : type;
        return new Twin(new DeviceArray(Cpu.Memory.Allocate(count * type.Size(), "test").Address, count, type),
            new DeviceArray(Reference.Memory.Allocate(count * referenceType.Size(), "test").Address, count, referenceType));
    }
}
