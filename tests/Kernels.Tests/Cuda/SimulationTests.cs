using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>Right kernels give right results on the simulated driver, in each build and with any number of threads.</summary>
public sealed unsafe class SimulationTests
{
    private const string Text = """
        // Sums of 256 floats a block: shuffles within warps, shared memory between them.
        extern "C" __global__ void __launch_bounds__(256) block_sums(const float* __restrict__ x, float* __restrict__ y, int64 count) {
            SHARED(float, sums, 8);
            const int64 i = first_index();
            float sum = i < count ? x[i] : 0.0f;
            for (int d = 16; d > 0; d /= 2)
                sum += __shfl_xor_sync(all_lanes, sum, d);
            if (threadIdx.x % 32 == 0)
                sums[threadIdx.x / 32] = sum;
            __syncthreads();
            if (threadIdx.x == 0) {
                float total = 0.0f;
                for (int w = 0; w < 8; w++)
                    total += sums[w];
                y[blockIdx.x] = total;
            }
        }

        // A tree in dynamic shared memory, beside a static array that holds the block's offset.
        extern "C" __global__ void tree_sum(const float* x, float* y) {
            DYNAMIC_SHARED(float, tree);
            SHARED(float, offset, 1);
            const int t = threadIdx.x;
            tree[t] = x[first_index()];
            if (t == 0)
                offset[0] = static_cast<float>(blockIdx.x);
            for (int half = blockDim.x / 2; half > 0; half /= 2) {
                __syncthreads();
                if (t < half)
                    tree[t] += tree[t + half];
            }
            __syncthreads();
            if (t == 0)
                y[blockIdx.x] = tree[0] + offset[0];
        }

        extern "C" __global__ void count_even(const int* x, int* counts, int64 count) {
            for (int64 i = first_index(); i < count; i += index_step())
                atomicAdd(&counts[x[i] & 1], 1);
            if (threadIdx.x == 0)
                atomicMax(&counts[2], static_cast<int>(blockIdx.x));
        }

        // Every thread writes its own linear index from its 3-D indices.
        extern "C" __global__ void indices(int* y) {
            const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
            const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
            y[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread;
        }

        // Each lane gives (lane, 10 lane) and adds up what it received.
        extern "C" __global__ void exchange(int* y) {
            const int mine[2] = {static_cast<int>(threadIdx.x), 10 * static_cast<int>(threadIdx.x)};
            int all[64];
            simulator::warp_exchange(mine, 8, all, __LINE__);
            int sum = 0;
            for (int i = 0; i < 32; i++)
                sum += (i + 1) * all[2 * i] + all[2 * i + 1];
            y[threadIdx.x] = sum;
        }

        // Two stages of asynchronous copies of 16 bytes, the last of which has only 8 bytes of source.
        extern "C" __global__ void staged(const float* x, float* y) {
            SHARED(float, tile, 2 * 4 * 32);
            const int t = threadIdx.x;
            simulator::copy_later(tile + 4 * t, x + 4 * t, 16, 16);
            simulator::commit_copies();
            simulator::copy_later(tile + 128 + 4 * t, x + 128 + 4 * t, 16, t == 31 ? 8 : 16);
            simulator::commit_copies();
            simulator::wait_copies(1);
            __syncthreads();
            for (int i = t; i < 128; i += 32)
                y[i] = 2.0f * tile[127 - i];
            simulator::wait_copies(0);
            __syncthreads();
            for (int i = t; i < 128; i += 32)
                y[128 + i] = tile[128 + (i + 4) % 128];
        }

        // Neighbors write and read narrow elements of one word; a warp's tree with its own barriers; a cell that threads only add to.
        extern "C" __global__ void narrow(int* y) {
            SHARED(unsigned char, bytes, 64);
            SHARED(short, halves, 64);
            SHARED(int, tree, 64);
            SHARED(int, total, 1);
            const int t = threadIdx.x, lane = t % 32;
            bytes[t] = static_cast<unsigned char>(t);
            halves[t] = static_cast<short>(2 * t);
            tree[t] = bytes[t] + halves[t];
            if (t == 0)
                total[0] = 0;
            for (int d = 16; d > 0; d /= 2) {
                __syncwarp();
                const int sum = tree[t] + tree[t - lane + (lane + d) % 32];
                __syncwarp();
                tree[t] = sum;
            }
            __syncthreads();
            if (lane == 0)
                atomicAdd(total, tree[t]);
            __syncthreads();
            y[t] = total[0] + bytes[63 - t];
        }

        struct pair { int first; double second; };
        extern "C" __global__ void votes(unsigned* y, pair p, int64 big) {
            const int lane = threadIdx.x;
            const unsigned odd = __ballot_sync(all_lanes, lane & 1);
            const int any = __any_sync(all_lanes, lane == 7), all = __all_sync(all_lanes, lane < 31);
            int half = 0;
            if (lane < 16)
                half = __shfl_down_sync(0x0000ffffu, lane, 3, 16);
            else
                half = __shfl_up_sync(0xffff0000u, lane, 3, 16);
            const int from = __shfl_sync(all_lanes, lane, 5), segment = __shfl_sync(all_lanes, lane, 1, 8);
            y[lane] = odd + 1000u * any + 2000u * all + half + 100 * from + 10000 * segment + p.first + static_cast<unsigned>(p.second)
                + static_cast<unsigned>(big >> 40);
        }
        """;

