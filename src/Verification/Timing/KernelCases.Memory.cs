using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

// What is bound by moving bytes: everything but the products.
public static partial class KernelCases
{
    private const double NormalMean = 0, NormalDeviation = 1;

    public static KernelCase BatchNormStatistics(string name, BatchNormGeometry g) =>
        Normalize(name, g, [new(Count(g)), Out(Statistics(g)), Out(Statistics(g))], (backend, a) =>
            backend.BatchNormStatistics(g, a[0], a[1], a[2]));

    public static KernelCase BatchNormApply(string name, BatchNormGeometry g) =>
        Normalize(name, g, [new(Count(g)), new(Statistics(g)), Positive(Statistics(g)), new(g.Channels), new(g.Channels), Out(Count(g))],
            (backend, a) => backend.BatchNormApply(g, a[0], a[1], a[2], a[3], a[4], a[5]));

    /// <summary>
    /// The sums over all of x and its gradient come before the first element that is written, so both are read twice where they do not stay
    /// on the chip.
    /// </summary>
    public static KernelCase BatchNormGradient(string name, BatchNormGeometry g) =>
        Normalize(name, g,
            [
                new(Count(g)), new(Count(g)), new(Statistics(g)), Positive(Statistics(g)), new(g.Channels), new(g.Channels),
                Out(Count(g)), Out(g.Channels), Out(g.Channels),
            ],
            (backend, a) => backend.BatchNormGradient(g, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8])) with
        {
            Bytes = 4 * (5 * Count(g) + 2 * Statistics(g) + 4L * g.Channels),
        };

    public static KernelCase Unary(string name, UnaryOperation operation, long count, double a = 0) =>
        new("elementwise", name, $"[{count}]", [new(count), Out(count)], (backend, x) =>
            backend.Unary(operation, x[0], x[1], a), Tolerance.Elementwise);

    /// <summary>Two arrays of the same shape.</summary>
    public static KernelCase Binary(string name, BinaryOperation operation, int count, double alpha = 0)
    {
        var geometry = StridedGeometry.Merge([count], [1], [1], [1]);
        return new("elementwise", name, $"[{count}]", [new(count), new(count), Out(count)],
            (backend, a) => backend.Binary(operation, geometry, a[0], a[1], a[2], alpha), Tolerance.Elementwise);
    }

    /// <summary>LeakyReLU of x[rows, channels] + bias[channels].</summary>
    public static KernelCase AddLeakyRelu(string name, int rows, int channels, double slope) =>
        WithBias(name, BinaryOperation.AddLeakyRelu, rows, channels, slope);

    /// <summary>x[rows, channels] + bias[channels].</summary>
    public static KernelCase AddBias(string name, int rows, int channels) => WithBias(name, BinaryOperation.Add, rows, channels, 0);

    /// <summary>The sum over the middle axis.</summary>
    public static KernelCase Sum(string name, ReductionGeometry g) =>
        new("reduction", name, $"[{g.Outer}, {g.Reduced}, {g.Inner}] over its middle axis",
            [new((long)g.Outer * g.Reduced * g.Inner), Out((long)g.Outer * g.Inner)],
            (backend, a) => backend.Reduce(ReductionOperation.Sum, g, a[0], a[1]), Tolerance.Sum(g.Reduced));

    public static KernelCase LogSoftmax(string name, int rows, int columns) =>
        new("softmax", name, $"[{rows}, {columns}]", [new((long)rows * columns), Out((long)rows * columns)],
            (backend, a) => backend.LogSoftmax(rows, columns, a[0], a[1]), Tolerance.Sum(columns));

    public static KernelCase MaxPool(string name, PoolingGeometry g) =>
        new("pooling", name, Shape(g), [new(g.InputCount), Out(g.OutputCount), Out(g.OutputCount) with { Type = ElementType.Int32 }],
            (backend, a) => backend.MaxPool(g, a[0], a[1], a[2]), Tolerance.Exact);

    public static KernelCase MaxPoolScatter(string name, PoolingGeometry g) =>
        new("pooling", name, Shape(g),
            [new(g.OutputCount), new(g.OutputCount, Type: ElementType.Int32, Content: ArrayContent.Constant), Out(g.InputCount)],
            (backend, a) => backend.MaxPoolScatter(g, a[0], a[1], a[2]), Tolerance.Elementwise)
        {
            // Indices as a forward pass leaves them; what it pools serves as gradient.
            Prepare = (backend, a) => backend.MaxPool(g, a[2], a[0], a[1]),
        };

    public static KernelCase Normal(string name, long count) =>
        new("random", name, $"[{count}]", [new(1, ArrayRole.Both, ArrayContent.Constant, 40, ElementType.Int64), Out(count)],
            (backend, a) => backend.Random(RandomDistribution.Normal, 2017, 3, a[0], a[1], NormalMean, NormalDeviation),
            new Tolerance(5e-6, 5e-6, "logarithm, root, sine and cosine of Box and Muller in float32"));

    public static KernelCase Adam(string name, long count)
    {
        var constants = new AdamConstants(0.5f);
        return new("optimizer", name, $"[{count}]",
            [
                new(1, Content: ArrayContent.Constant, Value: 2e-4),
                    new(1, Content: ArrayContent.Constant, Value: 7, Type: ElementType.Int64),
                new(count, ArrayRole.Both), new(count), new(count, ArrayRole.Both), new(count, ArrayRole.Both, ArrayContent.Positive),
            ],
            (backend, a) => backend.Adam(constants, a[0], a[1], a[2], a[3], a[4], a[5]), Tolerance.Elementwise);
    }

    /// <summary>The step of several arrays at once.</summary>
    public static KernelCase AdamAll(string name, params long[] counts)
    {
        var constants = new AdamConstants(0.5f);
        var one = Adam(name, 1);
        return new("optimizer", name, $"{counts.Length} arrays, [{counts.Sum()}] in all",
            [one.Arrays[0], one.Arrays[1], .. counts.SelectMany(count => Adam(name, count).Arrays[2..])],
            (backend, a) =>
            {
                var arrays = new AdamArrays[counts.Length];
                for (var i = 0; i < arrays.Length; i++)
                    arrays[i] = new AdamArrays(a[4 * i + 2], a[4 * i + 3], a[4 * i + 4], a[4 * i + 5]);
                backend.AdamAll(constants, a[0], a[1], arrays);
            }, Tolerance.Elementwise);
    }

    /// <summary>[rows, a] and [rows, b] side by side to [rows, a + b].</summary>
    public static KernelCase Concatenate(string name, int rows, int a, int b)
    {
        var (left, right) = (Part(rows, a, a + b), Part(rows, b, a + b));
        return new("movement", name, $"[{rows}, {a}] and [{rows}, {b}]",
            [new((long)rows * a), new((long)rows * b), Out((long)rows * (a + b))],
            (backend, x) =>
            {
                backend.StridedCopy(left, x[0], x[2]);
                backend.StridedCopy(right, x[1], x[2].Slice(a, x[2].Count - a));
            }, Tolerance.Exact);
    }

    /// <summary>[rows, channels] to [rows, times, channels], each row repeated.</summary>
    public static KernelCase Tile(string name, int rows, int times, int channels)
    {
        var geometry = StridedGeometry.Merge([rows, times, channels], [channels, 0, 1], [0, 0, 0], [(long)times * channels, channels, 1]);
        return new("movement", name, $"[{rows}, {channels}] to [{rows}, {times}, {channels}]",
            [new((long)rows * channels), Out((long)rows * times * channels)],
            (backend, a) => backend.StridedCopy(geometry, a[0], a[1]), Tolerance.Exact);
    }

    /// <summary>Images moved each by its own offset, by some pixels either way.</summary>
    public static KernelCase Shift(string name, ShiftGeometry g) =>
        new("movement", name, $"[{g.Batch}, {g.Height}, {g.Width}, {g.Channels}]", [new(g.Count), new(2L * g.Batch), Out(g.Count)],
            (backend, a) => backend.Shift(g, a[0], a[1], a[2]), Tolerance.Exact);

    public static KernelCase Copy(string name, int count)
    {
        var geometry = StridedGeometry.Merge([count], [1], [0], [1]);
        return new("movement", name, $"[{count}]", [new(count), Out(count)], (backend, a) =>
            backend.StridedCopy(geometry, a[0], a[1]), Tolerance.Exact);
    }

    public static KernelCase Fill(string name, long count) =>
        new("movement", name, $"[{count}]", [Out(count)], (backend, a) => backend.Fill(a[0], 0.5), Tolerance.Exact);

    private static KernelCase WithBias(string name, BinaryOperation operation, int rows, int channels, double alpha)
    {
        var geometry = StridedGeometry.Merge([rows, channels], [channels, 1], [0, 1], [channels, 1]);
        var count = (long)rows * channels;
        return new("elementwise", name, $"[{rows}, {channels}] and [{channels}]", [new(count), new(channels), Out(count)],
            (backend, a) => backend.Binary(operation, geometry, a[0], a[1], a[2], alpha), Tolerance.Elementwise);
    }

    private static KernelCase Normalize(string name, BatchNormGeometry g, KernelArray[] arrays, Action<Backend, DeviceArray[]> run) =>
        new("batch_norm", name, $"[{g.Groups}, {g.Rows}, {g.Channels}]", arrays, run, Tolerance.Normalized(g.Rows * (long)g.Groups));

    private static StridedGeometry Part(int rows, int columns, int pitch) =>
        StridedGeometry.Merge([rows, columns], [columns, 1], [0, 0], [pitch, 1]);

    private static KernelArray Positive(long count) => new(count, Content: ArrayContent.Positive);

    private static long Count(BatchNormGeometry g) => (long)g.Groups * g.Rows * g.Channels;

    private static long Statistics(BatchNormGeometry g) => (long)g.Groups * g.Channels;

    private static string Shape(PoolingGeometry g) => $"[{g.Batch}, {g.InputHeight}, {g.InputWidth}, {g.Channels}], windows of {g.Kernel}";
}
