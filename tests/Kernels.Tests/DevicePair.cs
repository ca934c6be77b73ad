using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests;

/// <summary>The same array on a device and on the reference: float32 there, float64 here, integers alike.</summary>
internal readonly record struct Twin(DeviceArray Device, DeviceArray Reference)
{
    public static Twin None => default;

    public DeviceArray On(Backend backend) => backend is ReferenceBackend ? Reference : Device;

    /// <summary>The same part of both: where it begins on the device, no vector need begin.</summary>
    public Twin Slice(long offset, long count) => new(Device.Slice(offset, count), Reference.Slice(offset, count));
}

/// <summary>
/// A device beside the reference, with the same numbers on both. On the processor every array lies between guards, which no primitive may
/// read with use or write; on <c>cuda-sim</c> each access is checked anyway.
/// </summary>
/// <param name="device">Its name, as <see cref="TestDevices"/> has it.</param>
/// <param name="threads">How many threads compute.</param>
internal sealed class DevicePair(string device, int threads = 3) : IDisposable
{
    /// <summary>Bytes before and behind an array, all ones: no number.</summary>
    private const int Guard = 64;

    private readonly CountedRandom _random = new(1);
    private readonly List<DeviceArray> _guarded = [];

    public Backend Device { get; } = device switch
    {
        "cpu" => new CpuBackend(threads),
        "cuda-sim" => new CudaBackend(new SimulatedDriver(threads), new DeviceSettings()),
        _ => Backend.Open(new DeviceSettings(device), out _),
    };

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
        var twin = Allocate(values.Length, ElementType.Float32);
        var single = Array.ConvertAll(values, value => (float)value);
        Device.Upload<float>(single, twin.Device);
        Reference.Upload<double>(Array.ConvertAll(single, value => (double)value), twin.Reference);
        return twin;
    }

    public Twin Integers(params int[] values) => Upload(values, ElementType.Int32);

    public Twin Longs(params long[] values) => Upload(values, ElementType.Int64);

    /// <summary>An output, full of a number that no test expects: what a kernel fails to write is seen.</summary>
    public Twin Output(long count, ElementType type = ElementType.Float32)
    {
        var values = new int[count];
        Array.Fill(values, -12345);
        return type switch
        {
            ElementType.Float32 => Floats(Array.ConvertAll(values, value => (double)value)),
            ElementType.Int32 => Integers(values),
            _ => Longs(Array.ConvertAll(values, value => (long)value)),
        };
    }

    /// <summary>Does the same on both devices; where an array is wanted, <see cref="Twin.On"/> gives that of the device.</summary>
    public void Run(Action<Backend> primitive)
    {
        primitive(Reference);
        primitive(Device);
        Device.Synchronize();
        foreach (var array in _guarded)
        {
            Assert.True(IsWhole(array.Address - Guard), $"{device}: written before an array of {array.Count}");
            Assert.True(IsWhole(array.Address + (nint)array.Bytes), $"{device}: written behind an array of {array.Count}");
        }

        static unsafe bool IsWhole(nint guard) => !new ReadOnlySpan<byte>((void*)guard, Guard).ContainsAnyExcept((byte)0xFF);
    }

    /// <summary>Compares what both have written, element by element.</summary>
    /// <param name="rounded">Whether the reference's numbers are rounded to float32 first: beyond its largest they are infinite.</param>
    public void Compare(string op, string shapes, Twin result, double relative, double absolute, bool rounded = false)
    {
        var expected = Doubles(Reference, result.Reference);
        if (rounded)
            expected = Array.ConvertAll(expected, value => (double)(float)value);

        // The functions of a GPU are good to a few units in the last place more than those of the host.
        var times = device == "cuda" ? 4 : 1;
        if (Closeness.Check($"{op} on {device}", shapes, Doubles(Device, result.Device), expected, times * relative, times * absolute) is
            { } failure)
            Assert.Fail(failure);
    }

    // What the device holds.

    public float[] Floats(Twin twin) => Download<float>(Device, twin.Device);

    public int[] Integers(Twin twin) => Download<int>(Device, twin.Device);

    public long[] Longs(Twin twin) => Download<long>(Device, twin.Device);

    public void Dispose()
    {
        Device.Dispose();
        Reference.Dispose();
    }

    private static double[] Doubles(Backend backend, DeviceArray array) => array.Type switch
    {
        ElementType.Float32 => Array.ConvertAll(Download<float>(backend, array), value => (double)value),
        ElementType.Float64 => Download<double>(backend, array),
        ElementType.Int32 => Array.ConvertAll(Download<int>(backend, array), value => (double)value),
        _ => Array.ConvertAll(Download<long>(backend, array), value => (double)value),
    };

    private static T[] Download<T>(Backend backend, DeviceArray array) where T : unmanaged
    {
        var values = new T[array.Count];
        backend.Download<T>(array, values);
        return values;
    }

    private Twin Upload<T>(T[] values, ElementType type) where T : unmanaged
    {
        var twin = Allocate(values.Length, type);
        Device.Upload<T>(values, twin.Device);
        Reference.Upload<T>(values, twin.Reference);
        return twin;
    }

    private unsafe Twin Allocate(long count, ElementType type)
    {
        var guard = Device is CpuBackend ? Guard : 0;
        var bytes = count * type.Size();
        var onDevice = new DeviceArray(Device.Memory.Allocate(bytes + 2 * guard, "test").Address + guard, count, type);
        if (guard > 0)
        {
            new Span<byte>((void*)(onDevice.Address - guard), checked((int)bytes + 2 * guard)).Fill(0xFF);
            _guarded.Add(onDevice);
        }

        var wide = type == ElementType.Float32 ? ElementType.Float64 : type;
        return new Twin(onDevice, new DeviceArray(Reference.Memory.Allocate(count * wide.Size(), "test").Address, count, wide));
    }
}