    public static TheoryData<string, int> Builds { get; } = new()
    {
        { nameof(SimulatorBuild.Checked), 1 }, { nameof(SimulatorBuild.Checked), 2 },
        { nameof(SimulatorBuild.Fast), 2 }, { nameof(SimulatorBuild.Debug), 1 },
    };

    [Theory]
    [MemberData(nameof(Builds))]
    public void BarriersAndShuffles(string buildName, int threads)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        using var bench = new SimulationBench(Text, build, threads);
        var values = Enumerable.Range(0, 1000).Select(i => (float)(i % 37)).ToArray();
        DeviceArray x = bench.Upload(values), y = bench.Array(4);
        bench.Kernel("block_sums").Array(x).Array(y).Value(1000L).Run(4, 256);
        Assert.Equal(values.Chunk(256).Select(chunk => chunk.Sum()), bench.Download<float>(y));

        DeviceArray trees = bench.Array(2);
        bench.Kernel("tree_sum").Array(x).Array(trees).Run(2, 256, 1024);
        Assert.Equal([values[..256].Sum(), values[256..512].Sum() + 1], bench.Download<float>(trees));
    }

    [Theory]
    [MemberData(nameof(Builds))]
    public void AtomicsAcrossBlocks(string buildName, int threads)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        using var bench = new SimulationBench(Text, build, threads);
        DeviceArray x = bench.Upload([.. Enumerable.Range(0, 10_001)]), counts = bench.Upload(0, 0, 0);
        bench.Kernel("count_even").Array(x).Array(counts).Value(10_001L).Run(17, 64);
        Assert.Equal([5001, 5000, 16], bench.Download<int>(counts));
    }

    [Theory]
    [MemberData(nameof(Builds))]
    public void IndicesInThreeDimensions(string buildName, int threads)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        using var bench = new SimulationBench(Text, build, threads);
        var y = bench.Array(3 * 2 * 4 * 30, ElementType.Int32);
        bench.Kernel("indices").Array(y).Run(new Dim3(3, 2, 4), new Dim3(5, 3, 2));
        Assert.Equal(Enumerable.Range(0, 24 * 30).Select(i => i / 30 * 1000 + i % 30), bench.Download<int>(y));
    }

    [Theory]
    [MemberData(nameof(Builds))]
    public void WarpsExchangeAndVote(string buildName, int threads)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        using var bench = new SimulationBench(Text, build, threads);
        DeviceArray y = bench.Array(32, ElementType.Int32), votes = bench.Array(32, ElementType.Int32);
        bench.Kernel("exchange").Array(y).Run(1, 32);
        Assert.Equal(Enumerable.Repeat(Enumerable.Range(0, 32).Sum(i => (i + 1) * i + 10 * i), 32), bench.Download<int>(y));

        bench.Kernel("votes").Array(votes).Value(new Pair(3, 4.5)).Value(7L << 40).Run(1, 32);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => 0xaaaaaaaau + 1000
            + (uint)(lane < 16 ? (lane + 3 < 16 ? lane + 3 : lane) : (lane - 3 >= 16 ? lane - 3 : lane)) + 500
                + 10000 * (uint)(lane / 8 * 8 + 1) + 3 + 4 + 7),
            bench.Download<uint>(votes));
    }

    [Theory]
    [MemberData(nameof(Builds))]
    public void NarrowElementsAndWarpBarriers(string buildName, int threads)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        using var bench = new SimulationBench(Text, build, threads);
        var y = bench.Array(64, ElementType.Int32);
        bench.Kernel("narrow").Array(y).Run(1, 64);
        Assert.Equal(Enumerable.Range(0, 64).Select(t => Enumerable.Range(0, 64).Sum(i => 3 * i) + 63 - t), bench.Download<int>(y));
    }

    [Theory]
    [MemberData(nameof(Builds))]
    public void CopiesLater(string buildName, int threads)
    {
        var build = Enum.Parse<SimulatorBuild>(buildName);
        using var bench = new SimulationBench(Text, build, threads);
        var values = Enumerable.Range(1, 254).Select(i => (float)i).ToArray();
        DeviceArray x = bench.Upload(values), y = bench.Array(256);
        bench.Kernel("staged").Array(x).Array(y).Run(1, 32);
        var source = values.Concat([0f, 0f]).ToArray();
        Assert.Equal(Enumerable.Range(0, 128).Select(i => 2 * source[127 - i])
            .Concat(Enumerable.Range(0, 128).Select(i => source[128 + (i + 4) % 128])),
            bench.Download<float>(y));
    }

    private readonly record struct Pair(int First, double Second);
}
