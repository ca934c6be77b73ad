using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>One planted fault of each kind: the simulator finds it, and its one line names kernel, block, thread and line.</summary>
public sealed class SimulationFaultTests
{
    // The bench puts one line before these.
    private const string Text = """
        extern "C" __global__ void reads_beyond(const float* x, float* y, int count) {
            const int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i <= count)
                y[i % count] = x[i] * 2.0f;  // line 5
        }
        extern "C" __global__ void writes_before(float* y) {
            y[static_cast<int>(threadIdx.x) - 1] = 1.0f;  // line 8
        }
        extern "C" __global__ void shared_off_by_one(float* y) {
            SHARED(float, tile, 32);
            tile[threadIdx.x + 1] = 1.0f;  // line 12
            __syncthreads();
            y[threadIdx.x] = tile[threadIdx.x];
        }
        extern "C" __global__ void reads_unwritten(const float* x, float* y) {
            y[threadIdx.x] = x[threadIdx.x];  // line 17
        }
        extern "C" __global__ void shared_unwritten(float* y) {
            SHARED(float, tile, 32);
            if (threadIdx.x != 3)
                tile[threadIdx.x] = 1.0f;
            __syncthreads();
            y[threadIdx.x] = tile[31 - threadIdx.x];  // line 24
        }
        extern "C" __global__ void no_barrier(float* y) {
            DYNAMIC_SHARED(float, tile);
            tile[threadIdx.x] = 1.0f;  // line 28
            __syncwarp();
            y[threadIdx.x] = tile[threadIdx.x ^ 32];  // line 30
        }
        extern "C" __global__ void no_second_barrier(float* y) {
            SHARED(float, sums, 64);
            float sum = 0.0f;
            for (int i = 0; i < 2; i++) {
                sums[threadIdx.x] = static_cast<float>(i);  // line 36
                __syncthreads();
                sum += sums[(threadIdx.x + 1) % 64];  // line 38
            }
            y[threadIdx.x] = sum;
        }
        extern "C" __global__ void no_warp_barrier(float* y) {
            SHARED(float, tile, 32);
            tile[threadIdx.x] = 1.0f;  // line 44
            y[threadIdx.x] = tile[31 - threadIdx.x];  // line 45
        }
        extern "C" __global__ void divergent_ended(float* y) {
            if (threadIdx.x < 20)
                return;
            __syncthreads();  // line 50
            y[threadIdx.x] = 1.0f;
        }
        extern "C" __global__ void divergent_lines(float* y) {
            if (threadIdx.x + 8 * threadIdx.y < 20)
                __syncthreads();  // line 55
            else
                __syncthreads();  // line 57
            y[threadIdx.x] = 1.0f;
        }
        extern "C" __global__ void missing_lane(float* y) {
            float sum = 1.0f;
            if (threadIdx.x != 7)
                sum += __shfl_xor_sync(all_lanes, sum, 1);  // line 63
            y[threadIdx.x] = sum;
        }
        extern "C" __global__ void lane_at_barrier(float* y) {
            if (threadIdx.x == 9)
                __syncthreads();  // line 68
            else
                __syncwarp();  // line 70
            y[threadIdx.x] = 1.0f;
        }
        extern "C" __global__ void lane_beyond_mask(float* y) {
            if (threadIdx.x < 16)
                y[threadIdx.x] = __shfl_sync(0xffffu, 1.0f, 20);  // line 75
        }
        extern "C" __global__ void copy_not_awaited(const float* x, float* y) {
            SHARED(float, tile, 32 * 4);
            simulator::copy_later(tile + 4 * threadIdx.x, x + 4 * threadIdx.x, 16, 16);
            simulator::commit_copies();
            __syncthreads();
            y[threadIdx.x] = tile[threadIdx.x];  // line 82
        }
        extern "C" __global__ void misaligned(const float* x, float* y) {
            const float4 v = *reinterpret_cast<const float4*>(x + 1);  // line 85
            y[0] = v.x + v.y + v.z + v.w;
        }
        extern "C" __global__ void atomic_beyond(int* y) {
            atomicAdd(y + 2, 1);  // line 89
        }
        extern "C" __global__ void atomic_and_plain(float* y) {
            SHARED(int, counts, 2);
            if (threadIdx.x == 0)
                counts[0] = 0;
            __syncthreads();
            atomicAdd(&counts[0], 1);  // line 96
            y[threadIdx.x] = static_cast<float>(counts[0]);  // line 97
        }
        extern "C" __global__ void too_much_shared(float* y) {
            SHARED(float, wide, 12 * 1024 + 1);
            wide[threadIdx.x] = 1.0f;
            y[threadIdx.x] = wide[threadIdx.x];
        }
        static float nested(float* y, int depth) {
            float values[1024];
            for (int i = 0; i < 1024; i++)
                values[i] = y[i % 32] + static_cast<float>(depth);
            return depth == 0 ? values[5] : nested(y, depth - 1) + values[depth];
        }
        extern "C" __global__ void too_deep(float* y) {
            y[0] = nested(y, 40);
        }
        extern "C" __global__ void all_read_one_writes(float* y, int writer) {
            SHARED(float, cell, 1);
            if (threadIdx.x == 0)
                cell[0] = 1.0f;
            __syncthreads();
            float sum = 0.0f;
            for (int i = 0; i < 3; i++) {
                sum += cell[0];  // line 120
                __syncwarp();
            }
            if (static_cast<int>(threadIdx.x) == writer)
                cell[0] = 2.0f;  // line 124
            y[threadIdx.x] = sum;
        }
        extern "C" __global__ void neighbors_in_a_warp(float* y) {
            SHARED(float, tile, 32);
            tile[threadIdx.x] = 1.0f;
            __syncthreads();
            tile[threadIdx.x] = tile[threadIdx.x ^ 1];  // line 131
            __syncthreads();
            y[threadIdx.x] = tile[threadIdx.x];
        }
        extern "C" __global__ void copied_too_early(const float* x, float* y) {
            SHARED(float, tile, 64 * 4);
            tile[4 * threadIdx.x] = 0.0f;
            __syncthreads();
            const float before = tile[4 * (63 - threadIdx.x)];  // line 139
            simulator::copy_later(tile + 4 * threadIdx.x, x, 16, 16);
            simulator::commit_copies();
            simulator::wait_copies(0);  // line 142
            __syncthreads();
            y[threadIdx.x] = before + tile[threadIdx.x];
        }
        extern "C" __global__ void __launch_bounds__(64) copies(const float* x, float* y, int64 count) {
            for (int64 i = first_index(); i < count; i += index_step())
                y[i] = x[i];
        }
        """;

