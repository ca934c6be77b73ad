using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// Collects the arguments of one launch, in the order of the kernel's parameters, and launches: <c>Kernel("movement",
/// "fill").Array(y).Value(1f).Value(y.Count).Run(blocks, threads)</c>. One object a backend, used again and again, so that a launch makes
/// nothing on the managed heap.
/// </summary>
/// <param name="touched">Told after a launch what memory it was given, address and bytes of each array.</param>
internal sealed unsafe class KernelLaunch(ICudaDriver driver, nint stream, Action<nint, long>? touched = null) : IDisposable
{
    /// <summary>What CUDA lets the arguments of one launch take.</summary>
    private const int MaximumBytes = 4096, MaximumArguments = 512;

    private readonly byte* _values = (byte*)NativeMemory.AlignedAlloc(MaximumBytes, TensorMap.Alignment);
    private readonly void** _arguments = (void**)NativeMemory.Alloc(MaximumArguments, (nuint)sizeof(void*));
    private readonly DeviceRange[] _ranges = new DeviceRange[MaximumArguments];
    private nint _function;
    private int _bytes, _count, _rangeCount;

    /// <summary>Begins a launch of a function of the driver's.</summary>
    public KernelLaunch Begin(nint function)
    {
        (_function, _bytes, _count, _rangeCount) = (function, 0, 0, 0);
        return this;
    }

    /// <summary>A pointer parameter; <see cref="DeviceArray.None"/> gives the null pointer.</summary>
    public KernelLaunch Array(DeviceArray array)
    {
        MayTouch(array);
        return Value(array.Address);
    }

    /// <summary>A parameter of another type: a number, or a struct with the kernel's layout.</summary>
    public KernelLaunch Value<T>(T value) where T : unmanaged =>
        Place(value, Math.Max(1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(sizeof(T), 8))));

    /// <summary>A parameter by which the kernel copies from an array of bfloat16.</summary>
    public KernelLaunch Map(DeviceArray array, in TensorMap map)
    {
        MayTouch(array);
        return Place(map, TensorMap.Alignment);
    }

    /// <summary>An array whose address lies inside a struct that was given as a value.</summary>
    public KernelLaunch MayTouch(DeviceArray array)
    {
        if (!array.IsNone)
            _ranges[_rangeCount++] = new DeviceRange(array.Address, array.Bytes);
        return this;
    }

    /// <summary>Launches; a grid without blocks is no launch.</summary>
    public void Run(Dim3 grid, Dim3 block, int sharedBytes = 0)
    {
        if (grid.Count == 0)
            return;
        driver.Launch(_function, new LaunchShape(grid, block, sharedBytes), stream, _arguments, _ranges.AsSpan(0, _rangeCount));
        if (touched is null)
            return;

        // What is told may launch in turn, with this very object.
        var count = _rangeCount;
        Span<DeviceRange> ranges = stackalloc DeviceRange[count];
        _ranges.AsSpan(0, count).CopyTo(ranges);
        foreach (var range in ranges)
            touched(range.Address, range.Bytes);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_values);
        NativeMemory.Free(_arguments);
    }

    private KernelLaunch Place<T>(T value, int alignment) where T : unmanaged
    {
        _bytes = (_bytes + alignment - 1) / alignment * alignment;
        if (_bytes + sizeof(T) > MaximumBytes || _count == MaximumArguments)
            throw new InvalidOperationException($"the arguments of a launch take more than {MaximumBytes} bytes");
        Unsafe.WriteUnaligned(_values + _bytes, value);
        _arguments[_count++] = _values + _bytes;
        _bytes += sizeof(T);
        return this;
    }
}
