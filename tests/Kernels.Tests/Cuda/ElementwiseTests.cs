namespace CrossModal.Kernels.Tests.Cuda;

public class ElementwiseTests
{
    /// <summary>Four roundings of float32, and as much around results of size one.</summary>
    private const double Relative = 2.5e-7;

    private static readonly double[] Specials =
    [
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1, -1, 1e-30, -1e-30, 1e30, -1e30, 88.5, 89.5, -87, 20,
            -20, 0.5,
        -0.5, -9, 9, 17, 1e-6, 3.1415927, 100, -100, 9000,
    ];

    public static TheoryData<string> UnaryOperations => [.. Enum.GetNames<UnaryOperation>()];

    public static TheoryData<string> BinaryOperations => [.. Enum.GetNames<BinaryOperation>()];

    [Theory]
    [MemberData(nameof(UnaryOperations))]
    public void UnaryAgreesAtEveryLengthAndFromEveryStart(string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var devices = new SimulatedDevices();
        foreach (var (start, count) in new[] { (0, 0), (0, 1), (0, 3), (0, 4), (0, 517), (1, 517), (0, 20_003) })
        {
            var x = devices.Normal(start + count, deviation: 3);
            var y = devices.Output(start + count);
            devices.Run(device => device.Unary(operation, x.Slice(start, count).On(device), y.Slice(start, count).On(device), -0.75, 1.25));
            devices.Compare($"{operation}", $"[{count}] from {start}", y, Relative, Absolute(operation));
        }
    }

    [Theory]
    [MemberData(nameof(UnaryOperations))]
    public void UnaryAgreesAtSpecialValuesInPlace(string operationName)
    {
        var operation = Enum.Parse<UnaryOperation>(operationName);
        using var devices = new SimulatedDevices();
        var x = devices.Floats(Specials);
        devices.Run(device => device.Unary(operation, x.On(device), x.On(device), 0.2, 2));
        devices.Compare($"{operation} of special values", $"[{Specials.Length}]", x, Relative, Absolute(operation), rounded: true);
    }

    [Theory]
    [MemberData(nameof(BinaryOperations))]
    public void BinaryAgreesAtSpecialValues(string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var devices = new SimulatedDevices();

        // A square that float32 cannot hold would be infinite there and finite in the reference.
        var squares = operation is BinaryOperation.TanhGradient or BinaryOperation.SigmoidGradient;
        var values = Array.FindAll(Specials, value => !squares || !(Math.Abs(value) is > 1e18 and < double.PositiveInfinity));
        var n = values.Length;
        var (a, b, y) = (devices.Floats(values), devices.Floats(values), devices.Output(n * n));
        var table = StridedGeometry.Merge([n, n], [1, 0], [0, 1], [n, 1]);
        devices.Run(device => device.Binary(operation, table, a.On(device), b.On(device), y.On(device), 0.25));
        devices.Compare($"{operation} of special values", $"[{n}, 1] and [1, {n}]", y, Relative, AbsoluteBinary(operation) + 1e-37,
            rounded: true);
    }

    [Theory]
    [MemberData(nameof(BinaryOperations))]
    public void BinaryAgreesInEachOfItsKernels(string operationName)
    {
        var operation = Enum.Parse<BinaryOperation>(operationName);
        using var devices = new SimulatedDevices();
        foreach (var start in new[] { 0, 3 })
        {
            Check("flat", StridedGeometry.Merge([1037], [1], [1], [1]));
            Check("row b", StridedGeometry.Merge([37, 28], [28, 1], [0, 1], [28, 1]));
            Check("row a", StridedGeometry.Merge([37, 3], [0, 1], [3, 1], [3, 1]));
            Check("strided", StridedGeometry.Merge([31, 21], [1, 31], [21, 1], [21, 1]));

            void Check(string kernel, StridedGeometry geometry)
            {
                var (a, b, y) = (devices.Normal(start + 1037), devices.Normal(start + 1037), devices.Output(start + 1037));
                var (left, right, result) = (a.Slice(start, 1037), b.Slice(start, 1037), y.Slice(start, 1037));
                devices.Run(device => device.Binary(operation, geometry, left.On(device), right.On(device), result.On(device), 0.9));
                devices.Compare($"{operation}, {kernel}", $"from {start}", y, Relative, AbsoluteBinary(operation));
            }
        }
    }

    public static TheoryData<string, int[], long[], long[], long[]> Broadcasts => new()
    {
        { "contiguous", [30_001], [1], [1], [1] },
        { "empty", [0], [1], [1], [1] },
        { "empty rows", [0, 5], [5, 1], [0, 1], [5, 1] },
        { "number b", [4001], [1], [0], [1] },
        { "number a", [33], [0], [1], [1] },
        { "two numbers", [50], [0], [0], [1] },
        { "row b of 3", [3001, 3], [3, 1], [0, 1], [3, 1] },
        { "row a of 17", [301, 17], [0, 1], [17, 1], [17, 1] },
        { "row b of 256", [37, 256], [256, 1], [0, 1], [256, 1] },
        { "row b of 9000, longer than the grid", [3, 9000], [9000, 1], [0, 1], [9000, 1] },
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
        using var devices = new SimulatedDevices();
        var geometry = StridedGeometry.Merge(extents, a, b, output);
        var (left, right, y) = (devices.Normal(Reach(extents, a)), devices.Normal(Reach(extents, b)),
            devices.Output(Reach(extents, output)));
        foreach (var operation in new[] { BinaryOperation.Subtract, BinaryOperation.AddLeakyRelu })
        {
            devices.Run(device => device.Binary(operation, geometry, left.On(device), right.On(device), y.On(device), 0.3));
            devices.Compare($"{operation}, {pattern}", $"[{string.Join(", ", extents)}]", y, Relative, 2e-7);
        }
    }

    [Fact]
    public void BinaryMayWriteOverEitherInput()
    {
        using var devices = new SimulatedDevices();
        var (a, b) = (devices.Normal(1037), devices.Normal(1037));
        var geometry = StridedGeometry.Merge([1037], [1], [1], [1]);
        devices.Run(device =>
        {
            device.Binary(BinaryOperation.Interpolate, geometry, a.On(device), b.On(device), a.On(device), 0.9);
            device.Binary(BinaryOperation.Subtract, geometry, a.On(device), b.On(device), b.On(device));
        });
        devices.Compare("Interpolate over its first operand", "[1037]", a, Relative, 2.5e-7);
        devices.Compare("Subtract over its second operand", "[1037]", b, Relative, 5e-7);
    }

    /// <summary>Elements that an array must have for all visits of the loops to lie inside.</summary>
    private static long Reach(int[] extents, long[] strides)
    {
        var last = 0L;
        for (var axis = 0; axis < extents.Length; axis++)
            last += Math.Max(0, extents[axis] - 1) * strides[axis];
        return last + 1;
    }

    /// <summary>Results near zero of a sum of terms of size one are right to float32's step at one.</summary>
    private static double Absolute(UnaryOperation operation) => operation switch
    {
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
}
