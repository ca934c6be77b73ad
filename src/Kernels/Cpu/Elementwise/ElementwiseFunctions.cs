using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static CrossModal.Kernels.Cpu.Lanes;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The transcendental functions on sixteen float32 at once. Each is within three units in the last place of the true value over all of
/// float32 (sine and cosine near their zeros within 1e-10), right at ±∞ and zero, and gives NaN for NaN.
/// </summary>
internal static class VectorFunctions
{
    private const float LargestAngle = 8192;

    /// <summary>
    /// e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2. ln 2 is taken away in two parts so that r is exact enough (Cody and Waite
    /// 1980); e^r by the polynomial of Moshier's Cephes, expf.c. 2^n is applied in two halves, which reaches infinity and the denormals at
    /// both ends.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // Beyond these the result is infinite, or rounds to zero.
        x = Vector512.Min(Vector512.Max(x, Vector512.Create(-104f)), Vector512.Create(89f));
        var n = Vector512.Round(x * 1.44269504f);
        var r = MultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = MultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = MultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = MultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = MultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = MultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = MultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = MultiplyAdd(p, r * r, r) + Vector512<float>.One;
        var exponent = Vector512.ConvertToInt32(n);
        var half = exponent >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>
    /// log x = n · ln 2 + log m with m in [√½, √2); log m by the polynomial of Cephes, logf.c. Denormals are scaled up first.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        var small = Vector512.LessThan(x, Vector512.Create(1.17549435e-38f));
        var scaled = Vector512.ConditionalSelect(small, x * 16777216f, x);
        var bits = scaled.AsInt32();

        // The bits of √½ taken away, the exponent rounds down to n, and what is left, put back on √½, is m.
        var offset = bits - Vector512.Create(0x3F3504F3);
        var n = Vector512.ConvertToSingle(offset >> 23) - (small & Vector512.Create(24f));
        var m = ((offset & Vector512.Create(0x007FFFFF)) + Vector512.Create(0x3F3504F3)).AsSingle() - Vector512<float>.One;
        var square = m * m;
        var p = Vector512.Create(7.0376836292e-2f);
        p = MultiplyAdd(p, m, Vector512.Create(-1.1514610310e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(1.1676998740e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(-1.2420140846e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(1.4249322787e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(-1.6668057665e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(2.0000714765e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(-2.4999993993e-1f));
        p = MultiplyAdd(p, m, Vector512.Create(3.3333331174e-1f));
        p = p * m * square;
        p = MultiplyAdd(n, Vector512.Create(-2.12194440e-4f), p);
        p = MultiplyAdd(square, Vector512.Create(-0.5f), p);
        var result = MultiplyAdd(n, Vector512.Create(0.693359375f), m + p);

        // 0 gives −∞; less, or NaN, gives NaN; +∞ itself.
        var infinity = Vector512.Create(float.PositiveInfinity);
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, infinity), result, x);
        result = Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<float>.Zero), -infinity, result);
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512.Create(float.NaN), result);
    }

