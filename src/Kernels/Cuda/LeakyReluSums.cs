namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>One launch, and one pass over memory.</remarks>
    public override void LeakyReluGradientSums(int rows, int columns, double slope, DeviceArray outputGradient, DeviceArray y,
        DeviceArray passed, DeviceArray sums)
    {
        var narrow = y.Type == ElementType.BFloat16;
        var fours = columns % 4 == 0 && InVectors(outputGradient) && InVectors(y) && InVectors(passed);
        var (tiling, block) = TileSums(1, rows, columns, fours ? 4 : 1);
        var count = (long)tiling.Parts * columns;
        var scratch = Scratch.Allocate(count * sizeof(float), "LeakyReluGradientSums");
        Kernel(narrow ? "leaky_relu_sums_bf16" : "leaky_relu_sums", (fours, narrow) switch
        {
            (false, false) => "leaky_relu_sums_1",
            (true, false) => "leaky_relu_sums_2",
            (false, true) => "leaky_relu_sums_1_bf16",
            _ => "leaky_relu_sums_2_bf16",
        }).Value(tiling).Value((float)slope).Array(outputGradient).Array(y)
            .Array(new DeviceArray(scratch.Address, count, ElementType.Float32)).Array(ZeroCounters(tiling.Tiles)).Array(passed)
            .Array(sums).Run(tiling.Blocks(1), block);
        Scratch.Release(scratch);
    }
}
