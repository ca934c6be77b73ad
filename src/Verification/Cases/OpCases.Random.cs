using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static Tolerance BoxAndMuller => new(5e-6, 5e-6,
        "logarithm, root, sine and cosine of Box and Muller in the device's precision");

    /// <summary>The same seed must give the same numbers on every device, and the position must move on as on the reference.</summary>
    private static IEnumerable<OpCase> RandomNumbers()
    {
        var mask = new Tolerance(1e-6, 0, "masks are the same bits of Philox on every device, compared in float32; 1 / keep is rounded");
        var rounded = new Tolerance(1e-6, 1e-6, "uniform numbers are the same float32 on every device, then scaled in its precision");
        foreach (var count in new[] { 1, 4, 7, 1027, 40007 })
        {
            var shape = new Shape(count);
            yield return Draws($"normal [{count}]", stream => stream.Normal(shape, 0.5, 2), BoxAndMuller);
            yield return Draws($"uniform [{count}]", stream => stream.Uniform(shape, -1, 3), rounded);
            yield return Draws($"dropout mask [{count}]", stream => stream.DropoutMask(shape, 0.7), mask);
        }

        yield return Draws("draws in a row", stream =>
            Tensor.Concatenate(0, stream.Normal(new Shape(5)), stream.Uniform(new Shape(9)), stream.Normal(new Shape(0)),
            stream.DropoutMask(new Shape(3), 0.5)), BoxAndMuller);
        yield return Normal("far along the stream", 9, 5_000_000_000);
        yield return Case("random", "dropout [5, 7]", In(5, 7), x =>
        {
            using var stream = new RandomStream(x.Device, 3);
            return x * stream.DropoutMask(x.Shape, 0.7);
        }, Tolerance.Elementwise);
    }

    private static OpCase Draws(string name, Func<RandomStream, Tensor> draw, Tolerance tolerance) =>
        new("random", name, [], (device, _) =>
        {
            using var stream = new RandomStream(device, 20170427, 3);
            return draw(stream);
        }, tolerance)
        { Orders = 0 };

    /// <summary>Normal numbers, and the position that is left.</summary>
    private static OpCase Normal(string name, int count, long position) =>
        new("random", name, [OpInput.Counter(position)], (device, x) =>
        {
            var call = device.Call(name);
            var y = call.Result([count], device.FloatType);
            call.Backend.Random(new(RandomDistribution.Normal, 0, 1), 20170427, 3, call[x[0]], call[y]);
            return [y, x[0]];
        }, BoxAndMuller)
        { Orders = 0 };
}
