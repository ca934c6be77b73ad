namespace CrossModal.Kernels.Tests;

public class ElementwiseTests
{
    /// <summary>Float32 rounds to 6e-8; the functions are given four such steps, and as much around results of size one.</summary>
    private const double Relative = 2.5e-7;

    private static readonly double[] Specials =
    [
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1, -1, 1e-30, -1e-30, 1e-42, 1e30, -1e30, 88.5, 89.5, -87,
            -103, -104.5, 20,
        -20, 0.5, -0.5,
        0.6249, 0.6251, -9, 9, 17, 1e-6, 3.1415927, 100, -100, 8000, 9000, 1e5,
    ];

    public static TheoryData<string> UnaryOperations => [.. Enum.GetNames<UnaryOperation>()];

    public static TheoryData<string> BinaryOperations => [.. Enum.GetNames<BinaryOperation>()];

    [Theory]
    [MemberData(nameof(UnaryOperations))]
    public void UnaryAgreesAtEveryLength(string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var both = new BothDevices();
        foreach (var count in new[] { 0, 1, 15, 16, 17, 33, 100_003 })
        {
            var x = both.Normal(count, deviation: 3);
            var y = both.Output(count);
            both.Run(device => device.Unary(operation, x.On(device), y.On(device), -0.75, 1.25));
            both.Compare($"{operation}", $"[{count}]", y, Relative, Absolute(operation));
        }
    }

    [Theory]
    [MemberData(nameof(UnaryOperations))]
    public void UnaryAgreesAtSpecialValues(string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var both = new BothDevices();
        var x = both.Floats(Specials);
        var y = both.Output(Specials.Length);
        both.Run(device => device.Unary(operation, x.On(device), y.On(device), 0.2, 2));
        both.Compare($"{operation} of special values", $"[{Specials.Length}]", Rounded(both, y), Relative, Absolute(operation));
    }

    [Theory]
    [MemberData(nameof(UnaryOperations))]
    public void UnaryCarriesNaNThroughAllButTheSteps(string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var both = new BothDevices();
        var x = both.Floats(double.NaN);
        both.Run(device => device.Unary(operation, x.On(device), x.On(device), 0.5, 2));
        var isStep = operation is UnaryOperation.Sign or UnaryOperation.ClampSlope;
        Assert.Equal(!isStep, float.IsNaN(x.Cpu.Span<float>()[0]));
        Assert.Equal(!isStep, double.IsNaN(x.Reference.Span<double>()[0]));
    }

    /// <summary>Every 20011th float32 there is, denormals, infinities and NaN among them.</summary>
    [Theory]
    [InlineData(nameof(UnaryOperation.Exp))]
    [InlineData(nameof(UnaryOperation.Log))]
    [InlineData(nameof(UnaryOperation.Tanh))]
    [InlineData(nameof(UnaryOperation.Sigmoid))]
    [InlineData(nameof(UnaryOperation.Softplus))]
    [InlineData(nameof(UnaryOperation.Sin))]
    [InlineData(nameof(UnaryOperation.Cos))]
    public void FunctionsAreWithinThreeUnitsInTheLastPlaceOverAllOfFloat32(string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var both = new BothDevices();
        var values = new List<double>();
        for (var bits = 0L; bits <= uint.MaxValue; bits += 20_011)
            values.Add(BitConverter.UInt32BitsToSingle((uint)bits));
        var x = both.Floats([.. values]);
        var y = both.Output(values.Count);
        both.Run(device => device.Unary(operation, x.On(device), y.On(device)));
        Rounded(both, y);
        var actual = y.Cpu.Span<float>();
        var expected = y.Reference.Span<double>();
        for (var i = 0; i < actual.Length; i++)
        {
            if (actual[i].Equals((float)expected[i])
                || (operation is UnaryOperation.Sin or UnaryOperation.Cos && Math.Abs(actual[i] - expected[i]) < 1e-10))
                continue;
            var unit = MathF.BitIncrement(Math.Abs((float)expected[i])) - Math.Abs(expected[i]);
            Assert.True(Math.Abs(actual[i] - expected[i]) <= 3 * unit,
                $"{operation} of {values[i]:R} is {actual[i]:R}, the reference has {expected[i]:R}");
        }
    }

    [Fact]
    public void UnaryMayWriteOverItsInput()
    {
        using var both = new BothDevices();
        var x = both.Normal(1001);
        both.Run(device => device.Unary(UnaryOperation.Tanh, x.On(device), x.On(device)));
        both.Compare("Tanh in place", "[1001]", x, Relative, 1e-30);
    }

