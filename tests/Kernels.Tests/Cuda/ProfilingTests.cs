using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Profiling;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>From counts to a time: occupancy, what a compiler says, the limits.</summary>
public sealed class ProfilingTests
{
    private static readonly GpuCard H200 = GpuCard.Find("H200"), T4 = GpuCard.Find("T4");

    [Theory]
    [InlineData(256, 64, 0, 4, "registers")]
    [InlineData(256, 32, 0, 8, "threads")]
    [InlineData(32, 32, 0, 32, "blocks")]
    [InlineData(128, 255, 0, 2, "registers")]
    [InlineData(128, 32, 100 * 1024, 2, "shared memory")]
    [InlineData(128, null, 0, 16, "threads")]
    public void BlocksOfAMultiprocessor(int threads, int? registers, int shared, int blocks, string limit)
    {
        var occupancy = Occupancy.Of(Launch(1000, threads, shared), registers, H200);
        Assert.Equal((blocks, limit), (occupancy.Blocks, occupancy.Limit));
        Assert.Equal(blocks * threads / 32 / 64.0, occupancy.Share);
    }

    [Fact]
    public void ALargeCopyIsLimitedByDeviceMemory()
    {
        const double sectors = (1 << 30) / 32;
        var copy = Launch(1 << 20, 256, 0) with
        {
            Arrays =
            [
                new("x", 1 << 30, sectors / 4, 1 << 30, sectors, 0, 0, 0, 0, sectors, 0),
                new("y", 1 << 30, 0, 0, 0, sectors / 4, 1 << 30, sectors, 0, 0, sectors),
            ],
        };
        var time = LaunchModel.Of(copy, null, H200);
        Assert.Equal(LaunchLimit.Dram, time.Limit);
        Assert.Equal((2L << 30) / (4800e9 * LaunchModel.DramShare) * 1e6 + H200.LaunchGapUs, time.TotalMicroseconds, 6);
    }

    /// <summary>Parts of sums that the next launch joins never reach device memory, unless they are too many.</summary>
    [Theory]
    [InlineData(20, true)]
    [InlineData(30, false)]
    public void WhatACallWritesForItselfStaysInTheCache(int megabytes, bool cached)
    {
        var sectors = megabytes * 1e6 / 32;
        var launch = Launch(1 << 20, 256, 0) with
        {
            Arrays =
            [
                new("x", 8_000_000, 62500, 8e6, 250000, 0, 0, 0, 0, 250000, 0),
                new("parts", megabytes * 1_000_000, 0, 0, 0, sectors / 4, sectors * 32, sectors, 0, 0, sectors),
            ],
        };
        var nodes = new[] { new CountedNode(NodeKind.Launch, launch, []) { Scratch = [false, true] } };
        var time = Assert.Single(LaunchModel.Of(nodes, _ => null, H200)).Microseconds[LaunchLimit.Dram];
        Assert.Equal((cached ? 8e6 : (8 + megabytes) * 1e6) / (4800e9 * LaunchModel.DramShare) * 1e6, time, 6);
        Assert.Equal((8 + megabytes) * 1e6, nodes[0].DistinctBytes);
    }

    /// <summary>A block more than there are multiprocessors doubles the time.</summary>
    [Fact]
    public void TheBusiestMultiprocessorCounts()
    {
        double Microseconds(int blocks)
        {
            var product = Launch(blocks, 128, 0) with { Products = [new("mma_bf16", 1e9 * blocks, 1)] };
            var time = LaunchModel.Of(product, null, H200);
            Assert.Equal(LaunchLimit.Tensor, time.Limit);
            return time.Microseconds[LaunchLimit.Tensor];
        }

        Assert.Equal(2e9 / (989e12 * 0.63 / 132) * 1e6, Microseconds(132), 6);
        Assert.Equal(2 * Microseconds(132), Microseconds(133), 6);
    }

    [Fact]
    public void ACardMustKnowThePrecision()
    {
        T4.Require(Precision.Float32);
        H200.Require(Precision.BFloat16);
        Assert.Contains("card T4 do not multiply in bf16", Assert.Throws<BadInputException>(() => T4.Require(Precision.BFloat16)).Message);
    }

