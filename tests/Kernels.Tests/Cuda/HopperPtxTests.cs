using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// The host twins of kernels/hopper_ptx.cuh against places in shared memory that were counted by hand from the figures of the PTX ISA
/// (128-byte swizzle: the 16-byte unit u of row r of eight lies at u ^ r), and what the simulator says of wrong uses.
/// </summary>
public class HopperPtxTests
{
    private const string Text = """
        #include "hopper_ptx.cuh"

        // The box at (x, y, z) of 64 by 8 by 2, as it lies in shared memory.
        extern "C" __global__ void box(const __grid_constant__ tensor_map map, unsigned short* y, int x0, int y0, int z0) {
            SHARED(uint64, full, 1);
            DYNAMIC_SHARED(unsigned char, memory);
            unsigned char* const stage = memory + (0u - shared_offset(memory)) % 1024;
            if (threadIdx.x == 0) {
                mbarrier_init(full, 1);
                fence_async_proxy();
                mbarrier_arrive_expecting(full, 2048);
                tma_load(stage, &map, x0, y0, z0, full);
            }
            __syncthreads();
            mbarrier_wait(full, 0);
            for (int i = threadIdx.x; i < 1024; i += 32)
                y[i] = reinterpret_cast<const unsigned short*>(stage)[i];
        }

        // D[64, 64] of an A that holds one 1, at a byte of its 4096, and a B of k + 1 in every column, along the depth.
        template <bool across>
        static __device__ void probe(float* y, int at) {
            DYNAMIC_SHARED(unsigned char, memory);
            unsigned short* const a = reinterpret_cast<unsigned short*>(memory + (0u - shared_offset(memory)) % 1024);
            unsigned short* const b = a + 4096;
            for (int i = threadIdx.x; i < 4096; i += 128) {
                a[i] = 2 * i == at ? 0x3f80 : 0;
                const int row = i / 64, unit = i % 64 / 8 ^ row % 8, k = unit * 8 + i % 8;
                b[i] = k < 16 ? static_cast<unsigned short>(__float_as_uint(k + 1.0f) >> 16) : 0x7fc0;
            }
            fence_async_proxy();
            __syncthreads();
            float d[32];
            for (int i = 0; i < 32; i++)
                d[i] = 100.0f;
            wgmma_fence();
            const uint64 common = 1ull << 62 | 64ull << 32;
            wgmma_bf16<64, across, false>(d, common | shared_offset(a) >> 4, common | shared_offset(b) >> 4);
            wgmma_commit();
            const float early = d[0];
            wgmma_wait<0>();
            wgmma_sums_are_there(d);
            const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4;
            for (int i = 0; i < 32; i++)
                y[(row + i / 2 % 2 * 8) * 64 + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2] = d[i] - early;
        }
        extern "C" __global__ void probe_along(float* y, int at) { probe<false>(y, at); }
        extern "C" __global__ void probe_across(float* y, int at) { probe<true>(y, at); }

        // Copies by 32 threads, whose arrivals complete the phase; the second phase is complete by arrivals alone.
        extern "C" __global__ void gathers(const float* x, float* y) {
            SHARED(uint64, full, 1);
            SHARED(float, tile, 128);
            if (threadIdx.x == 0)
                mbarrier_init(full, 32);
            __syncthreads();
            cp_async_16(address_of(tile + 4 * threadIdx.x), x + 4 * threadIdx.x, threadIdx.x != 5);
            mbarrier_arrive_after_copies(full);
            mbarrier_wait(full, 0);
            for (int i = 0; i < 4; i++)
                y[4 * threadIdx.x + i] = tile[4 * threadIdx.x + i];
            mbarrier_arrive(full);
            mbarrier_wait(full, 1);
        }
        """;

    /// <summary>Where (row of the box, column) must lie: rows of 128 bytes, of which row r has its units at u ^ r % 8.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 9, 18)]
    [InlineData(1, 0, 144)]
    [InlineData(3, 17, 402)]
    [InlineData(5, 63, 686)]
    [InlineData(8, 8, 1040)]
    [InlineData(15, 0, 2032)]
    public void ABoxIsSwizzled(int row, int column, int place)
    {
        var box = Box(0, 0, 0);
        Assert.Equal(Element(column, row % 8, row / 8), box[place / 2]);
    }