    [Fact]
    public void OutOfBounds()
    {
        using var bench = new SimulationBench(Text);
        DeviceArray x = bench.Upload(new float[100]), y = bench.Upload(new float[100]);
        Expect(() => bench.Kernel("reads_beyond").Array(x).Array(y).Value(100).Run(4, 32),
            "reads_beyond, block (3,0,0), thread (4,0,0), planted.cu:5: out of bounds: reads 4 bytes at byte 400 of `x` (argument 0, 400 "
                + "bytes)");
        Expect(() => bench.Kernel("writes_before").Array(y).Run(1, 32),
            "writes_before, block (0,0,0), thread (0,0,0), planted.cu:8: out of bounds: writes 4 bytes at byte -4 of `y` (argument 0, 400 "
                + "bytes)");
        Expect(() => bench.Kernel("writes_before").Array(DeviceArray.None).Run(1, 32), "planted.cu:8: out of bounds: writes 4 bytes",
            "thread (0,0,0)");
        var counts = bench.Upload(1, 2);
        Expect(() => bench.Kernel("atomic_beyond").Array(counts).Run(1, 1),
            "thread (0,0,0), planted.cu:89: out of bounds: updates 4 bytes at byte 8 of `y` "
            + "(argument 0, 8 bytes)");
    }

