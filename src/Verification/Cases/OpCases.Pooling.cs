using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Pooling()
    {
        (int[] Extents, int Kernel, int Stride)[] windows =
        [
            ([2, 4, 4, 3], 2, 2), ([1, 6, 4, 17], 2, 2), ([1, 5, 7, 5], 3, 2), ([1, 5, 5, 3], 3, 1), ([2, 7, 5, 3], 2, 3),
                ([2, 1, 1, 33], 1, 1), ([0, 4, 4, 3], 2, 2), ([2, 16, 16, 8], 2, 2),
        ];
        foreach (var (extents, kernel, stride) in windows)
        {
            var x = In(Draw.Distinct, extents);
            yield return Case("pooling", $"max pool {kernel} stride {stride} [{Join(extents)}]", x, t =>
                t.MaxPool(kernel, stride), Tolerance.Elementwise);
        }

        (int[] Extents, int Kernel)[] means =
        [
            ([2, 4, 4, 3], 2), ([1, 8, 4, 17], 4), ([2, 3, 3, 5], 1), ([2, 8, 8, 16], 2), ([1, 6, 9, 3], 3), ([0, 4, 4, 3], 2),
        ];
        foreach (var (extents, kernel) in means)
        {
            var x = In(extents);
            yield return Case("pooling", $"average pool {kernel} [{Join(extents)}]", x, t =>
                t.AveragePool(kernel), Tolerance.Sum(kernel * kernel));
        }

        (int[] Extents, int Factor)[] squares =
            [([2, 2, 3, 3], 2), ([1, 4, 1, 17], 2), ([2, 8, 8, 16], 2), ([1, 2, 2, 5], 3), ([2, 3, 3, 5], 1), ([0, 4, 4, 3], 2)];
        foreach (var (extents, factor) in squares)
        {
            yield return Case("pooling", $"upsample by {factor} [{Join(extents)}]", In(extents), t => t.Upsample(factor),
                Tolerance.Sum(factor * factor));
        }
    }

    /// <summary>Values and indices.</summary>
    private static OpCase MaxPool(string name, PoolingGeometry g) => new("pooling", name, [Image(g)], (device, x) =>
    {
        var call = device.Call(name);
        var (y, indices) = (call.Result(Pooled(g), device.FloatType), call.Result(Pooled(g), ElementType.Int32));
        call.Backend.MaxPool(g, call[x[0]], call[y], call[indices]);
        return [y, indices];
    }, Tolerance.Exact)
    { Orders = 0 };

    /// <summary>The gradient of a pooling: indices as a forward pass leaves them, and what was pooled as the gradient.</summary>
    private static OpCase MaxPoolScatter(string name, PoolingGeometry g) => Primitive("pooling", name, [Image(g)], [Image(g).Shape],
        (backend, x, y) => backend.MaxPoolScatter(g, x[0], x[1], y[0]), Tolerance.Elementwise) with
    { Prepare = MaxPool("", g).Function };

    private static OpInput Image(PoolingGeometry g) => In(g.Batch, g.InputHeight, g.InputWidth, g.Channels);

    private static Shape Pooled(PoolingGeometry g) => new(g.Batch, g.OutputHeight, g.OutputWidth, g.Channels);
}
