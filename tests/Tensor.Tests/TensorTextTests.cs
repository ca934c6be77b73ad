using System.Diagnostics;
using System.Reflection;
using CrossModal.Kernels;

namespace CrossModal.Tensors.Tests;

/// <summary>What a tensor prints, against what NumPy 1.24 printed for the same numbers.</summary>
public sealed class TensorTextTests : IDisposable
{
    private readonly Device _cpu = Device.Open("cpu", threads: 1), _reference = Device.Open("reference");

    public void Dispose()
    {
        _cpu.Dispose();
        _reference.Dispose();
    }

    [Fact]
    public void NumbersStandInColumns()
    {
        Prints("[ 1.   2.5 -3. ]", [3], 1, 2.5f, -3);
        Prints("[[0. 1. 2.]\n [3. 4. 5.]]", [2, 3], 0, 1, 2, 3, 4, 5);
        Prints("[[ 0.1         0.33333334]\n [ 0.6666667  -0.001     ]]", [2, 2], 0.1f, 1 / 3f, 2 / 3f, -1e-3f);
        Prints("[-0.  1.]", [2], -0f, 1);
        Prints("[0. 0.]", [2], 0, 0);
        Prints("[12345678.]", [1], 12345678);
        Prints("[ nan  inf -inf 1.25]", [4], float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1.25f);
        Prints("[nan]", [1], float.NaN);
    }

    [Fact]
    public void SmallLargeAndMixedNumbersHaveExponents()
    {
        Prints("[1.0e-10 1.5e+00]", [2], 1e-10f, 1.5f);
        Prints("[1.e+08 1.e+00]", [2], 1e8f, 1);
        Prints("[1.0000000e+05 3.1415927e+00]", [2], 1e5f, 3.14159274f);
        Prints("[ 1.50e-07 -1.25e+12]", [2], 1.5e-7f, -1.25e12f);
        Prints("[1.0000000e-01 9.9999997e-06 3.3333332e+07]", [3], 0.1f, 1e-5f, 3.3333333e7f);
        Prints("[1.e+38 1.e-38]", [2], 1e38f, 1e-38f);
        Prints("[[9.995e+02]\n [5.000e-01]]", [2, 1], 999.5f, 0.5f);
        Assert.Equal("[1.e+100 1.e-300]", Tensor.From(_reference, [2], [1e100, 1e-300]).ToString());
    }

    [Fact]
    public void FloatsOfSixtyFourBitsHaveEightDigitsBehindThePoint()
    {
        Assert.Equal("[0.33333333 0.001     ]", Tensor.From(_reference, [2], [1 / 3.0, 1e-3]).ToString());
        Assert.Equal("[0.12345679]", Tensor.From(_reference, [1], [0.12345678912345]).ToString());
        Assert.Equal("0.3333333333333333", Tensor.From(_reference, [], [1 / 3.0]).ToString());
    }

    [Fact]
    public void AScalarHasNoBrackets()
    {
        Prints("1.0", [], 1);
        Prints("0.1", [], 0.1f);
        Prints("1e-05", [], 1e-5f);
        Prints("-1.25e+20", [], -1.25e20f);
        Prints("123456.78", [], 123456.78f);
        Prints("nan", [], float.NaN);
        Assert.Equal("7", Tensor.From(_cpu, [], [7]).ToString());
    }

    [Fact]
    public void IntegersHaveNoPoint()
    {
        Assert.Equal("[ 1 20 -3]", Tensor.From(_cpu, [3], [1, 20, -3]).ToString());
        Assert.Equal("[[[ 0  1  2]\n  [ 3  4  5]]\n\n [[ 6  7  8]\n  [ 9 10 11]]]",
            Tensor.From(_cpu, [2, 2, 3], Enumerable.Range(0, 12).ToArray()).ToString());
        using var counter = Tensor.Zeros(_cpu, [1], ElementType.Int64);
        counter.Write([1L << 60]);
        Assert.Equal("[1152921504606846976]", counter.ToString());
    }