    [Fact]
    public void OutOfBoundsOfSharedMemory()
    {
        using var bench = new SimulationBench(Text);
        var y = bench.Array(64);
        Expect(() => bench.Kernel("shared_off_by_one").Array(y).Run(1, 32),
            "shared_off_by_one, block (0,0,0), thread (31,0,0), planted.cu:12: out of bounds: writes 4 bytes at byte 128 of shared array "
                + "`tile`, which has "
                + "128");
        Expect(() => bench.Kernel("no_barrier").Array(y).Run(1, 64, 64 * 4 - 1),
            "no_barrier, block (0,0,0), thread (31,0,0), planted.cu:30: out of bounds: reads 4 bytes at byte 252 of dynamic shared memory, "
                + "which has 255");
        Expect(() => bench.Kernel("too_much_shared").Array(y).Run(1, 1),
            "too_much_shared, block (0,0,0), thread (0,0,0): its shared arrays up to `wide` take "
            + "49168 bytes");
    }

    [Fact]
    public void NeverWritten()
    {
        using var bench = new SimulationBench(Text);
        DeviceArray x = bench.Array(32), y = bench.Array(32);
        bench.Driver.Clear(x.Address, 36, bench.Stream);
        Expect(() => bench.Kernel("reads_unwritten").Array(x).Array(y).Run(1, 32),
            "reads_unwritten, block (0,0,0), thread (9,0,0), planted.cu:17: never written: reads 4 bytes at byte 36 of `x` (argument 0, "
                + "128 bytes)");
        Expect(() => bench.Kernel("shared_unwritten").Array(y).Run(1, 32),
            "shared_unwritten, block (0,0,0), thread (28,0,0), planted.cu:24: never written: reads 4 bytes at byte 12 of shared array "
                + "`tile`");
        var full = bench.Upload(new float[128]);
        Expect(() => bench.Kernel("copy_not_awaited").Array(full).Array(y).Run(1, 32),
            "thread (31,0,0), planted.cu:82: never written: reads 4 bytes at byte "
            + "124 of shared array `tile`");
        Expect(() => bench.Download<float>(x), "a download of 128 bytes: byte 36 was never written");

        // Given back to the pool and handed out again, it counts as never written.
        var buffer = bench.Memory.Allocate(4096, "test");
        bench.Driver.Clear(buffer.Address, 4096, bench.Stream);
        bench.Memory.Release(buffer);
        var again = new DeviceArray(bench.Memory.Allocate(4096, "test").Address, 32, ElementType.Float32);
        Assert.Equal(buffer.Address, again.Address);
        Expect(() => bench.Kernel("reads_unwritten").Array(again).Array(y).Run(1, 32), "thread (0,0,0), planted.cu:17: never written");
    }

    [Fact]
    public void MissingBarriers()
    {
        using var bench = new SimulationBench(Text);
        var y = bench.Array(64);
        Expect(() => bench.Kernel("no_barrier").Array(y).Run(1, 64, 256),
            "no_barrier, block (0,0,0), thread (31,0,0), planted.cu:30: never written: reads 4 "
            + "bytes at byte 252 of dynamic");
        Expect(() => bench.Kernel("no_second_barrier").Array(y).Run(1, 64),
            "no_second_barrier, block (0,0,0), thread (0,0,0), planted.cu:36: race: writes 4 bytes at byte 0 of shared array `sums`, which "
                + "thread (63,0,0) "
                + "read at planted.cu:38 with no barrier between");
        Expect(() => bench.Kernel("no_warp_barrier").Array(y).Run(1, 32),
            "no_warp_barrier, block (0,0,0), thread (0,0,0), planted.cu:45: never written: reads 4 bytes at byte 124 of shared array "
                + "`tile`");
        Expect(() => bench.Kernel("atomic_and_plain").Array(y).Run(1, 32),
            "atomic_and_plain, block (0,0,0), thread (0,0,0), planted.cu:96: race: updates 4 bytes at byte 0 of shared array `counts`, "
                + "which thread (31,0,0) "
                + "read at planted.cu:97");
    }

