using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    /// <summary>The same seed must give the same numbers on every device, and the position must move on as on the reference.</summary>
    private static IEnumerable<OpCase> RandomNumbers()
    {
        var exact = new Tolerance(0, 0, "masks are the same bits of Philox on every device, compared in float32");
        var rounded = new Tolerance(1e-6, 1e-6, "uniform numbers are the same float32 on every device, then scaled in its precision");
        var normal = new Tolerance(5e-6, 5e-6, "logarithm, root, sine and cosine of Box and Muller in the device's precision");
        foreach (var count in new[] { 1, 4, 7, 1027, 40007 })
        {
            var shape = new Shape(count);
            yield return Draws($"normal [{count}]", stream => stream.Normal(shape, 0.5, 2), normal);
            yield return Draws($"uniform [{count}]", stream => stream.Uniform(shape, -1, 3), rounded);
            yield return Draws($"dropout mask [{count}]", stream =>
                stream.DropoutMask(shape, 0.7), exact with { Absolute = 1e-6, Reason = exact.Reason + "; 1 / keep is rounded" });
        }

        yield return Draws("draws in a row", stream =>
            Tensor.Concatenate(0, stream.Normal(new Shape(5)), stream.Uniform(new Shape(9)), stream.Normal(new Shape(0)),
            stream.DropoutMask(new Shape(3), 0.5)), normal);
        yield return Draws("far along the stream", stream =>
        {
            stream.Position = 5_000_000_000;
            return stream.Normal(new Shape(9));
        }, normal);
        yield return Case("random", "dropout [5, 7]", In(5, 7), x =>
            x * new RandomStream(x.Device, 3).DropoutMask(x.Shape, 0.7), Tolerance.Elementwise);
    }

    private static OpCase Draws(string name, Func<RandomStream, Tensor> draw, Tolerance tolerance) =>
        new("random", name, [], (device, _) => draw(new RandomStream(device, 20170427, 3)), tolerance) { Orders = 0 };
}