    /// <summary>1 − 2 / (e^2|x| + 1) with the sign of x; near zero, where that cancels, the odd polynomial of Cephes, tanhf.c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        var magnitude = Vector512.Abs(x);
        var far = Vector512<float>.One - Vector512.Create(2f) / (Exp(magnitude + magnitude) + Vector512<float>.One);
        far = Vector512.CopySign(far, x);
        var square = x * x;
        var p = Vector512.Create(-5.70498872745e-3f);
        p = MultiplyAdd(p, square, Vector512.Create(2.06390887954e-2f));
        p = MultiplyAdd(p, square, Vector512.Create(-5.37397155531e-2f));
        p = MultiplyAdd(p, square, Vector512.Create(1.33314422036e-1f));
        p = MultiplyAdd(p, square, Vector512.Create(-3.33332819422e-1f));
        var near = MultiplyAdd(p * square, x, x);
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0.625f)), near, far);
    }

    /// <summary>1 / (1 + e^−x), from e^−|x| on both sides so that neither overflows nor cancels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        var e = Exp(-Vector512.Abs(x));
        var numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), e, Vector512<float>.One);
        return numerator / (Vector512<float>.One + e);
    }

    /// <summary>max(x, 0) + log1p(e^−|x|); log1p with the error of 1 + e divided out (Goldberg 1991, theorem 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Softplus(Vector512<float> x)
    {
        var e = Exp(-Vector512.Abs(x));
        var sum = Vector512<float>.One + e;
        var difference = sum - Vector512<float>.One;
        var tiny = Vector512.Equals(difference, Vector512<float>.Zero);
        var log = Log(sum) * e / Vector512.ConditionalSelect(tiny, Vector512<float>.One, difference);
        return Vector512.Max(x, Vector512<float>.Zero) + Vector512.ConditionalSelect(tiny, e, log);
    }

    /// <summary>
    /// sin x. The nearest multiple of π / 2 is taken away in three parts (Cody and Waite), which serves up to <see cref="LargestAngle"/>; a
    /// vector with a larger angle is computed number by number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sin(Vector512<float> x) =>
        Vector512.LessThanOrEqualAll(Vector512.Abs(x), Vector512.Create(LargestAngle))
            ? ReducedSinCos(x).Sine : EachSinCos(x, cosine: false);

    /// <summary>cos x, see <see cref="Sin"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Cos(Vector512<float> x) =>
        Vector512.LessThanOrEqualAll(Vector512.Abs(x), Vector512.Create(LargestAngle))
            ? ReducedSinCos(x).Cosine : EachSinCos(x, cosine: true);

    /// <summary>The sine and cosine of 2π · turns, for turns in [0, 1]: the nearest quarter turn is taken away exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Sine, Vector512<float> Cosine) SinCosOfTurns(Vector512<float> turns)
    {
        var quarters = Vector512.Round(turns * 4f);
        return SinCosOfRest(MultiplyAdd(quarters, Vector512.Create(-0.25f), turns) * MathF.Tau, Vector512.ConvertToInt32(quarters));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Sine, Vector512<float> Cosine) ReducedSinCos(Vector512<float> x)
    {
        // π / 2 in three parts of ten and eleven bits and the rest, so that the first two products are exact.
        var quarters = Vector512.Round(x * (2 / MathF.PI));
        var rest = MultiplyAdd(quarters, Vector512.Create(-1.5703125f), x);
        rest = MultiplyAdd(quarters, Vector512.Create(-4.837512969970703125e-4f), rest);
        rest = MultiplyAdd(quarters, Vector512.Create(-7.54978995489188e-8f), rest);
        return SinCosOfRest(rest, Vector512.ConvertToInt32(quarters));
    }

    /// <summary>Sine and cosine of quarters · π / 2 + rest, |rest| ≤ π / 4, by the polynomials of Cephes, sinf.c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Sine, Vector512<float> Cosine) SinCosOfRest(Vector512<float> rest, Vector512<int> quarters)
    {
        var square = rest * rest;
        var sine = MultiplyAdd(MultiplyAdd(Vector512.Create(-1.9515295891e-4f), square, Vector512.Create(8.3321608736e-3f)), square,
            Vector512.Create(-1.6666654611e-1f));
        sine = MultiplyAdd(sine * square, rest, rest);
        var cosine =
            MultiplyAdd(MultiplyAdd(Vector512.Create(2.443315711809948e-5f), square, Vector512.Create(-1.388731625493765e-3f)), square,
            Vector512.Create(4.166664568298827e-2f));
        cosine = MultiplyAdd(cosine * square, square, MultiplyAdd(square, Vector512.Create(-0.5f), Vector512<float>.One));

        var odd = Vector512.Equals(quarters & Vector512<int>.One, Vector512<int>.One).AsSingle();
        var signOfSine = ((quarters & Vector512.Create(2)) << 30).AsSingle();
        var signOfCosine = (((quarters + Vector512<int>.One) & Vector512.Create(2)) << 30).AsSingle();
        return (Vector512.ConditionalSelect(odd, cosine, sine) ^ signOfSine, Vector512.ConditionalSelect(odd, sine, cosine) ^ signOfCosine);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> EachSinCos(Vector512<float> x, bool cosine)
    {
        var result = Vector512<float>.Zero;
        for (var lane = 0; lane < Width; lane++)
            result = result.WithElement(lane, cosine ? MathF.Cos(x[lane]) : MathF.Sin(x[lane]));
        return result;
    }

    /// <summary>2^n for n in [−126, 127].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> n) => ((n + Vector512.Create(127)) << 23).AsSingle();
}
