using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>Mistakes with barriers in shared memory, the copy engine and warpgroups, and what the simulator says of each.</summary>
public class HopperFaultTests
{
    /// <summary>Each kernel is the right one but for its number.</summary>
    private const string Text = """
        #include "hopper_ptx.cuh"

        constexpr int right = 0, no_wait = 1, wrong_bytes = 2, nobody_waits = 3, early_reuse = 4, no_fence_after_init = 5, misaligned = 6,
            overwrites = 7, bad_descriptor = 8, other_product = 9, few_warps = 10, no_wgmma_fence = 11, never_waited_for = 12,
            no_init = 13, too_many = 14, offset_rows = 15, gathered = 16, gathered_without_fence = 17;

        // D[64, 64] = A[64, 64] · B[64, 64] of the box at 0, which is both; `steps` times, each in the stage of the step before.
        extern "C" __global__ void planted(const __grid_constant__ tensor_map map, const unsigned short* x, float* y, int fault,
            int steps) {
            SHARED(uint64, barriers, 2);
            DYNAMIC_SHARED(unsigned char, memory);
            unsigned char* const stage = memory + (0u - shared_offset(memory)) % 1024;
            uint64* const full = barriers;
            uint64* const empty = barriers + 1;
            const bool gathers = fault == gathered || fault == gathered_without_fence;
            if (threadIdx.x == 0 && fault != no_init) {
                mbarrier_init(full, gathers ? 128 : 1);
                mbarrier_init(empty, 4);
                if (fault != no_fence_after_init)
                    fence_async_proxy();
            }
            __syncthreads();
            if (threadIdx.x >= 128) {
                const int copier = threadIdx.x - 128;
                for (int step = 0; step < steps; step++) {
                    mbarrier_wait(empty, ~step & 1);
                    if (gathers) {
                        for (int i = copier; i < 512; i += 128)
                            cp_async_16(address_of(stage + i / 8 * 128 + ((i % 8 ^ i / 8 % 8) << 4)), x + 8 * i, true);
                        mbarrier_arrive_after_copies(full);
                    } else if (copier == 0) {
                        mbarrier_arrive_expecting(full, fault == wrong_bytes ? 8193 : 8192);
                        tma_load(stage + (fault == misaligned ? 128 : 0), &map, 0, 0, 0, full);
                        if (fault == too_many)
                            mbarrier_arrive(full);
                    }
                }
                return;
            }
            float d[32];
            for (int i = 0; i < 32; i++)
                d[i] = 0.0f;
            const uint64 descriptor = static_cast<uint64>(shared_offset(stage) >> 4) | 64ull << 32 | 1ull << 62;
            for (int step = 0; step < steps && fault != nobody_waits; step++) {
                if (fault != no_wait)
                    mbarrier_wait(full, step & 1);
                if (fault == overwrites)
                    stage[threadIdx.x] = 0;
                if (fault == gathered)
                    fence_async_proxy();
                if (fault != no_wgmma_fence)
                    wgmma_fence();
                if (fault == few_warps && threadIdx.x >= 96)
                    return;
                const uint64 left = descriptor + (fault == other_product && threadIdx.x >= 64 ? 2 : 0)
                    + (fault == bad_descriptor ? 1ull << 49 : fault == offset_rows ? 8 : 0);
                for (int k = 0; k < 4; k++)
                    wgmma_bf16<64, false, false>(d, left + 2 * k, descriptor + 2 * k);
                wgmma_commit();
                if (fault != early_reuse && fault != never_waited_for)
                    wgmma_wait<0>();
                if (threadIdx.x % 32 == 0)
                    mbarrier_arrive(empty);
            }
            for (int i = 0; i < 32; i++)
                y[32 * threadIdx.x + i] = d[i];
        }
        """;

