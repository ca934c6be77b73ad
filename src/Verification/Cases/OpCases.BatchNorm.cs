using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private const double Epsilon = 1e-5;

    private static IEnumerable<OpCase> BatchNorms()
    {
        (int[] Extents, int Groups)[] sizes =
        [
            ([4, 3], 1), ([6, 17], 2), ([2, 3, 3, 5], 1), ([4, 2, 3, 3], 2), ([6, 2, 2, 17], 3), ([5, 1, 1, 33], 1), ([2, 8, 8, 16], 1),
                ([4, 3, 1, 1], 2),
        ];
        double[] slopes = [1, 0, 0.2];
        foreach (var (extents, groups) in sizes)
        {
            foreach (var slope in slopes)
            {
                yield return Normalize($"batch norm [{Join(extents)}] groups {groups} slope {slope}", extents, groups,
                    x => x[0].BatchNorm(x[1], x[2], groups, Epsilon, slope, out _, out _));
            }

            var opCase = Normalize($"batch norm statistics [{Join(extents)}] groups {groups}", extents, groups, x => x[0]);
            yield return opCase with
            {
                Orders = 0,
                Function = (_, x) =>
                {
                    x[0].BatchNorm(x[1], x[2], groups, Epsilon, 1, out var mean, out var variance);
                    return [mean, variance];
                },
            };
        }

        // One row a group: the variance is zero and what is left is the shift. An epsilon that keeps the third derivatives, 1 / ε^1.5,
        // within reach of differences.
        yield return Normalize("batch norm one row [2, 1, 1, 5] groups 2", [2, 1, 1, 5], 2, x =>
            x[0].BatchNorm(x[1], x[2], 2, 0.1, 0.2, out _, out _));

        // Numbers far from zero: a variance from E[x²] − E[x]² in float32 would be noise.
        yield return Normalize("batch norm far from zero [8, 2, 2, 5]", [8, 2, 2, 5], 1, x =>
            (x[0] + 100).BatchNorm(x[1], x[2], 1, Epsilon, 0.2, out _, out _)) with
        {
            Tolerance = new Tolerance(1e-3, 1e-4,
                "100 + x is rounded to 4e-6 before the mean is taken off, and the gradient divides by the deviation"),
        };
        yield return Normalize("batch norm [40, 16, 16, 3] slope 0.2", [40, 16, 16, 3], 1, x =>
            x[0].BatchNorm(x[1], x[2], 1, Epsilon, 0.2, out _, out _));

        foreach (var (groups, channels) in new[] { (1, 5), (3, 17), (2, 300) })
        {
            yield return new OpCase("batch_norm", $"batch norm running statistics [{groups}, {channels}]",
                [In(groups, channels), In(Draw.Positive, groups, channels), In(channels), In(Draw.Positive, channels)], (_, x) =>
                {
                    new MovingStatistics(x[2], x[3], Momentum: 0.1, Correction: 1.25).Move(x[0], x[1]);
                    return [x[2], x[3]];
                }, Tolerance.Elementwise)
            { Orders = 0 };
        }

        foreach (var (groups, rows, channels) in new[] { (1, 40, 5), (3, 400, 8), (2, 600, 36), (3, 7, 300) })
        {
            yield return new OpCase("batch_norm", $"batch norm moves running statistics [{groups} x {rows}, {channels}]",
                [In(groups * rows, channels), In(channels), In(channels), In(channels), In(Draw.Positive, channels)], (_, x) =>
                [
                    x[0].BatchNorm(x[1], x[2], groups, Epsilon, 0.2, new MovingStatistics(x[3], x[4], Momentum: 0.1, Correction: 1.25)),
                    x[3], x[4],
                ], Tolerance.Normalized(rows)) with
            { Orders = 0 };
        }

        foreach (var slope in slopes)
        {
            yield return NormalizeWith($"batch norm with statistics, slope {slope} [3, 2, 2, 5]", [3, 2, 2, 5], x =>
                x[0].BatchNormWith(x[3], x[4], x[1], x[2], Epsilon, slope));
            yield return NormalizeWith($"batch norm with statistics, fused, slope {slope} [3, 2, 2, 17]", [3, 2, 2, 17], x =>
            {
                using var pause = Tape.Paused();
                return x[0].BatchNormWith(x[3], x[4], x[1], x[2], Epsilon, slope);
            }) with
            { Orders = 0 };
        }
    }

    /// <summary>
    /// Behind a convolution that is asked for the statistics of what it writes: a device may do so where each group is made of whole
    /// tiles.
    /// </summary>
    private static IEnumerable<OpCase> NormsBehindConvolutions()
    {
        (string What, ConvolutionGeometry Geometry, int Groups)[] sizes =
        [
            ("few rows", Square(4, 6, 6, 3, 5, 4, 4, 2, 1), 2), ("a tile a group", Square(6, 16, 16, 16, 24, 4, 4, 2, 1), 3),
            ("part of a tile", Square(6, 16, 16, 8, 16, 4, 4, 2, 1), 2), ("many tiles", Square(96, 16, 16, 8, 16, 4, 4, 2, 1), 1),
            ("1x1", Square(24, 4, 4, 40, 32, 1, 1, 1, 0), 3),
        ];
        foreach (var (what, g, groups) in sizes)
        {
            var (input, weight, output) = Arrays(g);
            var options = new ConvolutionOptions(g.StrideHeight, g.PaddingHeight);
            var small = g.OutputCount < 1000;
            yield return Behind("convolution", input, g.OutputChannels, (x, w, asked) => x.Convolution(w, options, asked));
            yield return Behind("transposed convolution", output, g.InputChannels,
                (x, w, asked) => x.ConvolutionTransposed(w, options, asked));

            OpCase Behind(string form, OpInput x, int channels, Func<Tensor, Tensor, AskedStatistics, Tensor> convolve) =>
                new("batch_norm", $"batch norm behind a {form}: {what} {x.Shape} {weight.Shape} groups {groups}",
                    [x, weight, In(Draw.Nonzero, channels), In(channels), In(channels), In(Draw.Positive, channels)], (_, x) =>
                    {
                        var asked = new AskedStatistics(groups, _ => new(x[4], x[5], Momentum: 0.1, Correction: 1.25));
                        var y = convolve(x[0], x[1], asked);
                        return [y.BatchNorm(x[2], x[3], asked, Epsilon, 0.2), x[4], x[5]];
                    }, Tolerance.Sum(LongestSum(g)))
                { Operations = g.Operations, ProductTerms = LongestSum(g), Orders = small ? 2 : 0 };
        }
    }

    private static OpCase Normalize(string name, int[] extents, int groups, Func<Tensor[], Tensor> function)
    {
        var x = In(extents);
        var channels = extents[^1];
        return new OpCase("batch_norm", name, [x, In(Draw.Nonzero, channels), In(channels)], (_, inputs) =>
            function(inputs), Tolerance.Normalized(x.Shape.Count / channels / groups));
    }

    private static OpCase NormalizeWith(string name, int[] extents, Func<Tensor[], Tensor> function)
    {
        var opCase = Normalize(name, extents, 1, function);
        return opCase with
        {
            Inputs = [.. opCase.Inputs, In(extents[^1]), In(Draw.Positive, extents[^1])],
        };
    }

    // The three kernels by themselves.

    private static OpCase Statistics(string name, BatchNormGeometry g) => Primitive("batch_norm", name, [Rows(g)],
        [new(g.Groups, g.Channels), new(g.Groups, g.Channels)], (backend, x, y) => backend.BatchNormStatistics(g, x[0], y[0], y[1]),
        Tolerance.Normalized(g.Rows));

    private static OpCase Apply(string name, BatchNormGeometry g) => Primitive("batch_norm", name, [Rows(g), .. Channels(g)],
        [Rows(g).Shape], (backend, x, y) => backend.BatchNormApply(g, new(x[0], x[1], x[2], x[3], x[4]), y[0]),
        Tolerance.Normalized(g.Rows));

    /// <summary>
    /// The sums over all of x and its gradient come before the first element that is written, so both are read twice where they do not stay
    /// on the chip.
    /// </summary>
    private static OpCase Gradient(string name, BatchNormGeometry g) => Primitive("batch_norm", name, [Rows(g), .. Channels(g), Rows(g)],
        [Rows(g).Shape, new(g.Channels), new(g.Channels)],
        (backend, x, y) => backend.BatchNormGradient(g, x[5], new(x[0], x[1], x[2], x[3], x[4]), new(y[0], y[1], y[2])),
        Tolerance.Normalized(g.Rows * (long)g.Groups)) with
    { BytesReadAgain = 2 * sizeof(float) * Rows(g).Shape.Count };

    private static OpInput Rows(BatchNormGeometry g) => In(g.Groups * g.Rows, g.Channels);

    /// <summary>Mean, variance, scale and shift.</summary>
    private static OpInput[] Channels(BatchNormGeometry g) =>
        [In(g.Groups, g.Channels), In(Draw.Positive, g.Groups, g.Channels), In(g.Channels), In(g.Channels)];
}
