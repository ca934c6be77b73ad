using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Profiling;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>What is counted of a launch, against answers that were worked out by hand.</summary>
public sealed class CountingTests
{
    private const string Text = """
        #include "kernel.cuh"
        #include "ptx.cuh"

        extern "C" __global__ void copy(const float* x, float* y, int stride, int count) {
            const int i = static_cast<int>(first_index());
            if (i < count)
                y[i] = x[i * stride];
        }

        extern "C" __global__ void vectors(const float4* x, float4* y) {
            const float4 all = x[first_index()];
            y[first_index()] = make_float4(all.w, all.z, all.y, all.x);
        }

        // A tile of 32 by 32 goes through shared memory, whose rows have `width` floats.
        template <int width>
        static __device__ void transpose(const float* x, float* y) {
            SHARED(float, tile, 32 * width);
            const int column = threadIdx.x % 32, row = threadIdx.x / 32;
            tile[row * width + column] = x[row * 32 + column];
            __syncthreads();
            y[row * 32 + column] = tile[column * width + row];
        }
        extern "C" __global__ void unpadded(const float* x, float* y) { transpose<32>(x, y); }
        extern "C" __global__ void padded(const float* x, float* y) { transpose<33>(x, y); }

        // Every thread keeps its numbers in registers; only what it takes and gives is traffic.
        extern "C" __global__ void sums(const float* x, float* y, int count) {
            float own[4] = {x[threadIdx.x], 1.0f, 2.0f, 3.0f};
            for (int i = 0; i < count; i++)
                own[i % 4] = fmaf(own[(i + 1) % 4], 2.0f, own[i % 4]);
            float sum = own[0] + own[1] + own[2] + own[3];
            for (int distance = 16; distance > 0; distance /= 2)
                sum += __shfl_xor_sync(all_lanes, sum, distance);
            __syncthreads();
            y[threadIdx.x] = sum;
        }

        extern "C" __global__ void products(const uint32* x, float* y, int count) {
            uint32 a[4], b[2];
            float d[4] = {};
            for (int i = 0; i < 4; i++)
                a[i] = x[threadIdx.x + 32 * i];
            b[0] = a[0];
            b[1] = a[1];
            for (int i = 0; i < count; i++)
                mma_bf16(d, a, b);
            mma_tf32(d, a, b);
            for (int i = 0; i < 4; i++)
                y[threadIdx.x + 32 * i] = d[i];
        }

        extern "C" __global__ void copies(const float* x, float* y) {
            SHARED(float, tile, 4 * 32);
            cp_async_16(address_of(tile + 4 * threadIdx.x), x + 4 * threadIdx.x, threadIdx.x < 24);
            cp_async_commit();
            cp_async_wait<0>();
            __syncthreads();
            y[threadIdx.x] = tile[threadIdx.x];
        }

        // A garbage label would lead anywhere.
        extern "C" __global__ void beyond(const float* x, float* y, int at) { y[threadIdx.x] = x[at]; }
        """;

    private static readonly GpuCard Card = GpuCard.Find("H200");

    [Fact]
    public void ContiguousRequestsHaveFourSectors()
    {
        var counts = Count("copy", 100, 256, bytes: [102400, 102400], values: [1, 25600]);
        Assert.Equal(LaunchCounter.MostSamples, counts.Samples);
        Assert.Equal((800, 102400, 3200), (counts.Arrays[0].LoadRequests, counts.Arrays[0].LoadBytes, counts.Arrays[0].LoadSectors));
        Assert.Equal((800, 102400, 3200), (counts.Arrays[1].StoreRequests, counts.Arrays[1].StoreBytes, counts.Arrays[1].StoreSectors));
        Assert.Equal((204800, 204800, 0), (counts.AskedBytes, counts.DistinctBytes, counts.IdleLanes));
    }

    [Fact]
    public void AStrideOfASectorHasThirtyTwo()
    {
        var counts = Count("copy", 1, 64, bytes: [64 * 32, 64 * 4], values: [8, 64]);
        Assert.Equal((2, 64, 2048), (counts.Arrays[0].LoadRequests, counts.Arrays[0].LoadSectors, counts.Arrays[0].DistinctRead));
        Assert.Equal((8, 256), (counts.Arrays[1].StoreSectors, counts.Arrays[1].DistinctWritten));
    }