    [Theory]
    [InlineData(-3, 2, 1)]
    [InlineData(40, 5, 0)]
    [InlineData(0, -8, 0)]
    [InlineData(72, 0, 0)]
    public void WhatLiesOutsideTheArrayBecomesZeros(int x, int y, int z)
    {
        var box = Box(x, y, z);
        for (var i = 0; i < box.Length; i++)
        {
            var (row, unit) = (i / 64, (i % 64 / 8) ^ (i / 64 % 8));
            var (column, line, plane) = (x + unit * 8 + i % 8, y + row % 8, z + row / 8);
            var inside = column is >= 0 and < Width && line is >= 0 and < Height && plane is >= 0 and < Depth;
            Assert.Equal(inside ? Element(column, line, plane) : 0, box[i]);
        }
    }

    /// <summary>Element (line, k) of A at a byte, in both layouts; across the depth, 8 values of k are 1024 bytes.</summary>
    [Theory]
    [InlineData(false, 0, 0, 0)]
    [InlineData(false, 1, 0, 144)]
    [InlineData(false, 0, 8, 16)]
    [InlineData(false, 7, 15, 1006)]
    [InlineData(false, 9, 8, 1152)]
    [InlineData(false, 63, 3, 8182)]
    [InlineData(true, 0, 0, 0)]
    [InlineData(true, 0, 1, 144)]
    [InlineData(true, 8, 0, 16)]
    [InlineData(true, 63, 7, 910)]
    [InlineData(true, 8, 9, 1152)]
    [InlineData(true, 17, 12, 1634)]
    public void AProductFindsItsOperandWhereThePtxIsaHasIt(bool across, int line, int k, int place)
    {
        using var bench = new SimulationBench(Text);
        var y = bench.Array(64 * 64);
        bench.Kernel(across ? "probe_across" : "probe_along").Array(y).Value(place).Run(1, 128, 16384 + 1024);
        var d = bench.Download<float>(y);
        for (var i = 0; i < d.Length; i++)
            Assert.Equal(i / 64 == line ? k + 1 : 0, d[i]);
    }

    [Fact]
    public void CopiesArriveWithTheirThreads()
    {
        using var bench = new SimulationBench(Text);
        var x = bench.Upload([.. Enumerable.Range(1, 128).Select(i => (float)i)]);
        var y = bench.Array(128);
        bench.Kernel("gathers").Array(x).Array(y).Run(1, 32);
        Assert.Equal(Enumerable.Range(1, 128).Select(i => (i - 1) / 4 == 5 ? 0f : i), bench.Download<float>(y));
    }

    [Fact]
    public void ATensorMapThatTheDriverRefusesIsRefused()
    {
        var good = new BoxedArray(256, 64, 8, 2, 128, 1024, 8, 1);
        SimulatedTensorMap.Of(good);
        Assert.Contains("an address", Refused(good with { Address = 264 }));
        Assert.Contains("a stride that", Refused(good with { RowBytes = 120 }));
        Assert.Contains("an axis without", Refused(good with { Height = 0 }));
        Assert.Contains("a box beyond 256", Refused(good with { BoxHeight = 257 }));
        Assert.Contains("a stride of 2^40", Refused(good with { PlaneBytes = 1L << 40 }));

        static string Refused(BoxedArray array) => Assert.Throws<CudaException>(() => SimulatedTensorMap.Of(array)).Message;
    }

    private const int Width = 72, Height = 10, Depth = 2;

    private static ushort Element(int column, int line, int plane) => (ushort)(1 + column + Width * (line + Height * plane));

    private static ushort[] Box(int x, int y, int z)
    {
        using var bench = new SimulationBench(Text);
        var values = new int[Width * Height * Depth / 2];
        for (var i = 0; i < values.Length; i++)
            values[i] = 1 + 2 * i | (2 + 2 * i) << 16;
        var array = bench.Upload(values);
        var map = bench.Driver.EncodeTensorMap(new(array.Address, Width, Height, Depth, 2 * Width, 2 * Width * Height, 8, 2));
        var result = bench.Array(512, ElementType.Int32);
        bench.Kernel("box").Map(array, map).Array(result).Value(x).Value(y).Value(z).Run(1, 32, 2048 + 1024);
        var pairs = bench.Download<uint>(result);
        return [.. Enumerable.Range(0, 1024).Select(i => (ushort)(pairs[i / 2] >> (i % 2 * 16)))];
    }
}
