using static CrossModal.Kernels.Cuda.DriverApi;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class NativeCudaDriver
{
    /// <inheritdoc/>
    public TensorMap EncodeTensorMap(in BoxedArray array)
    {
        MakeCurrent();
        const int axes = 3;
        var extents = stackalloc ulong[axes] { (ulong)array.Width, (ulong)array.Height, (ulong)array.Depth };
        var strides = stackalloc ulong[axes - 1] { (ulong)array.RowBytes, (ulong)array.PlaneBytes };
        var box = stackalloc uint[axes] { BoxedArray.BoxWidth, (uint)array.BoxHeight, (uint)array.BoxDepth };
        var every = stackalloc uint[axes] { 1, 1, 1 };
        var memory = stackalloc byte[sizeof(TensorMap) + TensorMap.Alignment];
        var map = (TensorMap*)(((nint)memory + TensorMap.Alignment - 1) / TensorMap.Alignment * TensorMap.Alignment);
        try
        {
            Check(
                cuTensorMapEncodeTiled(map, TensorMapType.BFloat16, axes, array.Address, extents, strides, box, every, interleave: 0,
                    TensorMapSwizzle.Bytes128, TensorMapPromotion.Bytes256, fill: 0),
                nameof(cuTensorMapEncodeTiled));
        }
        catch (EntryPointNotFoundException)
        {
            throw new CudaException($"{nameof(cuTensorMapEncodeTiled)}: the driver is for CUDA {VersionText(Properties.DriverVersion)}, "
                + "and has this function from 12.0 on");
        }

        return *map;
    }
}