    [Fact]
    public void WhatBlocksReadInCommonIsMovedOnce()
    {
        var counts = Count("copy", 10, 32, bytes: [32, 1280], values: [0, 320]);
        Assert.Equal((10, 32), (counts.Arrays[0].LoadSectors, counts.Arrays[0].DistinctRead));
    }

    [Fact]
    public void LanesThatTakeNoPartAreIdle()
    {
        var counts = Count("copy", 1, 32, bytes: [128, 128], values: [1, 20]);
        Assert.Equal((40, 24), (counts.Lanes, counts.IdleLanes));
        Assert.Equal(3, counts.Arrays[0].LoadSectors);
    }

    [Fact]
    public void AVectorIsOneAccess()
    {
        var counts = Count("vectors", 2, 32, bytes: [1024, 1024]);
        Assert.Equal((2, 1024, 32), (counts.Arrays[0].LoadRequests, counts.Arrays[0].LoadBytes, counts.Arrays[0].LoadSectors));
        Assert.Equal((2, 1024, 32), (counts.Arrays[1].StoreRequests, counts.Arrays[1].StoreBytes, counts.Arrays[1].StoreSectors));
    }

    [Theory]
    [InlineData("unpadded", 32 + 32 * 32)]
    [InlineData("padded", 32 + 32)]
    public void WordsOfOneBankWait(string kernel, int wavefronts)
    {
        var counts = Count(kernel, 1, 1024, bytes: [4096, 4096]);
        Assert.Equal((64, 64, wavefronts), (counts.SharedRequests, counts.SharedIdeal, counts.SharedWavefronts));
        Assert.Equal(1, counts.Barriers);
        Assert.Equal(kernel == "padded" ? 32 * 33 * 4 : 4096, counts.StaticSharedBytes);
    }

    [Fact]
    public void ArithmeticBarriersAndShufflesAreCounted()
    {
        var counts = Count("sums", 3, 64, bytes: [256, 256], values: [10]);
        Assert.Equal(3 * 64 * 10, counts.MultiplyAdds);
        Assert.Equal((3, 3 * 2 * 5), (counts.Barriers, counts.Collectives));

        Assert.Equal((6, 6), (counts.Arrays[0].LoadRequests, counts.Arrays[1].StoreRequests));
    }

    [Fact]
    public void ProductsOfTensorCoresAreCountedByName()
    {
        var counts = Count("products", 20, 64, bytes: [1024, 1024], values: [5]);
        Assert.Equal(
            [new TensorProducts("mma_bf16", 20 * 2 * 5 * 2048, 200), new TensorProducts("mma_tf32", 20 * 2 * 1024, 40)], counts.Products);
        Assert.Equal(("bf16", "tf32"), (counts.Products[0].Type, counts.Products[1].Type));
    }

    [Fact]
    public void AsynchronousCopiesAreLoadsAndStoresToSharedMemory()
    {
        var counts = Count("copies", 1, 32, bytes: [512, 128]);
        Assert.Equal((1, 384, 12, 12),
            (counts.Arrays[0].LoadRequests, counts.Arrays[0].LoadBytes, counts.Arrays[0].LoadSectors, counts.Arrays[0].CopiedSectors));

        // Four quarters of eight lanes to write the tile, and one request to read it.
        Assert.Equal((2, 5, 5), (counts.SharedRequests, counts.SharedIdeal, counts.SharedWavefronts));
    }

