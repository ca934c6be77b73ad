using System.Runtime.InteropServices;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>The host twins of kernels/ptx.cuh against plain loops.</summary>
public class PtxTests
{
    private const string Source = """
        #include "ptx.cuh"

        extern "C" __global__ void round_tf32(const float* x, uint32* y, int count) {
            for (int64 i = first_index(); i < count; i += index_step())
                y[i] = to_tf32(x[i]);
        }

        extern "C" __global__ void pack(const float* x, uint32* y, int pairs) {
            for (int64 i = first_index(); i < pairs; i += index_step())
                y[i] = pack_bf16(x[2 * i], x[2 * i + 1]);
        }

        // A [16, 8], B [8, 8], D [16, 8], one warp.
        extern "C" __global__ void product_tf32(const float* a, const float* b, float* d) {
            const int group = threadIdx.x / 4, member = threadIdx.x % 4;
            uint32 left[4], right[2];
            for (int i = 0; i < 4; i++)
                left[i] = to_tf32(a[(group + i % 2 * 8) * 8 + member + i / 2 * 4]);
            for (int i = 0; i < 2; i++)
                right[i] = to_tf32(b[(member + i * 4) * 8 + group]);
            float sums[4];
            for (int i = 0; i < 4; i++)
                sums[i] = d[(group + i / 2 * 8) * 8 + 2 * member + i % 2];
            mma_tf32(sums, left, right);
            for (int i = 0; i < 4; i++)
                d[(group + i / 2 * 8) * 8 + 2 * member + i % 2] = sums[i];
        }

        // A [16, 16], B [16, 8], D [16, 8], one warp.
        extern "C" __global__ void product_bf16(const float* a, const float* b, float* d) {
            const int group = threadIdx.x / 4, member = threadIdx.x % 4;
            uint32 left[4], right[2];
            for (int i = 0; i < 4; i++) {
                const float* const from = a + (group + i % 2 * 8) * 16 + 2 * member + i / 2 * 8;
                left[i] = pack_bf16(from[0], from[1]);
            }
            for (int i = 0; i < 2; i++)
                right[i] = pack_bf16(b[(2 * member + i * 8) * 8 + group], b[(2 * member + i * 8 + 1) * 8 + group]);
            float sums[4];
            for (int i = 0; i < 4; i++)
                sums[i] = d[(group + i / 2 * 8) * 8 + 2 * member + i % 2];
            mma_bf16(sums, left, right);
            for (int i = 0; i < 4; i++)
                d[(group + i / 2 * 8) * 8 + 2 * member + i % 2] = sums[i];
        }

        // Four matrices of 8 by 8 from x[32 rows of 8] (whole numbers of two bytes), as lanes hold them, one warp; then transposed.
        extern "C" __global__ void load_matrices_of(const uint4* x, uint32* y) {
            SHARED(uint4, rows, 32);
            rows[threadIdx.x] = x[threadIdx.x];
            __syncthreads();
            uint32 fragments[4];
            load_matrices(fragments, address_of(rows + threadIdx.x));
            for (int i = 0; i < 4; i++)
                y[threadIdx.x * 4 + i] = fragments[i];
            load_matrices_transposed(fragments, address_of(rows + threadIdx.x));
            for (int i = 0; i < 4; i++)
                y[128 + threadIdx.x * 4 + i] = fragments[i];
        }

        // y[128] from x[128] by 32 threads: fours in reverse order, every third four zero, in two groups of copies of which the first is
        // waited for alone.
        extern "C" __global__ void copy_fours(const float* x, float* y) {
            SHARED(float, tile, 128);
            SHARED(float, ones, 32);
            cp_async_16(address_of(tile + 4 * threadIdx.x), x + 4 * (31 - threadIdx.x), threadIdx.x % 3 != 0);
            cp_async_commit();
            cp_async_4(address_of(ones + threadIdx.x), x + threadIdx.x, true);
            cp_async_commit();
            cp_async_wait<1>();
            __syncthreads();
            for (int i = 0; i < 4; i++)
                y[threadIdx.x + 32 * i] = tile[threadIdx.x + 32 * i];
            cp_async_wait<0>();
            __syncthreads();
            y[128 + threadIdx.x] = ones[31 - threadIdx.x];
        }

        // y[64] from x[64] by 64 threads: every third element zero, copied one by one.
        extern "C" __global__ void copy_ones(const float* x, float* y) {
            SHARED(float, tile, 64);
            cp_async_4(address_of(tile + threadIdx.x), x + threadIdx.x, threadIdx.x % 3 != 0);
            cp_async_commit();
            cp_async_wait<0>();
            __syncthreads();
            y[threadIdx.x] = tile[63 - threadIdx.x];
        }
        """;

