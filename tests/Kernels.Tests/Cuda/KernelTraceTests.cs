using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>What is recorded of a block, against answers that were worked out by hand.</summary>
public sealed class KernelTraceTests
{
    private const string Text = """
        extern "C" __global__ void copy(const float* x, float* y, int count) {
            const int i = static_cast<int>(first_index());
            if (i < count)
                y[i] = x[i];
        }

        extern "C" __global__ void strided(const float* x, float* y, int stride) {
            y[threadIdx.x] = x[threadIdx.x * stride];
        }

        extern "C" __global__ void vectors(const float4* x, float4* y) {
            y[threadIdx.x] = x[threadIdx.x];
        }

        // A tile of 32 by 32 goes through shared memory; width is that of its rows there.
        template <int width>
        static __device__ void transpose(const float* x, float* y) {
            SHARED(float, tile, 32 * width);
            const int column = threadIdx.x, row = threadIdx.y;
            tile[row * width + column] = x[row * 32 + column];
            __syncthreads();
            y[row * 32 + column] = tile[column * width + row];
        }
        extern "C" __global__ void unpadded(const float* x, float* y) { transpose<32>(x, y); }
        extern "C" __global__ void padded(const float* x, float* y) { transpose<33>(x, y); }

        extern "C" __global__ void divergent(const int* x, int* y) {
            const int t = threadIdx.x;
            if (t % 2 == 0)
                y[t] = x[t] + 1;
            else
                y[t] = 7;
        }

        extern "C" __global__ void tree(const float* x, float* y) {
            DYNAMIC_SHARED(float, sums);
            const int t = threadIdx.x;
            sums[t] = x[first_index()];
            for (int half = blockDim.x / 2; half > 0; half /= 2) {
                __syncthreads();
                if (t < half)
                    sums[t] = sums[t] + sums[t + half];
            }
            if (t == 0)
                y[blockIdx.x] = sums[0];
        }

        extern "C" __global__ void lanes(const float* x, float* y, int* count) {
            float sum = x[threadIdx.x];
            for (int d = 16; d > 0; d /= 2)
                sum += __shfl_xor_sync(all_lanes, sum, d);
            if (threadIdx.x == 0)
                y[0] = sum;
            atomicAdd(count, 1);
        }

        extern "C" __global__ void wrong(const float* x, float* y) {
            if (threadIdx.x == 3)
                y[1000] = x[0];
        }
        """;

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];

    private static KernelTrace Trace(string kernel, LaunchShape shape, Func<SimulationBench, KernelLaunch, KernelLaunch> fill,
        TraceRequest? request = null)
    {
        request = (request ?? new TraceRequest("", "")) with { Family = "planted", Kernel = kernel };
        using var bench = new SimulationBench(Text, trace: request);
        var launch = fill(bench, bench.Kernel(kernel));
        return Assert.Throws<KernelTracedException>(() => launch.Run(shape.Grid, shape.Block, shape.SharedBytes)).Trace;
    }

    private static int LineOf(string text) => Array.FindIndex(("#include\n" + Text).Split('\n'), line => line.Contains(text)) + 1;

    private static List<WarpAccess> At(KernelTrace trace, string array, TraceKind kind) =>
        [.. trace.Accesses.Where(access => access.Kind == kind && trace.Arrays[access.Array].Name == array)];

    [Fact]
    public void ACoalescedCopyMovesNoMoreSectorsThanItMust()
    {
        // The second block of 64 threads: 36 of them have work.
        var trace = Trace("copy", new(2, 64), (bench, launch) =>
            launch.Array(bench.Upload(Numbers(100))).Array(bench.Array(100)).Value(100), new TraceRequest("", "", new(1)));
        Assert.Equal(["x", "y"], trace.Arrays.Select(array => array.Name));
        Assert.Equal([(TraceKind.Load, 0, 32), (TraceKind.Store, 0, 32), (TraceKind.Load, 1, 4), (TraceKind.Store, 1, 4)],
            trace.Accesses.Select(access => (access.Kind, access.Warp, int.PopCount((int)access.Lanes))));
        var (full, rest) = (trace.Accesses[0], trace.Accesses[2]);
        Assert.Equal((4, 4, 1), (full.Sectors, full.IdealSectors, full.CacheLines));
        Assert.Equal((1, 1, 1), (rest.Sectors, rest.IdealSectors, rest.CacheLines));
        Assert.Equal((0u, 0xfffffff0u), (full.Idle, rest.Idle));
        Assert.Equal(Enumerable.Range(64, 32).Select(i => 4L * i), full.Offsets);
        Assert.Equal(new SourcePlace("planted.cu", LineOf("y[i] = x[i]")), Assert.Single(trace.Places));

        // The thread's own story, values included: what is stored is known though a store is recorded before it is made.
        Assert.Equal([(TraceKind.Load, 4L * 70, 70.0), (TraceKind.Store, 4L * 70, 70.0)],
            trace.Of(6).Select(one => (one.Kind, one.Offset, trace.Values(one)[0])));
        Assert.Empty(trace.Of(63));
        Assert.Equal((1, 0L), (trace.Phases, trace.Dropped));
    }

    [Theory]
    [InlineData(2, 8, 2)]
    [InlineData(8, 32, 8)]
    [InlineData(32, 32, 32)]
    [InlineData(0, 1, 1)]
    public void AStridedReadMovesSectorsForNothing(int stride, int sectors, int lines)
    {
        var trace = Trace("strided", new(1, 32), (bench, launch) =>
            launch.Array(bench.Upload(Numbers(1024))).Array(bench.Array(32)).Value(stride));
        var read = Assert.Single(At(trace, "x", TraceKind.Load));
        Assert.Equal((sectors, stride == 0 ? 1 : 4, lines), (read.Sectors, read.IdealSectors, read.CacheLines));
        Assert.Equal(4, Assert.Single(At(trace, "y", TraceKind.Store)).Sectors);
    }

    [Fact]
    public void AVectorIsOneAccessOfSixteenBytes()
    {
        var trace = Trace("vectors", new(1, 32), (bench, launch) => launch.Array(bench.Upload(Numbers(128))).Array(bench.Array(128)));
        var read = Assert.Single(At(trace, "x", TraceKind.Load));
        Assert.Equal((16, 16, 16, 4), (read.Bytes, read.Sectors, read.IdealSectors, read.CacheLines));
    }

    [Theory]
    [InlineData("unpadded", 32)]
    [InlineData("padded", 1)]
    public void ATransposeMeetsItsBanks(string kernel, int conflict)
    {
        var trace = Trace(kernel, new(1, (32, 32)), (bench, launch) => launch.Array(bench.Upload(Numbers(1024))).Array(bench.Array(1024)));
        Assert.Equal(2, trace.Phases);
        Assert.Equal(new SourcePlace("planted.cu", LineOf("__syncthreads();")), Assert.Single(trace.Barriers));
        var (stores, loads) = (At(trace, "tile", TraceKind.Store), At(trace, "tile", TraceKind.Load));
        Assert.Equal((32, 32), (stores.Count, loads.Count));
        Assert.All(stores, store => Assert.Equal((0, 1, 1, 1), (store.Phase, store.Conflict, store.Requests, store.IdealRequests)));
        Assert.All(loads, load => Assert.Equal((1, conflict, conflict, 1), (load.Phase, load.Conflict, load.Requests, load.IdealRequests)));
        var line = Assert.Single(trace.Lines, line => trace.Arrays[line.Array].IsShared && line.Kind == TraceKind.Load);
        Assert.Equal((32, 32L * conflict, 32L, conflict), (line.Accesses, line.Requests, line.IdealRequests, line.WorstConflict));
        Assert.Equal(1024 * 4, At(trace, "y", TraceKind.Store).Sum(store => 32 * store.Sectors));
    }

    [Fact]
    public void ABranchLeavesLanesIdle()
    {
        var trace = Trace("divergent", new(1, 48), (bench, launch) =>
            launch.Array(bench.Upload([.. Enumerable.Range(0, 48)])).Array(bench.Array(48, ElementType.Int32)));
        var even = At(trace, "x", TraceKind.Load);
        Assert.Equal([(0x55555555u, 0xaaaaaaaau), (0x5555u, 0xaaaau)], even.Select(access => (access.Lanes, access.Idle)));
        var stores = At(trace, "y", TraceKind.Store);
        Assert.Equal([0x55555555u, 0xaaaaaaaau, 0x5555u, 0xaaaau], stores.Select(access => access.Lanes));
        Assert.Equal(3, trace.Lines.Count);
        Assert.All(trace.Lines, line => Assert.Equal((2, 2, 12.0), (line.Accesses, line.Divergent, line.Lanes)));
        Assert.Equal([4.0, 5.0], trace.Of(4).Select(one => trace.Values(one)[0]));
        Assert.Equal([7.0], trace.Of(5).Select(one => trace.Values(one)[0]));
    }

    [Fact]
    public void AReductionIsCutByItsBarriers()
    {
        var trace = Trace("tree", new(2, 64, 256), (bench, launch) => launch.Array(bench.Upload(Numbers(128))).Array(bench.Array(2)),
            new TraceRequest("", "", new(1)));
        Assert.Equal(7, trace.Phases);
        Assert.Equal(6, trace.Barriers.Count);
        var sums = Assert.Single(trace.Arrays, array => array.IsShared);
        Assert.Equal(("sums", "float", 256L), (sums.Name, sums.Type, sums.Bytes));

        // 32 + 16 + 8 + 4 + 2 + 1 additions of two loads and a store each, in the phases behind the barriers.
        var loads = At(trace, "sums", TraceKind.Load);
        Assert.Equal([64, 32, 16, 8, 4, 3], Enumerable.Range(1, 6).Select(phase =>
            loads.Where(load => load.Phase == phase).Sum(load => int.PopCount((int)load.Lanes))));
        Assert.Equal(Enumerable.Range(64, 64).Sum(), trace.Values(trace.Of(0).Last())[0]);
        Assert.All(trace.Accesses.Where(access => access.IsShared), access => Assert.Equal(1, access.Conflict));
    }

    [Fact]
    public void ShufflesAndAtomicsAreRecorded()
    {
        var trace = Trace("lanes", new(1, 32), (bench, launch) =>
            launch.Array(bench.Upload(Numbers(32))).Array(bench.Array(1)).Array(bench.Upload(0)));
        var mine = trace.Of(0).ToList();
        Assert.Equal([TraceKind.Load, .. Enumerable.Repeat(TraceKind.Collective, 5), TraceKind.Store, TraceKind.Update],
            mine.Select(one => one.Kind));
        Assert.Equal(("__shfl_xor_sync", 0xffffffffUL), (mine[1].Name, mine[1].Value));
        Assert.Equal(LineOf("__shfl_xor_sync"), trace.Places[mine[1].Place].Line);
        Assert.Equal(31.0 * 16, trace.Values(mine[^2])[0]);
        var atomic = Assert.Single(At(trace, "count", TraceKind.Update));
        Assert.Equal((uint.MaxValue, 1, LineOf("atomicAdd(count")), (atomic.Lanes, atomic.Sectors, trace.Places[atomic.Place].Line));
        Assert.Equal(Enumerable.Range(1, 32).Select(i => (double)i),
            trace.Events.Where(one => one.Kind == TraceKind.Update).Select(one => trace.Values(one)[0]).Order());
    }

    [Fact]
    public void WhatIsBeyondTheBoundIsCounted()
    {
        var trace = Trace("tree", new(1, 64, 256), (bench, launch) => launch.Array(bench.Upload(Numbers(64))).Array(bench.Array(1)),
            new TraceRequest("", "") { MostEvents = 100 });
        Assert.Equal(100, trace.Events.Count);
        Assert.Equal(7, trace.Phases);
        Assert.Equal(64 * 2 + 3 * 63 + 6 + 2 - 100, trace.Dropped);
    }

    [Fact]
    public void ABlockOutsideTheGridIsRefusedAndAFaultIsReported()
    {
        var refused = Assert.Throws<BadInputException>(() =>
        {
            using var bench = new SimulationBench(Text, trace: new TraceRequest("planted", "copy", new(2)));
            bench.Kernel("copy").Array(bench.Upload(Numbers(8))).Array(bench.Array(8)).Value(8).Run(2, 32);
        });
        Assert.Equal("the grid of this launch of copy has 2 × 1 × 1 blocks, and 2,0,0 is none of them; they are counted from 0",
            refused.Message);
        var fault = Assert.Throws<CudaException>(() =>
        {
            using var bench = new SimulationBench(Text, trace: new TraceRequest("planted", "wrong"));
            bench.Kernel("wrong").Array(bench.Upload(Numbers(8))).Array(bench.Array(8)).Run(1, 32);
        });
        Assert.Contains("thread (3,0,0)", fault.Message, StringComparison.Ordinal);
    }
}