    /// <summary>Two tiles of 128 by 64 over a depth of three steps: what the copy engine moves, and the products out of it.</summary>
    [Fact]
    public void ProductsOfWarpgroupsAndTheirCopiesAreCounted()
    {
        TestDevices.Require("cuda-sim");
        var driver = new CountingDriver(Card.Properties, threads: 1);
        using var backend = new CudaBackend(driver, new DeviceSettings { Precision = Precision.BFloat16 });
        DeviceArray Of(int count) => new(driver.Allocate(2 * count), count, ElementType.BFloat16);
        var arrays = new ProductArrays(Of(256 * 192), Of(64 * 192), Of(256 * 64));
        var stream = driver.CreateStream();
        driver.BeginCapture(stream);
        backend.WgmmaMatrixProduct(new(1, 256, 64, 192, false, true), arrays, tile: 2, slices: 1);
        driver.EndCapture(stream);
        var counts = Assert.Single(driver.Nodes).Launch!;
        Assert.Equal([new TensorProducts("wgmma_bf16", 256L * 64 * 192, 2 * 8 * 12)], counts.Products);
        Assert.Equal("bf16", counts.Products[0].Type);
        Assert.Equal((256 * 192 * 2, 2 * 64 * 192 * 2, 256 * 64 * 2),
            (counts.Arrays[0].LoadBytes, counts.Arrays[1].LoadBytes, counts.Arrays[2].StoreBytes));
        Assert.Equal((256 * 192 * 2 / 32, 2 * 64 * 192 * 2 / 32), (counts.Arrays[0].CopiedSectors, counts.Arrays[1].CopiedSectors));
    }

    [Fact]
    public void AnAccessBeyondTheArraysIsReportedInsteadOfMade()
    {
        var error = Assert.Throws<CudaException>(() => Count("beyond", 1, 32, bytes: [128, 128], values: [1 << 30]));
        Assert.Contains("beyond, block (0,0,0), thread (0,0,0), planted.cu:", error.Message);
        Assert.Contains("none of the launch's arrays", error.Message);
    }

    [Fact]
    public void CountsDoNotDependOnThreads()
    {
        var (one, three) = (Count("copy", 77, 96, [40000, 40000], [1, 7390]), Count("copy", 77, 96, [40000, 40000], [1, 7390], threads: 3));
        Assert.Equal(one.Arrays, three.Arrays);
        Assert.Equal(one with { Arrays = [], Products = [] }, three with { Arrays = [], Products = [] });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(1000)]
    [InlineData(1L << 31)]
    public void SamplesStandForEveryBlock(long blocks)
    {
        var samples = LaunchCounter.Sample(blocks);
        Assert.Equal(blocks, samples.Sum(sample => sample.Weight));
        Assert.Equal((0, blocks - 1), (samples[0].Block, samples[^1].Block));
        Assert.Equal(samples.Length, samples.Select(sample => sample.Block).Distinct().Count());
        Assert.Equal(samples.Select(sample => sample.Block).Order(), samples.Select(sample => sample.Block));
    }

    [Fact]
    public unsafe void AGraphHasItsCopiesAndClears()
    {
        TestDevices.Require("cuda-sim");
        using var driver = new CountingDriver(Card.Properties, threads: 1);
        var stream = driver.CreateStream();
        var (x, y) = (driver.Allocate(1000), driver.Allocate(1000));
        driver.BeginCapture(stream);
        driver.CopyOnDevice(y, x, 1000, stream);
        driver.Clear(x, 100, stream);
        driver.EndCapture(stream);
        Assert.Equal([(NodeKind.Copy, 2000.0), (NodeKind.Clear, 100.0)], driver.Nodes.Select(node => (node.Kind, node.DistinctBytes)));
    }

    /// <summary>Counts one launch on arrays of so many bytes, followed by whole numbers.</summary>
    internal static unsafe LaunchCounts Count(string kernel, int grid, int block, int[] bytes, int[]? values = null, int threads = 1)
    {
        TestDevices.Require("cuda-sim");
        using var driver = new CountingDriver(Card.Properties, threads);
        var stream = driver.CreateStream();
        using var launch = new KernelLaunch(driver, stream);
        var function = driver.GetFunction(driver.LoadModule(new KernelSource("planted", Text, KernelSource.CarriedHeaders)), kernel);
        var arrays = Array.ConvertAll(bytes, size => new DeviceArray(driver.Allocate(size), size / 4, ElementType.Float32));
        void Run()
        {
            launch.Begin(function);
            foreach (var array in arrays)
                launch.Array(array);
            foreach (var value in values ?? [])
                launch.Value(value);
            launch.Run(grid, block);
        }

        Run();
        driver.BeginCapture(stream);
        Run();
        driver.EndCapture(stream);
        return Assert.Single(driver.Nodes).Launch!;
    }
}