    private static readonly float[] Hard =
    [
        0f, -0f, 1f, 1f + 1f / 1024, 1f + 1f / 2048, 1f + 1f / 2048 - 1e-7f, -(1f + 3f / 2048), 1f + 1f / 128, 1f + 1f / 256, 1f + 3f / 256,
            -(1f + 1f / 256),
        1.9999999f, 1e-40f, 1e-45f, 3.4028235e38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    [Fact]
    public void RoundsToTf32()
    {
        var x = Numbers(200, 3).Concat(Hard).ToArray();
        using var card = new Card();
        var bits = card.Run<uint>("round_tf32", 1, 64, x.Length, [x], x.Length);
        for (var i = 0; i < x.Length; i++)
        {
            // A product looks at the upper 19 bits alone.
            var rounded = BitConverter.UInt32BitsToSingle(float.IsNaN(x[i]) ? bits[i] : bits[i] & ~0x1fffu);
            Assert.True(Same(rounded, x[i], Rounding.ToTf32), $"{x[i]:R} gave {rounded:R}");
        }
    }

    [Fact]
    public void PacksBfloat16()
    {
        var x = Numbers(200, 4).Concat(Hard).ToArray();
        using var card = new Card();
        var bits = card.Run<uint>("pack", 1, 64, x.Length / 2, [x], x.Length / 2);
        for (var i = 0; i < x.Length; i++)
        {
            var rounded = BitConverter.UInt32BitsToSingle(i % 2 == 0 ? bits[i / 2] << 16 : bits[i / 2] & 0xffff0000);
            Assert.True(Same(rounded, x[i], Rounding.ToBf16), $"{x[i]:R} gave {rounded:R}");
        }
    }

    [Theory]
    [InlineData("product_tf32", 8)]
    [InlineData("product_bf16", 16)]
    public void MultipliesFragments(string kernel, int depth)
    {
        var (a, b, d) = (Numbers(16 * depth, 5), Numbers(depth * 8, 6), Numbers(16 * 8, 7));
        using var card = new Card();
        var actual = card.Run<float>(kernel, 1, 32, d.Length, [a, b], null, d);
        Func<float, double> round = depth == 8 ? Rounding.ToTf32 : Rounding.ToBf16;
        for (var row = 0; row < 16; row++)
        {
            for (var column = 0; column < 8; column++)
            {
                double sum = d[row * 8 + column];
                for (var k = 0; k < depth; k++)
                    sum += round(a[row * depth + k]) * round(b[k * 8 + column]);
                Assert.Equal(sum, actual[row * 8 + column], 1e-6);
            }
        }
    }

    /// <summary>Element (row, column) of matrix i is 64 i + 8 row + column.</summary>
    [Fact]
    public void LoadsMatricesAsProductsTakeThem()
    {
        var numbers = Array.ConvertAll(Enumerable.Range(0, 256).ToArray(), i => (ushort)i);
        var x = MemoryMarshal.Cast<ushort, float>(numbers.AsSpan()).ToArray();
        using var card = new Card();
        var y = card.Run<uint>("load_matrices_of", 1, 32, 256, [x]);
        for (var lane = 0; lane < 32; lane++)
        {
            for (var matrix = 0; matrix < 4; matrix++)
            {
                var (group, member) = (lane / 4, lane % 4);
                Assert.Equal(Pair(64 * matrix + 8 * group + 2 * member, 1), y[lane * 4 + matrix]);
                Assert.Equal(Pair(64 * matrix + 8 * 2 * member + group, 8), y[128 + lane * 4 + matrix]);
            }
        }

        static uint Pair(int first, int apart) => (uint)(first | (first + apart) << 16);
    }

    [Fact]
    public void CopiesFoursWithZeros()
    {
        var x = Numbers(128, 8);
        using var card = new Card();
        var y = card.Run<float>("copy_fours", 1, 32, 160, [x]);
        for (var i = 0; i < 128; i++)
            Assert.Equal(i / 4 % 3 == 0 ? 0f : x[4 * (31 - i / 4) + i % 4], y[i]);
        for (var i = 0; i < 32; i++)
            Assert.Equal(x[31 - i], y[128 + i]);
    }

    [Fact]
    public void CopiesSingleFloatsWithZeros()
    {
        var x = Numbers(64, 9);
        using var card = new Card();
        var y = card.Run<float>("copy_ones", 1, 64, 64, [x]);
        for (var i = 0; i < 64; i++)
            Assert.Equal((63 - i) % 3 == 0 ? 0f : x[63 - i], y[i]);
    }

    private static bool Same(float actual, float x, Func<float, double> round) =>
        float.IsNaN(x) ? float.IsNaN(actual) : actual == (float.IsFinite(x) ? (float)round(x) : x)
            && float.IsNegative(actual) == float.IsNegative(x);

    private static float[] Numbers(int count, ulong seed)
    {
        var random = new CountedRandom(seed);
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = random.NextNormal();
        return numbers;
    }

    /// <summary>A simulated card that has compiled <see cref="Source"/>.</summary>
    private sealed unsafe class Card : IDisposable
    {
        private readonly SimulatedDriver _driver = new(1);
        private readonly nint _stream;
        private readonly nint _module;

        public Card()
        {
            _stream = _driver.CreateStream();
            _module = _driver.LoadModule(new KernelSource("ptx_test", Source, KernelSource.Of("matrix_product").Headers));
        }

        /// <summary>Runs a kernel of the parameters (inputs…, output) or (inputs…, output, count); what the output then holds.</summary>
        public T[] Run<T>(string kernel, int blocks, int threads, int outputs, float[][] inputs, int? count = null, T[]? output = null)
            where T : unmanaged
        {
            using var launch = new KernelLaunch(_driver, _stream);
            launch.Begin(_driver.GetFunction(_module, kernel));
            var addresses = new List<nint>();
            foreach (var input in inputs)
                launch.Array(new DeviceArray(Place(addresses, input), input.Length, ElementType.Float32));
            var result = output ?? new T[outputs];
            var target = Place(addresses, result);
            launch.Array(new DeviceArray(target, outputs, ElementType.Float32));
            if (count is { } number)
                launch.Value(number);
            launch.Run(blocks, threads);
            result = new T[outputs];
            fixed (T* values = result)
                _driver.CopyToHost(values, target, outputs * sizeof(T), _stream);
            _driver.Synchronize(_stream);
            addresses.ForEach(_driver.Free);
            return result;
        }

        public void Dispose()
        {
            _driver.DestroyStream(_stream);
            _driver.Dispose();
        }

        private nint Place<T>(List<nint> addresses, T[] values) where T : unmanaged
        {
            var address = _driver.Allocate(values.Length * sizeof(T));
            addresses.Add(address);
            fixed (T* source = values)
                _driver.CopyToDevice(address, source, values.Length * sizeof(T), _stream);
            _driver.Synchronize(_stream);
            return address;
        }
    }
}