    /// <summary>A cell remembers two readers; whoever writes without a barrier is found all the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(63)]
    public void ManyReadersAndAWriter(int writer)
    {
        using var bench = new SimulationBench(Text);
        var y = bench.Array(64);
        Expect(() => bench.Kernel("all_read_one_writes").Array(y).Value(writer).Run(1, 64), "all_read_one_writes, block (0,0,0)", "race",
            "of shared array `cell`", "planted.cu:120", "planted.cu:124");
        bench.Kernel("all_read_one_writes").Array(y).Value(-1).Run(1, 64);
        Assert.All(bench.Download<float>(y), sum => Assert.Equal(3, sum));
    }

    [Fact]
    public void RacesWithinAWarpAndOfAsynchronousCopies()
    {
        using var bench = new SimulationBench(Text);
        DeviceArray x = bench.Upload(new float[4]), y = bench.Array(64);
        Expect(() => bench.Kernel("neighbors_in_a_warp").Array(y).Run(1, 32), "neighbors_in_a_warp, block (0,0,0)", "planted.cu:131: race",
            "of shared array `tile`");
        Expect(() => bench.Kernel("copied_too_early").Array(x).Array(y).Run(1, 64), "copied_too_early, block (0,0,0)",
            "planted.cu:139: race: reads 4 bytes",
            "wrote at planted.cu:142");
    }

    [Fact]
    public void DivergentBarriers()
    {
        using var bench = new SimulationBench(Text);
        var y = bench.Array(64);
        Expect(() => bench.Kernel("divergent_ended").Array(y).Run(1, 32),
            "divergent_ended, block (0,0,0), thread (20,0,0): divergent barrier: it waits at __syncthreads at planted.cu:50 with 11 other "
                + "threads, but thread "
                + "(0,0,0) and 19 others have ended");
        Expect(() => bench.Kernel("divergent_lines").Array(y).Run(1, new Dim3(8, 4)),
            "divergent_lines, block (0,0,0), thread (4,2,0): divergent barrier: it comes to __syncthreads at planted.cu:57 while thread "
                + "(0,0,0) and 19 others "
                + "wait at planted.cu:55");
    }

    [Fact]
    public void LanesThatDoNotTakePart()
    {
        using var bench = new SimulationBench(Text);
        var y = bench.Array(64);
        Expect(() => bench.Kernel("missing_lane").Array(y).Run(1, 32),
            "missing_lane, block (0,0,0), thread (0,0,0): __shfl_xor_sync at planted.cu:63 with mask 0xffffffff: lane 7 (thread (7,0,0)) "
                + "does not take part, "
                + "it has ended");
        Expect(() => bench.Kernel("lane_at_barrier").Array(y).Run(1, 32), "thread (0,0,0): __syncwarp at planted.cu:70", "lane 9",
            "waits in __syncthreads at planted.cu:68");
        Expect(() => bench.Kernel("lane_beyond_mask").Array(y).Run(1, 32), "planted.cu:75", "lane_beyond_mask", "does not name");
        Expect(() => bench.Kernel("missing_lane").Array(y).Run(1, 20),
            "__shfl_xor_sync at planted.cu:63: the mask 0xffffffff names lanes that the block of 20 "
            + "threads does not have");
    }

    [Fact]
    public void Misaligned()
    {
        using var bench = new SimulationBench(Text);
        Assert.SkipWhen(HostCompiler.Find().ToString().Contains("clang", StringComparison.Ordinal),
            "clang loads a vector's members one by one, and each of those is aligned");
        DeviceArray x = bench.Upload(new float[8]), y = bench.Array(1);
        Expect(() => bench.Kernel("misaligned").Array(x).Array(y).Run(1, 1), "misaligned, block (0,0,0), thread (0,0,0): misaligned: reads",
            "no multiple of 16, at planted.cu:85");
    }

