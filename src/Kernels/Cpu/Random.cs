using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>Random numbers by position: eight blocks of Philox 4x32-10, thirty-two numbers, at a time.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void Random(in RandomNumbers numbers, ulong seed, ulong stream, DeviceArray position, DeviceArray y)
    {
        var (distribution, a, b) = numbers;
        var first = (ulong)position.Int64[0];
        var (p, q) = ((float)a, (float)b);
        switch (distribution)
        {
            case RandomDistribution.Uniform:
                Draw(new UniformNumbers(p, (float)(b - a)), seed, stream, first, y);
                break;
            case RandomDistribution.Normal:
                Draw(new NormalNumbers(p, q), seed, stream, first, y);
                break;
            case RandomDistribution.Bernoulli:
                Draw(new BernoulliNumbers(p, q), seed, stream, first, y);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "no such distribution");
        }

        position.Int64[0] += (y.Count + 3) / 4;
    }

    private void Draw<TNumbers>(TNumbers numbers, ulong seed, ulong stream, ulong position, DeviceArray y) where TNumbers
        : struct, INumbers =>
        _workers.Run(new DrawBody<TNumbers>(numbers, seed, stream, position, Output(y), y.Count), Blocks(y.Count, Lanes.HeavyGrain), 1);

    /// <summary>What is made of sixteen uniform numbers, the words of four blocks in order.</summary>
    private interface INumbers
    {
        Vector512<float> From(Vector512<float> uniform);
    }

    private readonly struct UniformNumbers(float low, float width) : INumbers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> From(Vector512<float> uniform) =>
            Lanes.MultiplyAdd(uniform, Vector512.Create(width), Vector512.Create(low));
    }

    private readonly struct BernoulliNumbers(float probability, float value) : INumbers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> From(Vector512<float> uniform) =>
            Vector512.LessThan(uniform, Vector512.Create(probability)) & Vector512.Create(value);
    }

    /// <summary>
    /// Box and Muller: the even lane of a pair gives the radius, the odd lane the angle; cosine goes to the even lane, sine to the odd.
    /// </summary>
    private readonly struct NormalNumbers(float mean, float deviation) : INumbers
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> From(Vector512<float> uniform)
        {
            var even = Vector512.Create(0xFFFFFFFFul).AsSingle();
            var pairs = uniform.AsUInt64();
            var radiusNumbers = ((pairs << 32) | (pairs & Vector512.Create(0xFFFFFFFFul))).AsSingle();
            var angleNumbers = ((pairs >>> 32) | (pairs & Vector512.Create(0xFFFFFFFF00000000ul))).AsSingle();
            var radius = Vector512.Sqrt(VectorFunctions.Log(radiusNumbers) * -2f);
            var (sine, cosine) = VectorFunctions.SinCosOfTurns(angleNumbers);
            return Lanes.MultiplyAdd(radius * Vector512.ConditionalSelect(even, cosine, sine), Vector512.Create(deviation),
                Vector512.Create(mean));
        }
    }

    private readonly struct DrawBody<TNumbers>(TNumbers numbers, ulong seed, ulong stream, ulong position, float* y, long count)
        : IRangeBody where TNumbers : struct, INumbers
    {
        private const int BlocksAtOnce = 8, NumbersAtOnce = 4 * BlocksAtOnce;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var stop = Math.Min((long)end * Lanes.HeavyGrain, count);
            for (var i = (long)first * Lanes.HeavyGrain; i < stop; i += NumbersAtOnce)
            {
                var (front, back) = VectorPhilox.Blocks(seed, stream, position + (ulong)(i / 4));
                Put(front, i, stop);
                Put(back, i + Lanes.Width, stop);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Put(Vector512<uint> words, long at, long stop)
        {
            var result = numbers.From(VectorPhilox.ToUniform(words));
            if (at + Lanes.Width <= stop)
                result.Store(y + at);
            else if (at < stop)
                Lanes.StorePart(result, y + at, (int)(stop - at));
        }
    }

    /// <summary>
    /// <see cref="Philox"/> on eight blocks at a time; each 32-bit word sits in a lane of 64, where its product has room.
    /// </summary>
    private static class VectorPhilox
    {
        private static Vector512<ulong> Low => Vector512.Create(0xFFFFFFFFul);

        /// <summary>
        /// The words of four blocks from <paramref name="position"/> on, and of the next four, in order. The even lanes compute the first
        /// four blocks and the odd lanes the others, so that joining the words takes no more than swapping neighbors.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector512<uint> First, Vector512<uint> Second) Blocks(ulong seed, ulong stream, ulong position)
        {
            var counter = Vector512.Create(position) + Vector512.Create(0ul, 4, 1, 5, 2, 6, 3, 7);
            var (c0, c1) = (counter, counter >>> 32);
            var (c2, c3) = (Vector512.Create((ulong)(uint)stream), Vector512.Create(stream >> 32));
            var (k0, k1) = ((uint)seed, (uint)(seed >> 32));
            for (var round = 0; round < 10; round++)
            {
                // The upper halves are left as they fall: a product reads the lower alone.
                var p0 = Product(c0, 0xD2511F53);
                var p1 = Product(c2, 0xCD9E8D57);
                c0 = (p1 >>> 32) ^ c1 ^ Vector512.Create((ulong)k0);
                c2 = (p0 >>> 32) ^ c3 ^ Vector512.Create((ulong)k1);
                (c1, c3) = (p1, p0);
                k0 += 0x9E3779B9;
                k1 += 0xBB67AE85;
            }

            var (front, back) = ((c0 & Low) | c1 << 32, (c2 & Low) | c3 << 32);
            var even = Vector512.Create(ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0);
            return (Vector512.ConditionalSelect(even, front, SwapNeighbors(back)).AsUInt32(),
                Vector512.ConditionalSelect(even, SwapNeighbors(front), back).AsUInt32());
        }

        /// <summary>What <see cref="Philox.ToUniform"/> gives, to the last bit.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> ToUniform(Vector512<uint> bits) =>
            (Vector512.ConvertToSingle((bits >>> 9).AsInt32()) + Vector512.Create(0.5f)) * (1f / 8388608f);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<ulong> Product(Vector512<ulong> word, uint factor)
        {
            if (Avx512F.IsSupported)
                return Avx512F.Multiply(word.AsUInt32(), Vector512.Create(factor));
            if (!Avx2.IsSupported)
                return (word & Low) * Vector512.Create((ulong)factor);
            var factors = Vector256.Create(factor);
            return Vector512.Create(Avx2.Multiply(word.GetLower().AsUInt32(), factors), Avx2.Multiply(word.GetUpper().AsUInt32(), factors));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<ulong> SwapNeighbors(Vector512<ulong> v) => Avx512F.IsSupported
            ? Vector512.Shuffle(v, Vector512.Create(1ul, 0, 3, 2, 5, 4, 7, 6))
            : Vector512.Create(SwapNeighbors(v.GetLower()), SwapNeighbors(v.GetUpper()));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<ulong> SwapNeighbors(Vector256<ulong> v) => Vector256.IsHardwareAccelerated
            ? Vector256.Shuffle(v, Vector256.Create(1ul, 0, 3, 2))
            : Vector256.Create(Vector128.Shuffle(v.GetLower(), Vector128.Create(1ul, 0)),
                Vector128.Shuffle(v.GetUpper(), Vector128.Create(1ul, 0)));
    }
}