    [Fact]
    public void LongLinesAreBroken()
    {
        Prints("""
            [0.         0.03448276 0.06896552 0.10344828 0.13793103 0.1724138
             0.20689656 0.2413793  0.27586207 0.31034482 0.3448276  0.37931034
             0.41379312 0.44827586 0.4827586  0.51724136 0.55172414 0.5862069
             0.62068963 0.6551724  0.6896552  0.7241379  0.7586207  0.79310346
             0.82758623 0.86206895 0.8965517  0.9310345  0.9655172  1.        ]
            """, [30], [.. Enumerable.Range(0, 30).Select(i => (float)(i * (1.0 / 29)))]);
        Assert.Equal("""
            [ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
             24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39]
            """, Tensor.From(_cpu, [40], Enumerable.Range(0, 40).ToArray()).ToString());
    }

    [Fact]
    public void OfManyNumbersTheEdgesAreShown()
    {
        Prints("[   0.    1.    2. ...  998.  999. 1000.]\nFloat32 [1001] on cpu", [1001], Count(1001));
        Prints("""
            [[0.0000000e+00 1.4285715e-01 2.8571430e-01 4.2857143e-01]
             [5.7142860e-01 7.1428573e-01 8.5714287e-01 1.0000000e+00]
             [1.1428572e+00 1.2857143e+00 1.4285715e+00 1.5714285e+00]
             ...
             [2.8400000e+02 2.8414285e+02 2.8428571e+02 2.8442856e+02]
             [2.8457144e+02 2.8471429e+02 2.8485715e+02 2.8500000e+02]
             [2.8514285e+02 2.8528571e+02 2.8542856e+02 2.8557144e+02]]
            Float32 [500, 4] on cpu
            """, [500, 4], [.. Count(2000).Select(value => value / 7)]);
        var deep = Tensor.From(_cpu, [10, 20, 10], Count(2000)).ToString();
        Assert.StartsWith("[[[0.000e+00 1.000e+00 2.000e+00 ... 7.000e+00 8.000e+00 9.000e+00]\n  [1.000e+01 ", deep);
        Assert.Contains("  [2.000e+01 2.100e+01 2.200e+01 ... 2.700e+01 2.800e+01 2.900e+01]\n  ...\n  [1.700e+02 ", deep);
        Assert.Contains("5.990e+02]]\n\n ...\n\n [[1.400e+03 ", deep);
        Assert.EndsWith(" [1.990e+03 1.991e+03 1.992e+03 ... 1.997e+03 1.998e+03 1.999e+03]]]\nFloat32 [10, 20, 10] on cpu", deep);
    }

    /// <summary>Sixty-four MiB on the device, of which the edges come to the host.</summary>
    [Fact]
    public void OfAGiantTensorOnlyTheEdgesAreRead()
    {
        using var giant = Tensor.Zeros(_cpu, [1 << 12, 1 << 12]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.StartsWith("[[0. 0. 0. ... 0. 0. 0.]", giant.ToString());
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void NothingIsReadOfWhatIsNotThere()
    {
        Prints("[] Float32 [2, 0] on cpu", [2, 0]);
        var x = Tensor.Zeros(_cpu, [2]);
        Assert.Equal("Float32 [2] on cpu", x.Description);
        using var captured = _cpu.Capture(() => Assert.Equal("Float32 [2] on cpu", $"{x}"));
        x.Dispose();
        Assert.Equal("Float32 [2] on cpu, released", x.ToString());
        Assert.Equal("{Description,nq}", typeof(Tensor).GetCustomAttribute<DebuggerDisplayAttribute>()!.Value);
    }

    [Fact]
    public void MessagesShowWhatATensorIsAndNotItsNumbers()
    {
        var (x, y) = (Tensor.Zeros(_cpu, [2]), Tensor.Zeros(_reference, [2]));
        Assert.Contains("Float32 [2] on cpu and Float64 [2] on reference", Assert.Throws<ShapeException>(() => x + y).Message);
        Assert.Contains("Float32 [2] on cpu", Assert.Throws<ArgumentException>(() => Tape.Gradients(x.Sum(), [x])).Message);
    }

    private static float[] Count(int count) => [.. Enumerable.Range(0, count).Select(i => (float)i)];

    private void Prints(string expected, Shape shape, params float[] values) =>
        Assert.Equal(expected.ReplaceLineEndings("\n"), Tensor.From(_cpu, shape, values).ToString());
}
