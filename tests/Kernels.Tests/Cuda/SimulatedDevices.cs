using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>The same array on both devices: float32 on cuda-sim, float64 on reference, integers alike.</summary>
internal readonly record struct SimulatedTwin(DeviceArray Simulated, DeviceArray Reference)
{
    public static SimulatedTwin None => default;

    public DeviceArray On(Backend backend) => backend is ReferenceBackend ? Reference : Simulated;

    /// <summary>The same part of both: where it begins on the device, no vector need begin.</summary>
    public SimulatedTwin Slice(long offset, long count) => new(Simulated.Slice(offset, count), Reference.Slice(offset, count));
}

/// <summary>
/// The backend of <c>cuda</c> over the simulated driver, beside the reference, with the same numbers on both. Numbers go and come by <see
/// cref="Backend.Upload"/> and
/// <see cref="Backend.Download"/> only.
/// </summary>
internal sealed class SimulatedDevices : IDisposable
{
    private readonly CountedRandom _random;

    public SimulatedDevices(DeviceSettings? options = null, ulong seed = 1, int threads = 2)
    {
        _random = new CountedRandom(seed);
        Simulated = new CudaBackend(new SimulatedDriver(threads), options ?? new DeviceSettings());
    }

    public CudaBackend Simulated { get; }

    public ReferenceBackend Reference { get; } = new();

    /// <summary>Normal numbers; the reference's are those that float32 holds.</summary>
    public SimulatedTwin Normal(long count, float deviation = 1, float mean = 0)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
            values[i] = mean + deviation * _random.NextNormal();
        return Floats(values);
    }

    public SimulatedTwin Floats(params double[] values)
    {
        var twin = Allocate(values.Length, ElementType.Float32);
        var single = Array.ConvertAll(values, value => (float)value);
        Simulated.Upload<float>(single, twin.Simulated);
        Reference.Upload<double>(Array.ConvertAll(single, value => (double)value), twin.Reference);
        return twin;
    }

    public SimulatedTwin Integers(params int[] values)
    {
        var twin = Allocate(values.Length, ElementType.Int32);
        Simulated.Upload<int>(values, twin.Simulated);
        Reference.Upload<int>(values, twin.Reference);
        return twin;
    }

    public SimulatedTwin Longs(params long[] values)
    {
        var twin = Allocate(values.Length, ElementType.Int64);
        Simulated.Upload<long>(values, twin.Simulated);
        Reference.Upload<long>(values, twin.Reference);
        return twin;
    }

    /// <summary>An output, full of a number that no test expects: what a kernel fails to write is seen.</summary>
    public SimulatedTwin Output(long count, ElementType type = ElementType.Float32)
    {
        switch (type)
        {
            case ElementType.Float32:
                return Floats(Filled<double>(count, -12345));
            case ElementType.Int32:
                return Integers(Filled(count, -12345));
            default:
                return Longs(Filled<long>(count, -12345));
        }

        static T[] Filled<T>(long count, T value)
        {
            var values = new T[count];
            Array.Fill(values, value);
            return values;
        }
    }

    /// <summary>Does the same on both devices; where an array is wanted, <see cref="SimulatedTwin.On"/> gives that of the device.</summary>
    public void Run(Action<Backend> primitive)
    {
        primitive(Reference);
        primitive(Simulated);
        Simulated.Synchronize();
    }

    /// <summary>
    /// The reference's numbers are rounded to float32 first where <paramref name="rounded"/>: what lies beyond its largest is infinite
    /// there.
    /// </summary>
    public void Compare(string op, string shapes, SimulatedTwin result, double relative, double absolute, bool rounded = false)
    {
        var expected = Doubles(Reference, result.Reference);
        if (rounded)
            expected = Array.ConvertAll(expected, value => (double)(float)value);
        var failure = Closeness.Check(op, shapes, Doubles(Simulated, result.Simulated), expected, relative, absolute);
        if (failure != null)
            Assert.Fail(failure);
    }

    /// <summary>What the simulated device holds there.</summary>
    public float[] Floats(SimulatedTwin twin)
    {
        var values = new float[twin.Simulated.Count];
        Simulated.Download<float>(twin.Simulated, values);
        return values;
    }

    public int[] Integers(SimulatedTwin twin)
    {
        var values = new int[twin.Simulated.Count];
        Simulated.Download<int>(twin.Simulated, values);
        return values;
    }

    public long[] Longs(SimulatedTwin twin)
    {
        var values = new long[twin.Simulated.Count];
        Simulated.Download<long>(twin.Simulated, values);
        return values;
    }

    public static double[] Doubles(Backend backend, DeviceArray array)
    {
        switch (array.Type)
        {
            case ElementType.Float32:
                return Array.ConvertAll(Downloaded<float>(), value => (double)value);
            case ElementType.Float64:
                return Downloaded<double>();
            case ElementType.Int32:
                return Array.ConvertAll(Downloaded<int>(), value => (double)value);
            default:
                return Array.ConvertAll(Downloaded<long>(), value => (double)value);
        }

        T[] Downloaded<T>() where T : unmanaged
        {
            var values = new T[array.Count];
            backend.Download<T>(array, values);
            return values;
        }
    }

    public void Dispose()
    {
        Simulated.Dispose();
        Reference.Dispose();
    }

    private SimulatedTwin Allocate(long count, ElementType type)
    {
        var referenceType = type == ElementType.Float32 ? ElementType.Float64 : type;
        return new SimulatedTwin(new DeviceArray(Simulated.Memory.Allocate(count * type.Size(), "test").Address, count, type),
            new DeviceArray(Reference.Memory.Allocate(count * referenceType.Size(), "test").Address, count, referenceType));
    }
}
