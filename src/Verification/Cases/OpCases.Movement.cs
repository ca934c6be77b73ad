using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Movement()
    {
        yield return Move("reshape [2, 6] to [3, 4]", In(2, 6), x => x.Reshape(3, 4));
        yield return Move("reshape [2, 3, 5] to [2, -1]", In(2, 3, 5), x => x.Reshape(2, -1));
        yield return Move("reshape [1] to a scalar", In(1), x => x.Reshape(new Shape()));
        yield return Move("reshape [0, 4] to [2, 0]", In(0, 4), x => x.Reshape(2, 0));

        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        foreach (var order in orders)
            yield return Move($"permute [2, 3, 5] to {Join(order)}", In(2, 3, 5), x => x.Permute(order));
        yield return Move("permute NHWC to NCHW [2, 3, 4, 5]", In(2, 3, 4, 5), x => x.Permute(0, 3, 1, 2));
        yield return Move("permute from the last [2, 3, 4, 5]", In(2, 3, 4, 5), x => x.Permute(-1, 0, -2, 1));
        yield return Move("permute five axes [2, 3, 2, 3, 2]", In(2, 3, 2, 3, 2), x => x.Permute(4, 2, 0, 3, 1));
        yield return Move("transpose [17, 33]", In(17, 33), x => x.Transpose());
        yield return Move("transpose [131, 257]", In(131, 257), x => x.Transpose());
        yield return Move("transpose [0, 3]", In(0, 3), x => x.Transpose());

        foreach (var axis in new[] { 0, 1, 2 })
        {
            yield return Move($"slice middle of axis {axis} [3, 4, 5]", In(3, 4, 5), x => x.Slice(axis, 1, 2));
            yield return Move($"slice end of axis {axis} [3, 4, 5]", In(3, 4, 5), x => x.Slice(axis - 3, x.Shape[axis] - 1, 1));
            yield return Move($"slice nothing of axis {axis} [3, 4, 5]", In(3, 4, 5), x => x.Slice(axis, 1, 0));
            yield return Move($"embed axis {axis} [3, 4, 5]", In(3, 4, 5), x => x.Embed(axis, 2, 9));
            yield return Move($"embed at the start of axis {axis} [3, 4, 5]", In(3, 4, 5), x => x.Embed(axis, 0, 6));
            yield return Case("movement", $"concatenate axis {axis} [3, 4, 5] twice", In(3, 4, 5), In(3, 4, 5), (a, b) =>
                Tensor.Concatenate(axis, a, b), Tolerance.Exact);
        }

        yield return new OpCase("movement", "concatenate [2, 3] [2, 0] [2, 17]", [In(2, 3), In(2, 0), In(2, 17)], (_, x) =>
            Tensor.Concatenate(-1, x), Tolerance.Exact);
        foreach (var (extents, rows) in new (int[], int)[] { ([3, 4, 4, 8], 12), ([2, 3, 5, 7], 3), ([5, 6], 2), ([2, 700, 36], 4) })
        {
            yield return Case("movement", $"join a row of {rows} to each place of [{Join(extents)}]", In(extents), In(extents[0], rows),
                (a, b) => a.JoinEach(b), Tolerance.Sum(extents.Aggregate(1, (all, extent) => all * extent) / extents[^1] / extents[0]));
        }

        // Beside activations of bfloat16 the row may be of float32 still.
        yield return Case("movement", "join a row of the device's float type to each place of [3, 4, 8]", In(3, 4, 8), In(3, 12), (a, b) =>
            a.JoinEach(b.To(b.Device.FloatType)), Tolerance.Sum(4));
        yield return Move("concatenate one tensor with itself [2, 3]", In(2, 3), x => Tensor.Concatenate(1, x, x), Tolerance.Elementwise);
        yield return Case("movement", "concatenate code and noise [4, 64] [4, 10]", In(4, 64), In(4, 10), (code, noise) =>
            Tensor.Concatenate(1, code, noise), Tolerance.Exact);
        yield return Case("movement", "concatenate image and code [2, 4, 4, 17] [2, 1, 1, 5]", In(2, 4, 4, 17), In(2, 1, 1, 5),
            (image, code) => Tensor.Concatenate(3, image, code.BroadcastTo(new Shape(2, 4, 4, 5))), Tolerance.Sum(16));

        (Shape From, Shape To)[] broadcasts =
        [
            (new(3, 1), new(2, 3, 4)), (new(), new(2, 2)), (new(5), new(3, 5)), (new(2, 1, 3), new(2, 4, 3)), (new(2, 3), new(2, 3)),
                (new(1, 3), new(0, 3)),
        ];
        foreach (var (from, to) in broadcasts)
        {
            var copies = Tolerance.Sum(to.Count / from.Count);
            yield return Case("movement", $"broadcast {from} to {to}", new OpInput(from), x => x.BroadcastTo(to), copies);
            yield return Case("movement", $"sum {to} to {from}", new OpInput(to), x => x.SumTo(from), copies);
        }

        (int[] Extents, double[] Offsets)[] shifts =
        [
            ([1, 1, 1, 1], [0, 0]), ([3, 1, 1, 2], [0, 0.4, 0, 1, -1, 0]), ([2, 5, 7, 3], [1, -2, -3, 2]),
                ([3, 4, 6, 1], [0, 0, -1, 5, 3, -5]), ([0, 4, 4, 3], []),
            ([4, 6, 5, 2], [6, 0, 0, -5, 100, -1000, 4e9, 0]), ([4, 5, 4, 17], [0.5, -0.5, 1.49, -1.5, -0.49, 2.5, 2, -2]),
                ([2, 16, 16, 8], [2, -3, -4, 1]),
        ];
        foreach (var (extents, offsets) in shifts)
        {
            yield return Case("movement", $"shift [{Join(extents)}]", In(extents), OpInput.Of(new Shape(extents[0], 2), offsets),
                (x, by) => x.Shift(by), Tolerance.Exact);
        }

        yield return Labels("one hot [5] of 13", In(Draw.Labels, 5), 13);
        yield return Labels("one hot [2, 3] of 4", In(Draw.Labels, 2, 3), 4);
        yield return Labels("one hot [0] of 4", In(Draw.Labels, 0), 4);
    }

    private static OpCase Move(string name, OpInput x, Func<Tensor, Tensor> function, Tolerance? tolerance = null) =>
        Case("movement", name, x, function, tolerance ?? Tolerance.Exact);

    private static OpCase Copy(string name, Shape shape) => new("movement", name, [new OpInput(shape)], (device, x) =>
    {
        var y = Tensor.Uninitialized(device, shape);
        y.CopyFrom(x[0]);
        return y;
    }, Tolerance.Exact)
    { Orders = 0 };

    private static OpCase Labels(string name, OpInput labels, int classes) =>
        Case("movement", name, labels with { Classes = classes }, x => x.OneHot(classes), Tolerance.Exact) with { Orders = 0 };
}
