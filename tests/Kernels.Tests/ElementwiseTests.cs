namespace CrossModal.Kernels.Tests;

public sealed class ElementwiseTests
{
    /// <summary>Float32 rounds to 6e-8; the functions are given four such steps, and as much around results of size one.</summary>
    private const double Relative = 2.5e-7;

    private static readonly double[] Specials =
    [
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1, -1, 1e-30, -1e-30, 1e-42, 1e30, -1e30, 88.5, 89.5, -87,
        -103, -104.5, 20, -20, 0.5, -0.5, 0.6249, 0.6251, -9, 9, 17, 1e-6, 3.1415927, 100, -100, 8000, 9000, 1e5,
    ];

    public static TheoryData<string> UnaryOperations => [.. Enum.GetNames<UnaryOperation>()];

    public static TheoryData<string> BinaryOperations => [.. Enum.GetNames<BinaryOperation>()];

    [Theory]
    [EachDevice(With = nameof(UnaryOperations))]
    public void UnaryAgreesAtEveryLengthAndFromEveryStart(string device, string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var pair = new DevicePair(device);
        (int, int)[] lengths = [(0, 0), (0, 1), (0, 3), (0, 4), (0, 15), (0, 16), (0, 17), (0, 33), (0, 517), (1, 517), (0, 100_003)];
        foreach (var (start, count) in lengths)
        {
            var (x, y) = (pair.Normal(start + count, deviation: 3), pair.Output(start + count));
            pair.Run(backend =>
                backend.Unary(operation, x.Slice(start, count).On(backend), y.Slice(start, count).On(backend), -0.75, 1.25));
            pair.Compare($"{operation}", $"[{count}] from {start}", y, Relative, Absolute(operation, device));
        }
    }

    [Theory]
    [EachDevice(With = nameof(UnaryOperations))]
    public void UnaryAgreesAtSpecialValues(string device, string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var pair = new DevicePair(device);
        var (x, y) = (pair.Floats(Specials), pair.Output(Specials.Length));
        pair.Run(backend =>
        {
            backend.Unary(operation, x.On(backend), y.On(backend), 0.2, 2);
            backend.Unary(operation, x.On(backend), x.On(backend), 0.2, 2);
        });
        var absolute = Absolute(operation, device);
        pair.Compare($"{operation} of special values", $"[{Specials.Length}]", y, Relative, absolute, rounded: true);
        pair.Compare($"{operation} of special values in place", $"[{Specials.Length}]", x, Relative, absolute, rounded: true);
    }

    [Theory]
    [EachDevice(With = nameof(UnaryOperations))]
    public void UnaryCarriesNaNThroughAllButTheSteps(string device, string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var pair = new DevicePair(device);
        var x = pair.Floats(double.NaN);
        pair.Run(backend => backend.Unary(operation, x.On(backend), x.On(backend), 0.5, 2));
        var isStep = operation is UnaryOperation.Sign or UnaryOperation.ClampSlope;
        Assert.Equal(!isStep, float.IsNaN(pair.Floats(x)[0]));
        Assert.Equal(!isStep, double.IsNaN(x.Reference.Span<double>()[0]));
    }

    /// <summary>Every 20011th float32 there is, denormals, infinities and NaN among them.</summary>
    [Theory]
    [EachDevice(nameof(UnaryOperation.Exp))]
    [EachDevice(nameof(UnaryOperation.Log))]
    [EachDevice(nameof(UnaryOperation.Tanh))]
    [EachDevice(nameof(UnaryOperation.Sigmoid))]
    [EachDevice(nameof(UnaryOperation.Softplus))]
    [EachDevice(nameof(UnaryOperation.Sin))]
    [EachDevice(nameof(UnaryOperation.Cos))]
    public void FunctionsAreWithinThreeUnitsInTheLastPlaceOverAllOfFloat32(string device, string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var pair = new DevicePair(device);
        var values = new List<double>();
        for (var bits = 0L; bits <= uint.MaxValue; bits += 20_011)
            values.Add(BitConverter.UInt32BitsToSingle((uint)bits));
        var (x, y) = (pair.Floats([.. values]), pair.Output(values.Count));
        pair.Run(backend => backend.Unary(operation, x.On(backend), y.On(backend)));
        var actual = pair.Floats(y);
        var expected = y.Reference.Span<double>();
        for (var i = 0; i < actual.Length; i++)
        {
            var nearest = (float)expected[i];
            if (actual[i].Equals(nearest)
                || (operation is UnaryOperation.Sin or UnaryOperation.Cos && Math.Abs(actual[i] - nearest) < 1e-10))
                continue;
            var unit = MathF.BitIncrement(Math.Abs(nearest)) - Math.Abs(nearest);
            Assert.True(Math.Abs(actual[i] - nearest) <= 3 * unit,
                $"{operation} on {device} of {values[i]:R} is {actual[i]:R}, the reference has {expected[i]:R}");
        }
    }

    [Theory]
    [EachDevice]
    public void UnaryMayWriteOverItsInput(string device)
    {
        using var pair = new DevicePair(device);
        var x = pair.Normal(1001);
        pair.Run(backend => backend.Unary(UnaryOperation.Tanh, x.On(backend), x.On(backend)));
        pair.Compare("Tanh in place", "[1001]", x, Relative, 1e-30);
    }

