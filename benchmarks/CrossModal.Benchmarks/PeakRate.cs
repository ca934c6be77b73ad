using System.Diagnostics;
using System.Runtime.InteropServices;
using CrossModal.Kernels.Cpu;

namespace CrossModal.Benchmarks;

/// <summary>The machine's limit beside which a rate is to be read: the micro-kernel on panels that stay in the first-level cache.</summary>
internal static unsafe class PeakRate
{
    private const int Depth = 200, Rounds = 2000;

    /// <summary>The best of some short runs, in 10⁹ operations a second.</summary>
    public static double Measure(int threads)
    {
        var best = 0.0;
        for (var i = 0; i < 20; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var operations = 0L;
            var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() => Interlocked.Add(ref operations, Run()))).ToList();
            workers.ForEach(worker => worker.Start());
            workers.ForEach(worker => worker.Join());
            best = Math.Max(best, operations / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }

        return best;
    }

    private static long Run() => VectorPaths.Best switch
    {
        VectorPath.Avx512 => Run<MatrixProductKernel512>(),
        VectorPath.Avx2 => Run<MatrixProductKernel256>(),
        _ => Run<MatrixProductKernel128>(),
    };

    private static long Run<TKernel>() where TKernel : struct, IMicroKernel
    {
        var panels = (float*)NativeMemory.AlignedAlloc(Depth * 64 * sizeof(float), 4096);
        new Span<float>(panels, Depth * 64).Clear();
        var tile = stackalloc float[12 * 32];
        var offsets = stackalloc long[12];
        for (var i = 0; i < TKernel.Rows; i++)
            offsets[i] = i * TKernel.Columns;
        for (var i = 0; i < Rounds; i++)
            TKernel.Tile<PackedRows<TKernel>>(Depth, TileOperands.Of<TKernel>(panels, panels + Depth * 16), tile, offsets, TKernel.Rows, TKernel.Columns, false);
        NativeMemory.AlignedFree(panels);
        return 2L * Rounds * Depth * TKernel.Rows * TKernel.Columns;
    }
}