    [Fact]
    public void TooMuchStack()
    {
        using var bench = new SimulationBench(Text);
        Expect(() => bench.Kernel("too_deep").Array(bench.Upload(new float[32])).Run(1, 1), "too_deep, block (0,0,0), thread (0,0,0)",
            "64 KiB of stack");
    }

    [Fact]
    public void UseAfterFree()
    {
        using var bench = new SimulationBench(Text);
        DeviceArray x = new(bench.Driver.Allocate(128), 32, ElementType.Float32), y = bench.Array(32);
        bench.Driver.Clear(x.Address, 128, bench.Stream);
        bench.Kernel("copies").Array(x).Array(y).Value(32L).Run(1, 32);
        bench.Driver.Free(x.Address);
        Expect(() => bench.Kernel("copies").Array(x).Array(y).Value(32L).Run(1, 32),
            "copies: argument 0 (x), 128 bytes, lies in memory that is not allocated");
        Expect(() => bench.Driver.Clear(x.Address, 4, bench.Stream), "not within one allocated piece of device memory");
        Expect(() => bench.Driver.Free(x.Address), "is freed, which is no allocated memory");
    }

    [Fact]
    public void WrongLaunches()
    {
        using var bench = new SimulationBench(Text);
        DeviceArray x = bench.Upload(new float[32]), y = bench.Array(32);
        Expect(() =>
            bench.Kernel("copies").Array(x).Array(y).Value(32L).Run(1, 65), "copies is launched with a block of 65 threads; the kernel's "
            + "__launch_bounds__ allow 64");
        Expect(() => bench.Kernel("writes_before").Array(y).Run(1, 1025), "it may have 1024");
        Expect(() => bench.Kernel("writes_before").Array(y).Run(new Dim3(1, 70000), 1), "y and z may have 65535");
        Expect(() => bench.Kernel("writes_before").Array(y).Run(1, 1, SimulatedDriver.SharedBytes + 1),
            $"{SimulatedDriver.SharedBytes + 1} bytes of shared memory");
        Expect(() => bench.Kernel("reads_beyond").Array(x).Value(1).Value(1).Run(1, 1),
            "argument 1 (y) of reads_beyond has 4 bytes; the parameter has 8");
        Expect(() => bench.Kernel("copied"), "planted.cu has no kernel copied");
    }

    [Fact]
    public void AKernelThatDoesNotCompile()
    {
        TestDevices.Require("cuda-sim");
        Expect(() => new SimulationBench("extern \"C\" __global__ void wrong(float* y) {\n    y[0] = undeclared;\n}\n"),
            "planted.cu does not compile: kernels/planted.cu:3:", "undeclared");
    }

    [Fact]
    public void TheDriverGoesOnAfterAFault()
    {
        using var bench = new SimulationBench(Text, threads: 2);
        DeviceArray x = bench.Upload([.. Enumerable.Range(0, 100).Select(i => (float)i)]), y = bench.Array(100);
        for (var round = 0; round < 3; round++)
        {
            Expect(() => bench.Kernel("reads_beyond").Array(x).Array(y).Value(100).Run(4, 32), "block (3,0,0), thread (4,0,0)");
            Expect(() => bench.Kernel("divergent_ended").Array(y).Run(16, 64), "block (0,0,0)");
            bench.Kernel("copies").Array(x).Array(y).Value(100L).Run(2, 32);
            Assert.Equal(bench.Download<float>(x), bench.Download<float>(y));
        }
    }

    private static void Expect(Action action, params string[] parts)
    {
        var message = Assert.Throws<CudaException>(action).Message;
        Assert.DoesNotContain('\n', message);
        Assert.All(parts, part => Assert.Contains(part, message));
    }
}
