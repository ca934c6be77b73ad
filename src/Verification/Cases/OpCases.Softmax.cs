using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Softmax()
    {
        (int[] Extents, Draw Draw)[] rows = [([4, 13], Draw.Normal), ([1, 1], Draw.Normal), ([3, 17], Draw.Normal),
            ([2, 3, 5], Draw.Normal), ([7], Draw.Normal), ([0, 4], Draw.Normal), ([5, 33], Draw.Wide)];
        foreach (var (extents, draw) in rows)
        {
            var x = In(draw, extents);
            yield return Case("softmax", $"log softmax [{Join(extents)}]{(draw == Draw.Wide ? " far out" : "")}", x, t =>
                t.LogSoftmax(), Tolerance.Sum(extents[^1]));
            yield return Case("softmax", $"softmax [{Join(extents)}]{(draw == Draw.Wide ? " far out" : "")}", x, t =>
                t.Softmax(), Tolerance.Sum(extents[^1]));
        }

        yield return Case("softmax", "cross entropy [4, 13]", In(4, 13), In(Draw.Labels, 4) with { Classes = 13 }, (x, labels) =>
            -(x.LogSoftmax() * labels.OneHot(13)).Sum() / 4, Tolerance.Sum(52));
    }
}