    [Fact]
    public void EveryCardSaysWhereItsFiguresAreFrom()
    {
        Assert.Equal(["H200", "A100", "RTX4090", "T4"], GpuCard.All.Select(card => card.Name));
        foreach (var card in GpuCard.All)
        {
            Assert.NotEmpty(card.Sources);
            double[] figures =
            [
                card.Multiprocessors, card.ClockMhz, card.MemoryGb, card.DramGbPerSecond, card.L2Mb, card.L2GbPerSecond, card.SharedKb,
                card.SharedKbPerBlock, card.L1AndSharedKb, card.Warps, card.Blocks, card.Registers, card.Float32Tflops, card.MmaShare,
                card.LaunchGapUs,
            ];
            Assert.All(figures, figure => Assert.True(figure > 0));

            // Two operations of each of 128 lanes a clock (64 on A100 and T4).
            var lanes = card.Major == 9 || card.Minor == 9 ? 128 : 64;
            Assert.Equal(2e-6 * lanes * card.Multiprocessors * card.ClockMhz, card.Float32Tflops, card.Float32Tflops * 0.02);
        }
    }

    [Fact]
    public void RegistersAndSpillsAreReadFromTheCubin()
    {
        if (CudaLibrary.Nvrtc.Lookup.Problem is { } problem)
            Assert.Skip(problem);
        const string text = """
            #include "kernel.cuh"
            extern "C" __global__ void small(float* x) { x[first_index()] = 1.0f; }
            extern "C" __global__ void large(float* x, const int* order) {
                SHARED(float, tile, 1024);
                float own[64];
                own[0] = x[threadIdx.x];
                for (int i = 1; i < 64; i++)
                    own[i] = own[i - 1] * x[i] + 1.0f;
                tile[threadIdx.x] = own[order[threadIdx.x] % 64];
                __syncthreads();
                x[threadIdx.x] = tile[threadIdx.x ^ 1];
            }
            """;
        var image = new NvrtcCompiler(null).Compile(new KernelSource("planted", text, KernelSource.CarriedHeaders), 8, 0).Image;
        var kernels = KernelResources.Of(image);
        Assert.Equal(["large", "small"], kernels.Keys.Order());
        Assert.InRange(kernels["small"].Registers, 4, 32);
        Assert.Equal((0, 0), (kernels["small"].StackBytes, kernels["small"].SharedBytes));
        Assert.Equal((256, 4096), (kernels["large"].StackBytes, kernels["large"].SharedBytes));
        Assert.Null(kernels["large"].PerFfma);
        Assert.Empty(KernelResources.Of(".version 8.0"u8));
    }

    /// <summary>A loop of 64 multiply-adds, compiled for both ways to write a branch's distance.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void TheLoopOfTheProductsIsFound(int major)
    {
        if (CudaLibrary.Nvrtc.Lookup.Problem is { } problem)
            Assert.Skip(problem);
        const string text = """
            #include "kernel.cuh"
            extern "C" __global__ void tile(const float* x, float* y, int depth) {
                float sums[8][8] = {};
            #pragma unroll 1
                for (int k = 0; k < depth; k++) {
                    float left[8], right[8];
                    for (int i = 0; i < 8; i++) {
                        left[i] = x[k * 512 + i * 32 + threadIdx.x];
                        right[i] = x[k * 512 + 256 + i * 32 + threadIdx.x];
                    }
                    for (int i = 0; i < 8; i++)
                        for (int j = 0; j < 8; j++)
                            sums[i][j] = fmaf(left[i], right[j], sums[i][j]);
                }
                for (int i = 0; i < 64; i++)
                    y[i * 32 + threadIdx.x] = sums[i / 8][i % 8];
            }
            """;
        var image = new NvrtcCompiler(null).Compile(new KernelSource("planted", text, KernelSource.CarriedHeaders), major, 0).Image;
        var tile = KernelResources.Of(image)["tile"];

        // 64 multiply-adds, 16 loads, and what counts and compares.
        Assert.InRange(tile.PerFfma!.Value * 64, 64 + 16 + 3, 64 + 16 + 40);
        Assert.Null(tile.PerMma);
    }

    private static LaunchCounts Launch(int grid, int block, int sharedBytes) =>
        new("family", "kernel", new LaunchShape(grid, block, sharedBytes), 1, 0, 0, [], []);
}
