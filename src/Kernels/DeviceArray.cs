using System.Runtime.CompilerServices;

namespace CrossModal.Kernels;

/// <summary>
/// A contiguous run of elements in a device's memory: an address, a count and a type. It owns nothing: the tensor that it came from keeps
/// it alive. Only on <c>cpu</c> and <c>reference</c> may the host read the address.
/// </summary>
/// <param name="Address">Of the first element.</param>
/// <param name="Count">How many elements.</param>
/// <param name="Type">What each of them is.</param>
public readonly record struct DeviceArray(nint Address, long Count, ElementType Type)
{
    /// <summary>No array at all, for an optional argument.</summary>
    public static DeviceArray None => default;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => Address == 0 && Count == 0;

    /// <summary>Bytes of all elements.</summary>
    public long Bytes => Count * Type.Size();

    /// <summary>The part that starts at element <paramref name="offset"/>.</summary>
    public DeviceArray Slice(long offset, long count)
    {
        if (offset < 0 || count < 0 || offset + count > Count)
            throw new ArgumentException($"slice [{offset}, {offset + count}) lies outside an array of {Count} elements");
        return new DeviceArray(Address + (nint)(offset * Type.Size()), count, Type);
    }

    /// <summary>The elements as float32, on a host-memory device.</summary>
    internal unsafe float* Float32 => (float*)Expect(ElementType.Float32);

    internal unsafe double* Float64 => (double*)Expect(ElementType.Float64);

    internal unsafe BFloat16* BFloat16 => (BFloat16*)Expect(ElementType.BFloat16);

    internal unsafe int* Int32 => (int*)Expect(ElementType.Int32);

    internal unsafe long* Int64 => (long*)Expect(ElementType.Int64);

    /// <summary>The elements as a span of <typeparamref name="T"/>, on a host-memory device.</summary>
    internal unsafe Span<T> Span<T>() where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != Type.Size())
            throw new ArgumentException($"an array of {Type} cannot be read as {typeof(T).Name}");
        return new Span<T>((void*)Address, checked((int)Count));
    }

    private nint Expect(ElementType type) =>
        Type == type ? Address : throw new ArgumentException($"expected an array of {type}, got {Type}");
}
