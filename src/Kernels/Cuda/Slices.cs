namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// Where a product whose summed index is cut into slices writes: into the result itself where there is one slice, else into room for
    /// all of them, which <see cref="Sum"/> adds up.
    /// </summary>
    private readonly ref struct SlicedResult(CudaBackend backend, DeviceArray result, int slices, DeviceBuffer? room) : IDisposable
    {
        public DeviceArray Target { get; } =
            room is null ? result : new DeviceArray(room.Address, slices * result.Count, ElementType.Float32);

        public void Sum()
        {
            if (room is not null)
                backend.SumSlices(Target, slices, result);
        }

        public void Dispose()
        {
            if (room is not null)
                backend.Scratch.Release(room);
        }
    }

    /// <param name="op">Who asks, for the message when there is no room.</param>
    private SlicedResult Sliced(DeviceArray result, int slices, string op) =>
        new(this, result, slices, slices > 1 ? Scratch.Allocate(slices * result.Count * sizeof(float), op) : null);

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
