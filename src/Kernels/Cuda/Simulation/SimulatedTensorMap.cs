using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>The simulator's own tensor map: <c>simulator::simulated_map</c> of kernels/host/async.h, field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SimulatedTensorMap
{
    private const int MostOfBox = 256, StrideUnit = 16;

    public ulong Magic;
    public nint Address;
    public fixed ulong Extents[3];
    public fixed ulong Strides[2];
    public fixed uint Box[3];
    public TensorMapSwizzle Swizzle;
    private fixed uint _unused[14];

    /// <exception cref="CudaException">The real driver would refuse it.</exception>
    public static TensorMap Of(in BoxedArray array)
    {
        var wrong = array.Address % StrideUnit != 0 ? $"an address that is no multiple of {StrideUnit}"
            : array.RowBytes % StrideUnit != 0 || array.PlaneBytes % StrideUnit != 0 ? $"a stride that is no multiple of {StrideUnit} bytes"
            : array.RowBytes >> 40 != 0 || array.PlaneBytes >> 40 != 0 ? "a stride of 2^40 bytes or more"
            : Math.Min(array.Width, Math.Min(array.Height, array.Depth)) < 1 ? "an axis without elements"
            : Math.Max(array.Width, Math.Max(array.Height, array.Depth)) > 1L << 32 ? "an axis of more than 2^32 elements"
            : array.BoxHeight is < 1 or > MostOfBox || array.BoxDepth is < 1 or > MostOfBox ? $"a box beyond {MostOfBox}"
            : null;
        if (wrong is not null)
            throw new CudaException($"cuda-sim: a tensor map with {wrong}");
        var map = new SimulatedTensorMap { Magic = 0x70616d726f736e74, Address = array.Address, Swizzle = TensorMapSwizzle.Bytes128 };
        (map.Extents[0], map.Extents[1], map.Extents[2]) = ((ulong)array.Width, (ulong)array.Height, (ulong)array.Depth);
        (map.Strides[0], map.Strides[1]) = ((ulong)array.RowBytes, (ulong)array.PlaneBytes);
        (map.Box[0], map.Box[1], map.Box[2]) = (BoxedArray.BoxWidth, (uint)array.BoxHeight, (uint)array.BoxDepth);
        return Unsafe.BitCast<SimulatedTensorMap, TensorMap>(map);
    }
}
