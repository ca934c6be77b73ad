using CrossModal.Kernels;
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

        // A logit of −∞ says that a class cannot be.
        var masked = OpInput.Of([2, 4], double.NegativeInfinity, 0.5, 1, -2, 3, double.NegativeInfinity, -3, 0);
        var labels = OpInput.Of([2], 2, 0) with { Type = ElementType.Int32 };
        yield return WithSlope("softmax", "log softmax with masked classes", [masked], x => x[0].LogSoftmax());
        yield return WithSlope("softmax", "softmax with masked classes", [masked], x => x[0].Softmax());
        yield return WithSlope("softmax", "cross entropy beside masked classes", [masked, labels], x =>
            -x[0].LogSoftmax().Where(x[1].OneHot(4)).Sum());
    }
}
