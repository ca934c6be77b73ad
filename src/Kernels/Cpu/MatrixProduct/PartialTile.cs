using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The edges of C under 12x32 tiles: a kernel fills a whole tile in scratch, and the part that exists goes where it belongs.
/// </summary>
internal static unsafe class PartialTile
{
    /// <summary>
    /// c[offsets[i] + j] = (or +=) tile[i, j], a matrix of 32 columns, for i &lt; <paramref name="rows"/> and j &lt;
    /// <paramref name="columns"/>.
    /// </summary>
    public static void Store(float* tile, float* c, long* offsets, int rows, int columns, bool accumulate)
    {
        var indices = Vector512<int>.Indices;
        var first = Vector512.LessThan(indices, Vector512.Create(columns)).AsSingle();
        var second = Vector512.LessThan(indices, Vector512.Create(columns - 16)).AsSingle();
        for (var i = 0; i < rows; i++)
        {
            var row = c + offsets[i];
            var value = Vector512.Load(tile + i * 32);
            if (accumulate)
                value += Avx512F.MaskLoad(row, first, Vector512<float>.Zero);
            Avx512F.MaskStore(row, first, value);
            if (columns <= 16)
                continue;
            value = Vector512.Load(tile + i * 32 + 16);
            if (accumulate)
                value += Avx512F.MaskLoad(row + 16, second, Vector512<float>.Zero);
            Avx512F.MaskStore(row + 16, second, value);
        }
    }
}
