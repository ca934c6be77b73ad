using FsCheck;
using FsCheck.Fluent;

namespace CrossModal.Tensors.Tests;

/// <summary>
/// Shapes by chance, on both devices, against plain loops. The numbers are small integers, whose products and sums float32 holds exactly:
/// so results must be equal, not close.
/// </summary>
public sealed class RandomShapesTests : IDisposable
{
    private readonly Device[] _devices = [Device.Open("reference"), Device.Open("cpu", threads: 2)];

    public void Dispose()
    {
        foreach (var device in _devices)
        {
            Assert.Equal(0, device.LiveBytes);
            device.Dispose();
        }
    }

    [Fact]
    public void Broadcasting()
    {
        // Each axis: its extent, and whether the first and the second operand have it in full.
        var axes = (from extent in Gen.Choose(1, 6)
                    from a in Gen.Elements(true, false)
                    from b in Gen.Elements(true, false)
                    select (extent,
            a, b)).ArrayOf();
        var cases = from list in axes
                    from drop in Gen.Choose(0, 2)
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (List: list.Take(5)
            .ToArray(), Drop: drop, Seed: seed);
        Check(cases, (device, given) =>
        {
            // The second operand may lack leading axes.
            var a = new Shape([.. given.List.Select(axis => axis.a ? axis.extent : 1)]);
            var b = new Shape([.. given.List.Skip(given.Drop).Select(axis => axis.b ? axis.extent : 1)]);
            var (x, y) = (Integers(a, given.Seed), Integers(b, given.Seed + 1));
            var result = Tensor.From(device, a, x) * Tensor.From(device, b, y) - Tensor.From(device, b, y);
            var shape = Shape.Broadcast("multiply", a, b);
            Assert.Equal(shape, result.Shape);
            var actual = result.ToDoubles();
            for (var i = 0; i < actual.Length; i++)
            {
                var index = Index(shape, i);
                Assert.Equal(At(a, x, index) * At(b, y, index) - At(b, y, index), actual[i]);
            }

            // Back by the transpose: <broadcast b, c> = <b, sum c>.
            var summed = Tensor.From(device, shape, Enumerable.Repeat(1.0, (int)shape.Count).ToArray()).SumTo(b).ToDoubles();
            Assert.All(summed, value => Assert.Equal((double)shape.Count / b.Count, value));
        });
    }

    [Fact]
    public void Reductions()
    {
        var cases = from extents in Gen.Choose(1, 7).ArrayOf()
                    from axes in Gen.Choose(1, 31)
                    from keep in Gen.Elements(true, false)
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (Shape: new Shape(extents.Take(5).ToArray()), Axes: axes, Keep: keep, Seed: seed);
        Check(cases, (device, given) =>
        {
            var axes = Enumerable.Range(0, given.Shape.Rank).Where(axis => (given.Axes >> axis & 1) != 0).ToArray();
            var x = Integers(given.Shape, given.Seed);
            var all = axes.Length == 0;
            var kept = new Shape([.. given.Shape.Extents.ToArray().Select((extent, axis) => all || axes.Contains(axis) ? 1 : extent)]);
            var (sums, maxima) = (new double[kept.Count], Enumerable.Repeat(double.NegativeInfinity, (int)kept.Count).ToArray());
            for (var i = 0; i < x.Length; i++)
            {
                var to = Offset(kept, Index(given.Shape, i));
                (sums[to], maxima[to]) = (sums[to] + x[i], Math.Max(maxima[to], x[i]));
            }

            var tensor = Tensor.From(device, given.Shape, x);
            var sum = tensor.Sum(axes, given.Keep);
            Assert.Equal(given.Keep ? kept.Rank : all ? 0 : given.Shape.Rank - axes.Length, sum.Shape.Rank);
            Assert.Equal(sums, sum.ToDoubles());
            Assert.Equal(maxima, tensor.Maximum(axes, given.Keep).ToDoubles());
        });
    }

    [Fact]
    public void Permutations()
    {
        var cases = from extents in Gen.Choose(1, 6)
            .ArrayOf()
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (Shape: new Shape(extents.Take(5).ToArray()), Seed: seed);
        Check(cases, (device, given) =>
        {
            var order = Enumerable.Range(0, given.Shape.Rank).ToArray();
            new Kernels.CountedRandom((ulong)given.Seed).Shuffle<int>(order);
            var x = Integers(given.Shape, given.Seed);
            var y = Tensor.From(device, given.Shape, x).Permute(order);
            var actual = y.ToDoubles();
            for (var i = 0; i < actual.Length; i++)
            {
                var index = Index(y.Shape, i);
                var source = new int[order.Length];
                for (var axis = 0; axis < order.Length; axis++)
                    source[order[axis]] = index[axis];
                Assert.Equal(x[Offset(given.Shape, source)], actual[i]);
            }
        });
    }

