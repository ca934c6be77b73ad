using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static CrossModal.Kernels.Cpu.Lanes;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The transcendental functions on sixteen float32 at once. Each is within about two units in the last place of the true value, right at ±∞ and zero, and gives NaN for NaN.
/// </summary>
internal static class VectorFunctions
{
    /// <summary>
    /// e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2. ln 2 is taken away in two parts so that r is exact enough (Cody and Waite 1980); e^r by the polynomial of
    /// Moshier's Cephes, expf.c. 2^n is applied in two halves, which reaches infinity and the denormals at both ends.
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x) => Vector512.Log(x);

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
    /// The sine and cosine of 2π · turns, for turns in [0, 1]. The nearest quarter turn is taken away exactly; the polynomials, for at most an eighth of a turn, are those of Cephes, sinf.c.
    /// </summary>
    public static (Vector512<float> Sine, Vector512<float> Cosine) SinCosOfTurns(Vector512<float> turns)
    {
        var quarters = Vector512.Round(turns * 4f);
        var angle = MultiplyAdd(quarters, Vector512.Create(-0.25f), turns) * MathF.Tau;
        var square = angle * angle;
        var sine = MultiplyAdd(MultiplyAdd(Vector512.Create(-1.9515295891e-4f), square, Vector512.Create(8.3321608736e-3f)), square, Vector512.Create(-1.6666654611e-1f));
        sine = MultiplyAdd(sine * square, angle, angle);
        var cosine = MultiplyAdd(MultiplyAdd(Vector512.Create(2.443315711809948e-5f), square, Vector512.Create(-1.388731625493765e-3f)), square, Vector512.Create(4.166664568298827e-2f));
        cosine = MultiplyAdd(cosine * square, square, MultiplyAdd(square, Vector512.Create(-0.5f), Vector512<float>.One));

        var quadrant = Vector512.ConvertToInt32(quarters);
        var odd = Vector512.Equals(quadrant & Vector512<int>.One, Vector512<int>.One).AsSingle();
        var signOfSine = ((quadrant & Vector512.Create(2)) << 30).AsSingle();
        var signOfCosine = (((quadrant + Vector512<int>.One) & Vector512.Create(2)) << 30).AsSingle();
        return (Vector512.ConditionalSelect(odd, cosine, sine) ^ signOfSine, Vector512.ConditionalSelect(odd, sine, cosine) ^ signOfCosine);
    }

    /// <summary>2^n for n in [−126, 127].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> n) => ((n + Vector512.Create(127)) << 23).AsSingle();
}