    [Theory]
    [MemberData(nameof(BinaryOperations))]
    public void BinaryAgreesAtSpecialValues(string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var both = new BothDevices();

        // A square that float32 cannot hold would be infinite there and finite in the reference.
        var squares = operation is BinaryOperation.TanhGradient or BinaryOperation.SigmoidGradient;
        var values = Array.FindAll(Specials, value => !squares || !(Math.Abs(value) is > 1e18 and < double.PositiveInfinity));
        var n = values.Length;
        var (a, b, y) = (both.Floats(values), both.Floats(values), both.Output(n * n));
        var table = StridedGeometry.Merge([n, n], [1, 0], [0, 1], [n, 1]);
        both.Run(device => device.Binary(operation, table, a.On(device), b.On(device), y.On(device), 0.25));
        both.Compare($"{operation} of special values", $"[{n}, 1] and [1, {n}]", Rounded(both, y), Relative,
            AbsoluteBinary(operation) + 1e-37);
    }

    public static TheoryData<string, int[], long[], long[], long[]> Broadcasts => new()
    {
        { "contiguous", [70_001], [1], [1], [1] },
        { "empty", [0], [1], [1], [1] },
        { "number b", [40_000], [1], [0], [1] },
        { "number a", [33], [0], [1], [1] },
        { "two numbers", [50], [0], [0], [1] },
        { "row b of 3", [9001, 3], [3, 1], [0, 1], [3, 1] },
        { "row a of 17", [301, 17], [0, 1], [17, 1], [17, 1] },
        { "row b of 255", [37, 255], [255, 1], [0, 1], [255, 1] },
        { "row b of 300", [37, 300], [300, 1], [0, 1], [300, 1] },
        { "row b of 1000, wide", [5, 40_000], [40_000, 1], [0, 1], [40_000, 1] },
        { "column b", [300, 65], [65, 1], [1, 0], [65, 1] },
        { "column a", [300, 3], [1, 0], [3, 1], [3, 1] },
        { "outer product", [30, 20], [1, 0], [0, 1], [20, 1] },
        { "middle axis", [4, 5, 33], [33, 0, 1], [165, 33, 1], [165, 33, 1] },
        { "transposed a", [64, 35], [1, 64], [35, 1], [35, 1] },
        { "transposed output", [20, 40], [40, 1], [40, 1], [1, 20] },
        { "every other", [100, 10], [20, 2], [10, 1], [10, 1] },
        { "six axes", [2, 3, 2, 3, 2, 3], [0, 36, 0, 6, 0, 1], [108, 0, 18, 0, 3, 0], [108, 36, 18, 6, 3, 1] },
    };

    [Theory]
    [MemberData(nameof(Broadcasts))]
    public void BinaryAgreesInEveryBroadcast(string pattern, int[] extents, long[] a, long[] b, long[] output)
    {
        using var both = new BothDevices(threads: 3);
        var geometry = StridedGeometry.Merge(extents, a, b, output);
        var left = both.Normal(Reach(extents, a));
        var right = both.Normal(Reach(extents, b));
        var y = both.Output(Reach(extents, output));
        foreach (var operation in new[] { BinaryOperation.Subtract, BinaryOperation.Interpolate })
        {
            both.Run(device => device.Binary(operation, geometry, left.On(device), right.On(device), y.On(device), 0.3));
            both.Compare($"{operation}, {pattern}", $"[{string.Join(", ", extents)}]", y, Relative, 2e-7);
        }
    }

    [Theory]
    [MemberData(nameof(BinaryOperations))]
    public void BinaryAgrees(string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var both = new BothDevices();
        var (a, b) = (both.Normal(1037), both.Normal(1037));
        var geometry = StridedGeometry.Merge([1037], [1], [1], [1]);
        both.Run(device => device.Binary(operation, geometry, a.On(device), b.On(device), a.On(device), 0.9));
        both.Compare($"{operation} over its first operand", "[1037]", a, Relative, AbsoluteBinary(operation));
    }

    /// <summary>Elements that an array must have for all visits of the loops to lie inside.</summary>
    private static long Reach(int[] extents, long[] strides)
    {
        var last = 0L;
        for (var axis = 0; axis < extents.Length; axis++)
            last += Math.Max(0, extents[axis] - 1) * strides[axis];
        return last + 1;
    }

    /// <summary>
    /// Results near zero of a sum of terms of size one, or of an angle reduced in float32, are right to float32's step at one.
    /// </summary>
    private static double Absolute(UnaryOperation operation) => operation switch
    {
        UnaryOperation.Sin or UnaryOperation.Cos => 2e-7,
        UnaryOperation.Affine => 2.5e-7,
        UnaryOperation.Log => 1e-8,
        _ => 1e-37,
    };

    private static double AbsoluteBinary(BinaryOperation operation) => operation switch
    {
        BinaryOperation.TanhGradient or BinaryOperation.SigmoidGradient => 1e-6,
        BinaryOperation.Interpolate or BinaryOperation.Subtract or BinaryOperation.Add
            or BinaryOperation.AddLeakyRelu => 2.5e-7,
        _ => 1e-37,
    };

    /// <summary>The reference's numbers as float32 holds them: what lies beyond its largest is infinite there.</summary>
    private static Twin Rounded(BothDevices both, Twin y)
    {
        foreach (ref var value in y.Reference.Span<double>())
            value = (float)value;
        return y;
    }
}