    [Fact]
    public void MatrixProducts()
    {
        var cases = from m in Gen.Choose(1, 40)
                    from n in Gen.Choose(1, 40)
                    from k in Gen.Choose(1, 40)
                    from transposes in Gen.Choose(0, 3)
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (M: m, N: n, K: k, Transposes: transposes, Seed: seed);
        Check(cases, (device, given) =>
        {
            var (m, n, k) = (given.M, given.N, given.K);
            var (first, second) = ((given.Transposes & 1) != 0, (given.Transposes & 2) != 0);
            var (a, b) = (first ? new Shape(k, m) : new Shape(m, k), second ? new Shape(n, k) : new Shape(k, n));
            var (x, y) = (Integers(a, given.Seed), Integers(b, given.Seed + 1));
            var actual = Tensor.From(device, a, x).MatrixProduct(Tensor.From(device, b, y), first, second).ToDoubles();
            for (var row = 0; row < m; row++)
            {
                for (var column = 0; column < n; column++)
                {
                    var sum = 0.0;
                    for (var i = 0; i < k; i++)
                        sum += x[first ? i * m + row : row * k + i] * y[second ? column * k + i : i * n + column];
                    Assert.Equal(sum, actual[row * n + column]);
                }
            }
        });
    }

    [Fact]
    public void Convolutions()
    {
        var cases = from batch in Gen.Choose(0, 3)
                    from height in Gen.Choose(1, 9)
                    from width in Gen.Choose(1, 9)
                    from inputs in Gen.Choose(1, 9)
                    from outputs in Gen.Choose(1, 9)
                    from kernelHeight in Gen.Choose(1, 4)
                    from kernelWidth in Gen.Choose(1, 4)
                    from stride in Gen.Choose(1, 3)
                    from padding in Gen.Choose(0, 3)
                    from dilation in Gen.Choose(1, 3)
                    from seed in Gen.Choose(0, int.MaxValue)
                    where height + 2 * padding > dilation * (kernelHeight - 1) && width + 2 * padding > dilation * (kernelWidth - 1)
                    select (Input: new Shape(batch, height, width, inputs), Weight: new Shape(outputs, kernelHeight, kernelWidth, inputs),
                        Options: new ConvolutionOptions(stride, padding, dilation), Seed: seed);
        Check(cases, (device, given) =>
        {
            var (stride, padding, dilation) = given.Options;
            var (x, w) = (Integers(given.Input, given.Seed), Integers(given.Weight, given.Seed + 1));
            var (input, weight) = (Tensor.From(device, given.Input, x), Tensor.From(device, given.Weight, w));
            input.RequiresGradient = weight.RequiresGradient = true;
            var y = input.Convolution(weight, given.Options);
            var g = Integers(y.Shape, given.Seed + 2);
            var expected = new double[y.Count];
            var (inputGradient, weightGradient) = (new double[input.Count], new double[weight.Count]);
            for (var i = 0; i < expected.Length; i++)
            {
                var at = Index(y.Shape, i);
                for (var tap = 0; tap < given.Weight.Count / given.Weight[0]; tap++)
                {
                    var place = tap + at[3] * (int)(given.Weight.Count / given.Weight[0]);
                    var of = Index(given.Weight, place);
                    var (row, column) = (at[1] * stride + of[1] * dilation - padding, at[2] * stride + of[2] * dilation - padding);
                    if (row < 0 || row >= given.Input[1] || column < 0 || column >= given.Input[2])
                        continue;
                    var from = Offset(given.Input, [at[0], row, column, of[3]]);
                    expected[i] += x[from] * w[place];
                    inputGradient[from] += g[i] * w[place];
                    weightGradient[place] += g[i] * x[from];
                }
            }

            Assert.Equal(expected, y.ToDoubles());
            var gradients = Tape.Gradients((y * Tensor.From(device, y.Shape, g)).Sum(), [input, weight]);
            Assert.Equal(inputGradient, gradients[0].ToDoubles());
            Assert.Equal(weightGradient, gradients[1].ToDoubles());
        });
    }

    private void Check<T>(Gen<T> cases, Action<Device, T> test) => Prop.ForAll(cases.ToArbitrary(), given =>
    {
        foreach (var device in _devices)
        {
            using var scope = new Scope();
            test(device, given);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    /// <summary>Whole numbers from −4 to 4.</summary>
    private static double[] Integers(Shape shape, int seed)
    {
        var random = new Kernels.CountedRandom((ulong)seed);
        return [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (double)(random.NextInt(9) - 4))];
    }

    private static int[] Index(Shape shape, long offset) =>
        [.. shape.Strides().Select((stride, axis) => (int)(offset / stride % shape[axis]))];

    /// <summary>Where an index of a broadcast result lies in an operand.</summary>
    private static long Offset(Shape shape, int[] index) =>
        shape.Strides().Select((stride, axis) => shape[axis] == 1 ? 0 : stride * index[index.Length - shape.Rank + axis]).Sum();

    private static double At(Shape shape, double[] values, int[] index) => values[Offset(shape, index)];
}
