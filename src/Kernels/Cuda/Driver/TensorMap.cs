namespace CrossModal.Kernels.Cuda;

/// <summary>
/// An array of bfloat16 as the copy engine of compute capability 9.0 shall see it: three axes, the innermost first, and the box that one
/// copy brings to shared memory, in rows of 128 bytes that are swizzled. What of a box lies outside the array becomes zeros.
/// </summary>
/// <param name="Address">A multiple of 16.</param>
/// <param name="Width">Extent of the innermost axis, whose elements lie side by side.</param>
/// <param name="Height">Extent of the second axis.</param>
/// <param name="Depth">Extent of the third axis.</param>
/// <param name="RowBytes">From one to the next along the second axis: a multiple of 16.</param>
/// <param name="PlaneBytes">From one to the next along the third axis: a multiple of 16.</param>
/// <param name="BoxHeight">Up to 256; a box is <see cref="BoxWidth"/> elements wide.</param>
/// <param name="BoxDepth">Up to 256.</param>
internal readonly record struct BoxedArray(
    nint Address, long Width, long Height, long Depth, long RowBytes, long PlaneBytes, int BoxHeight, int BoxDepth)
{
    /// <summary>Elements of a row of 128 bytes.</summary>
    public const int BoxWidth = 64;
}

/// <summary>What a driver makes of a <see cref="BoxedArray"/>: <c>tensor_map</c> of kernels/hopper_ptx.cuh, given by value.</summary>
internal unsafe struct TensorMap
{
    public const int Alignment = 64;

    public fixed ulong Words[16];
}
