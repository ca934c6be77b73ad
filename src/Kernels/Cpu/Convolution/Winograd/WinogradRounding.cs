using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Where the input gradient of a task's images grows, since tiles that overlap add up in float32: in the result itself, or, where that is
/// bfloat16, in float32 beside it, and what is complete is rounded into it.
/// </summary>
/// <typeparam name="T">What the result is made of.</typeparam>
internal readonly unsafe struct WinogradRounding<T>(WinogradPlan plan, T* result, float* images) where T : unmanaged, ILaneElement<T>
{
    private static bool InPlace => typeof(T) == typeof(Float32Element);

    /// <summary>Floats beside the result, for tasks of so many tiles.</summary>
    public static long Floats(in WinogradPlan plan, int tiles) =>
        InPlace || !plan.Gradient ? 0 : MatrixProductBlocking.DivideUp(tiles, plan.TilesOfImage) * ImageFloats(plan);

    /// <summary>
    /// Where the first image of the batch would begin, so that those of <paramref name="tiles"/> lie in the room for them.
    /// </summary>
    public float* Images(Part tiles) => InPlace ? (float*)result : images - tiles.First / plan.TilesOfImage * ImageFloats(plan);

    /// <summary>Rounds the pixels of all phases and channels that <paramref name="columns"/> holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Round(Part tiles, Part columns)
    {
        if (InPlace)
            return;
        var (g, stride) = (plan.Geometry, plan.Stride);
        var from = Images(tiles);
        int first = tiles.First / plan.TilesOfImage, end = (tiles.First + tiles.Count) / plan.TilesOfImage;
        for (var phase = columns.First / g.InputChannels; phase * g.InputChannels < columns.First + columns.Count; phase++)
        {
            var channel = Math.Max(0, columns.First - phase * g.InputChannels);
            var channels = Math.Min(g.InputChannels, columns.First + columns.Count - phase * g.InputChannels);

            // x[stride · i + p − padding] is pixel i of phase p.
            int top = FirstOf(phase / stride, g.PaddingHeight, stride), left = FirstOf(phase % stride, g.PaddingWidth, stride);
            for (var image = first; image < end; image++)
            {
                for (var row = top; row < g.InputHeight; row += stride)
                {
                    for (var column = left; column < g.InputWidth; column += stride)
                    {
                        var at = (((long)image * g.InputHeight + row) * g.InputWidth + column) * g.InputChannels;
                        for (var i = channel; i < channels; i += Lanes.Width)
                            T.Store(Vector512.Load(from + at + i), result + at + i);
                    }
                }
            }
        }
    }

    private static int FirstOf(int phase, int padding, int stride) => ((phase - padding) % stride + stride) % stride;

    private static long ImageFloats(in WinogradPlan plan) =>
        (long)plan.Geometry.InputHeight * plan.Geometry.InputWidth * plan.Geometry.InputChannels;
}
