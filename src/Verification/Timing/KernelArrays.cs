using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>The arrays of a case on one device.</summary>
internal sealed class KernelArrays : IDisposable
{
    /// <summary>What an integer output holds before it is written.</summary>
    private const int Unwritten = int.MinValue;

    private readonly Backend _backend;
    private readonly KernelCase _kernel;
    private readonly DeviceBuffer[] _buffers;

    private KernelArrays(Backend backend, KernelCase kernel)
    {
        (_backend, _kernel) = (backend, kernel);
        (_buffers, Arrays) = (new DeviceBuffer[kernel.Arrays.Length], new DeviceArray[kernel.Arrays.Length]);
        for (var i = 0; i < Arrays.Length; i++)
        {
            var (count, type) = (kernel.Arrays[i].Count, kernel.Arrays[i].Type == ElementType.Float32 ? backend.FloatType
                : kernel.Arrays[i].Type);
            _buffers[i] = backend.Memory.Allocate(count * type.Size(), kernel.Name);
            Arrays[i] = new DeviceArray(_buffers[i].Address, count, type);
        }
    }

    /// <param name="values">What inputs hold, as <see cref="Draw"/> gives it.</param>
    public KernelArrays(Backend backend, KernelCase kernel, Array[] values)
        : this(backend, kernel)
    {
        for (var i = 0; i < Arrays.Length; i++)
            Upload(Arrays[i], kernel.Arrays[i].Role == ArrayRole.Output ? Poison(kernel.Arrays[i]) : values[i]);
    }

    public DeviceArray[] Arrays { get; }

    /// <summary>Arrays whose inputs, and outputs too, are drawn on the device itself.</summary>
    public static KernelArrays DrawOn(Backend backend, KernelCase kernel)
    {
        var drawn = new KernelArrays(backend, kernel);
        var place = backend.Memory.Allocate(sizeof(long), kernel.Name);
        var position = new DeviceArray(place.Address, 1, ElementType.Int64);
        for (var i = 0; i < drawn.Arrays.Length; i++)
        {
            var (wanted, array) = (kernel.Arrays[i], drawn.Arrays[i]);
            backend.Fill(position, 0);
            if (wanted.Content == ArrayContent.Constant || wanted.Type != ElementType.Float32)
                backend.Fill(array, wanted.Value);
            else if (wanted.Content == ArrayContent.Positive)
                backend.Random(RandomDistribution.Uniform, 20170427, (ulong)i, position, array, 0.3, 2);
            else
                backend.Random(RandomDistribution.Normal, 20170427, (ulong)i, position, array, 0, 1);
        }

        backend.Memory.Release(place);
        kernel.Prepare?.Invoke(backend, drawn.Arrays);
        return drawn;
    }

    /// <summary>The arrays of a case as float[], int[] or long[], drawn on a float32 device with host memory.</summary>
    public static Array[] Draw(Backend cpu, KernelCase kernel)
    {
        using var drawn = DrawOn(cpu, kernel);
        return [.. drawn.Arrays.Select(ToHost)];
    }

    /// <summary>What the case has written, array by array; an element that it left out is NaN.</summary>
    public IEnumerable<(int Index, double[] Values)> ReadOutputs()
    {
        for (var i = 0; i < Arrays.Length; i++)
        {
            if (_kernel.Arrays[i].Role != ArrayRole.Input)
                yield return (i, ToDoubles(Arrays[i]));
        }
    }

    public void Run() => _kernel.Run(_backend, Arrays);

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            _backend.Memory.Release(buffer);
    }

    private static Array Poison(KernelArray array) => array.Type switch
    {
        ElementType.Int32 => Filled(array.Count, Unwritten),
        ElementType.Int64 => Filled(array.Count, (long)Unwritten),
        _ => Filled(array.Count, float.NaN),
    };

    private static T[] Filled<T>(long count, T value)
    {
        var values = new T[count];
        Array.Fill(values, value);
        return values;
    }

    private static Array ToHost(DeviceArray array) => array.Type switch
    {
        ElementType.Int32 => array.Span<int>().ToArray(),
        ElementType.Int64 => array.Span<long>().ToArray(),
        _ => array.Span<float>().ToArray(),
    };

    private void Upload(DeviceArray array, Array values)
    {
        switch (array.Type)
        {
            case ElementType.Int32:
                _backend.Upload<int>((int[])values, array);
                break;
            case ElementType.Int64:
                _backend.Upload<long>((long[])values, array);
                break;
            case ElementType.Float64:
                _backend.Upload<double>(Array.ConvertAll((float[])values, value => (double)value), array);
                break;
            default:
                _backend.Upload<float>((float[])values, array);
                break;
        }
    }

    private double[] ToDoubles(DeviceArray array) => array.Type switch
    {
        ElementType.Float64 => Download<double>(array),
        ElementType.Int32 => Array.ConvertAll(Download<int>(array), value => value == Unwritten ? double.NaN : value),
        ElementType.Int64 => Array.ConvertAll(Download<long>(array), value => value == Unwritten ? double.NaN : (double)value),
        _ => Array.ConvertAll(Download<float>(array), value => (double)value),
    };

    private T[] Download<T>(DeviceArray array) where T : unmanaged
    {
        var values = new T[array.Count];
        _backend.Download<T>(array, values);
        return values;
    }
}
