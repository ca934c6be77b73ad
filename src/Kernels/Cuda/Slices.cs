namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// The results of products whose summed index was cut: result = parts[0] + parts[1] + …, of <paramref name="slices"/> float32 arrays
    /// one behind the other.
    /// </summary>
    private void SumSlices(DeviceArray parts, int slices, DeviceArray result)
    {
        // From here on a single thread would wait too long for its chain of loads.
        const int many = 9;
        var kernel = (slices < many, result.Type == ElementType.BFloat16) switch
        {
            (true, true) => Kernel("slices_bf16", "slices_sum_bf16"),
            (true, false) => Kernel("slices", "slices_sum_float"),
            (false, true) => Kernel("slices_bf16", "slices_sum_many_bf16"),
            (false, false) => Kernel("slices", "slices_sum_many_float"),
        };
        var blocks = slices < many ? Blocks(result.Count) : (int)((result.Count + 31) / 32);
        kernel.Array(parts).Value(slices).Array(result).Value(result.Count).Run(blocks, BlockSize);
    }
}