    [Theory]
    [EachDevice(With = nameof(BinaryOperations))]
    public void BinaryAgreesAtSpecialValues(string device, string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var pair = new DevicePair(device);

        // A square that float32 cannot hold would be infinite there and finite in the reference.
        var squares = operation is BinaryOperation.TanhGradient or BinaryOperation.SigmoidGradient;
        var values = Array.FindAll(Specials, value => !squares || !(Math.Abs(value) is > 1e18 and < double.PositiveInfinity));
        var n = values.Length;
        var (a, b, y) = (pair.Floats(values), pair.Floats(values), pair.Output(n * n));
        var table = StridedGeometry.Merge([n, n], [1, 0], [0, 1], [n, 1]);
        pair.Run(backend => backend.Binary(operation, table, a.On(backend), b.On(backend), y.On(backend), 0.25));
        pair.Compare($"{operation} of special values", $"[{n}, 1] and [1, {n}]", y, Relative, Absolute(operation) + 1e-37, rounded: true);
    }

    [Theory]
    [EachDevice(With = nameof(BinaryOperations))]
    public void BinaryAgreesInEachOfItsKernels(string device, string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var pair = new DevicePair(device);
        foreach (var start in new[] { 0, 3 })
        {
            Check("flat", StridedGeometry.Merge([1037], [1], [1], [1]));
            Check("row b", StridedGeometry.Merge([37, 28], [28, 1], [0, 1], [28, 1]));
            Check("row a", StridedGeometry.Merge([37, 3], [0, 1], [3, 1], [3, 1]));
            Check("strided", StridedGeometry.Merge([31, 21], [1, 31], [21, 1], [21, 1]));

            void Check(string kernel, StridedGeometry geometry)
            {
                var (a, b, y) = (pair.Normal(start + 1037), pair.Normal(start + 1037), pair.Output(start + 1037));
                var (left, right, result) = (a.Slice(start, 1037), b.Slice(start, 1037), y.Slice(start, 1037));
                pair.Run(backend => backend.Binary(operation, geometry, left.On(backend), right.On(backend), result.On(backend), 0.9));
                pair.Compare($"{operation}, {kernel}", $"from {start}", y, Relative, Absolute(operation));
            }
        }
    }

    public static TheoryData<string, int[], long[], long[], long[]> Broadcasts => new()
    {
        { "contiguous", [70_001], [1], [1], [1] },
        { "empty", [0], [1], [1], [1] },
        { "empty rows", [0, 5], [5, 1], [0, 1], [5, 1] },
        { "number b", [40_000], [1], [0], [1] },
        { "number a", [33], [0], [1], [1] },
        { "two numbers", [50], [0], [0], [1] },
        { "row b of 3", [9001, 3], [3, 1], [0, 1], [3, 1] },
        { "row a of 17", [301, 17], [0, 1], [17, 1], [17, 1] },
        { "row b of 255", [37, 255], [255, 1], [0, 1], [255, 1] },
        { "row b of 256", [37, 256], [256, 1], [0, 1], [256, 1] },
        { "row b of 300", [37, 300], [300, 1], [0, 1], [300, 1] },
        { "row b of 9000, longer than the grid", [3, 9000], [9000, 1], [0, 1], [9000, 1] },
        { "row b of 40000", [5, 40_000], [40_000, 1], [0, 1], [40_000, 1] },
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
    [EachDevice(With = nameof(Broadcasts))]
    public void BinaryAgreesInEveryBroadcast(string device, string pattern, int[] extents, long[] a, long[] b, long[] output)
    {
        using var pair = new DevicePair(device);
        var geometry = StridedGeometry.Merge(extents, a, b, output);
        var (left, right, y) = (pair.Normal(Reach(a)), pair.Normal(Reach(b)), pair.Output(Reach(output)));
        foreach (var operation in new[] { BinaryOperation.Subtract, BinaryOperation.Interpolate, BinaryOperation.AddLeakyRelu })
        {
            pair.Run(backend => backend.Binary(operation, geometry, left.On(backend), right.On(backend), y.On(backend), 0.3));
            pair.Compare($"{operation}, {pattern}", $"[{string.Join(", ", extents)}]", y, Relative, 2e-7);
        }

        // Elements that an array must have for all visits of the loops to lie inside.
        long Reach(long[] strides) => 1 + extents.Zip(strides, (extent, stride) => Math.Max(0, extent - 1) * stride).Sum();
    }

    [Theory]
    [EachDevice(With = nameof(BinaryOperations))]
    public void BinaryMayWriteOverEitherInput(string device, string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var pair = new DevicePair(device);
        var (a, b) = (pair.Normal(1037), pair.Normal(1037));
        var geometry = StridedGeometry.Merge([1037], [1], [1], [1]);
        pair.Run(backend => backend.Binary(operation, geometry, a.On(backend), b.On(backend), a.On(backend), 0.9));
        pair.Compare($"{operation} over its first operand", "[1037]", a, Relative, Absolute(operation));
        a = pair.Normal(1037);
        pair.Run(backend => backend.Binary(operation, geometry, a.On(backend), b.On(backend), b.On(backend), 0.9));
        pair.Compare($"{operation} over its second operand", "[1037]", b, Relative, Absolute(operation));
    }

    /// <summary>
    /// Results near zero of a sum of terms of size one, or of an angle that the processor reduces in float32, are right to float32's step
    /// at one.
    /// </summary>
    private static double Absolute(UnaryOperation operation, string device) => operation switch
    {
        UnaryOperation.Sin or UnaryOperation.Cos when device == "cpu" => 2e-7,
        UnaryOperation.Affine => 2.5e-7,
        UnaryOperation.Log => 1e-8,
        _ => 1e-37,
    };

    private static double Absolute(BinaryOperation operation) => operation switch
    {
        BinaryOperation.TanhGradient or BinaryOperation.SigmoidGradient => 1e-6,
        BinaryOperation.Interpolate or BinaryOperation.Subtract or BinaryOperation.Add or BinaryOperation.AddLeakyRelu => 2.5e-7,
        _ => 1e-37,
    };
}