    [Theory]
    [InlineData("no_wait", "never written: wgmma_bf16 reads shared memory that nothing has written, or into which a copy is still under "
        + "way")]
    [InlineData("wrong_bytes", "deadlock: with 127 other threads it waits at mbarrier_wait at [mbarrier_wait(full], whose phase lacks 0 "
        + "of 1 arrivals and 1 bytes, and nothing is under way that could complete it")]
    [InlineData("nobody_waits", "the block has ended and nobody has waited for the copy that was started at [tma_load]")]
    [InlineData("early_reuse", "tma_load writes to shared memory that the product at [wgmma_bf16] of warp", 2)]
    [InlineData("no_fence_after_init", "tma_load at [tma_load] reads shared memory that thread (0,0,0) wrote with no "
        + "fence_async_proxy since")]
    [InlineData("misaligned", "tma_load to an address that is no multiple of 1024 at [tma_load]")]
    [InlineData("overwrites", "wgmma_bf16 at [wgmma_bf16] reads shared memory that thread (", 1)]
    [InlineData("bad_descriptor", "the simulator knows those with 128-byte swizzle and without base offset, at [wgmma_bf16]")]
    [InlineData("offset_rows", "its rows do not begin at multiples of 1024 at [wgmma_bf16]")]
    [InlineData("other_product", "is another than the one that its warpgroup has issued at [wgmma_bf16]")]
    [InlineData("few_warps", "wgmma_bf16: warp 3 has taken part in 0 products, the first of its warpgroup in 4")]
    [InlineData("no_wgmma_fence", "wgmma_bf16 before wgmma_fence at [wgmma_bf16]")]
    [InlineData("never_waited_for", "the block has ended and nobody has waited for the product that was started at [wgmma_bf16]")]
    [InlineData("no_init", "never written: updates 8 bytes at byte 8 of shared array `barriers`")]
    [InlineData("too_many", "more arrivals at a barrier than its phase expects at [mbarrier_arrive(full)]")]
    [InlineData("gathered_without_fence", "wgmma_bf16 at [wgmma_bf16] reads shared memory that thread (128,0,0) wrote at "
        + "[cp_async_16] with no fence_async_proxy since")]
    public void IsReported(string fault, string message, int steps = 1)
    {
        var error = Assert.Throws<CudaException>(() => Run(fault, steps)).Message;
        Assert.Contains(WithLines(message), error);
        Assert.DoesNotContain('\n', error);
    }

    /// <summary>Without a fault there is none, in many rounds through one stage.</summary>
    [Theory]
    [InlineData("right")]
    [InlineData("gathered")]
    public void TheRightKernelIsRight(string fault)
    {
        var d = Run(fault, steps: 5);
        for (var i = 0; i < d.Length; i++)
        {
            var (thread, element) = (i / 32, i % 32);
            var row = thread / 32 * 16 + thread % 32 / 4 + element / 2 % 2 * 8;
            var column = element / 4 * 8 + thread % 4 * 2 + element % 2;
            Assert.Equal(5 * Enumerable.Range(0, 64).Sum(k => Value(row, k) * Value(column, k)), d[i]);
        }
    }

    /// <summary>What is no part of this launch's arrays is not copied either.</summary>
    [Fact]
    public void ABoxOfAForeignArrayIsReported()
    {
        using var bench = new SimulationBench(Text);
        var (x, foreign, y) = (Upload(bench), Upload(bench), bench.Array(4096));
        var map = bench.Driver.EncodeTensorMap(Whole(foreign));
        var error = Assert.Throws<CudaException>(() =>
            bench.Kernel("planted").Map(x, map).Array(x).Array(y).Value(0).Value(1).Run(1, 256, 8192 + 1024)).Message;
        Assert.Contains(WithLines("[tma_load]"), error);
        Assert.Contains("out of bounds: reads 128 bytes", error);
    }

    private static float Value(int row, int k) => (row * 7 + k * 3) % 5 - 2;

    private static float[] Run(string fault, int steps)
    {
        using var bench = new SimulationBench(Text);
        var (x, y) = (Upload(bench), bench.Array(4096));
        bench.Kernel("planted").Map(x, bench.Driver.EncodeTensorMap(Whole(x))).Array(x).Array(y).Value(Number(fault)).Value(steps)
            .Run(1, 256, 8192 + 1024);
        return bench.Download<float>(y);
    }

    private static int Number(string fault)
    {
        var at = Text.IndexOf($" {fault} = ", StringComparison.Ordinal) + fault.Length + 4;
        return int.Parse(Text.AsSpan(at, Text.AsSpan(at).IndexOfAny(",;")), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary><c>[text]</c> becomes the line on which the kernel has that text; the first line is the bench's.</summary>
    private static string WithLines(string message)
    {
        var lines = Text.Split('\n');
        return System.Text.RegularExpressions.Regex.Replace(message, @"\[(\w+[^\]]*)\]", match =>
            $"planted.cu:{Array.FindIndex(lines, line => line.Contains(match.Groups[1].Value, StringComparison.Ordinal)) + 2}");
    }

    private static BoxedArray Whole(DeviceArray array) => new(array.Address, 64, 64, 1, 128, 8192, 64, 1);

    private static DeviceArray Upload(SimulationBench bench)
    {
        var pairs = new int[64 * 32];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = Bits(i / 32, i % 32 * 2) | Bits(i / 32, i % 32 * 2 + 1) << 16;
        return bench.Upload(pairs);

        static int Bits(int row, int k) => BFloat16.Round(Value(row, k)).Bits;
    }
}
