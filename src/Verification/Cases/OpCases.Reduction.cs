using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Reductions()
    {
        // Every subset of three axes, and the default, which is all of them.
        var extents = new[] { 2, 3, 5 };
        for (var subset = 0; subset < 8; subset++)
        {
            var axes = Enumerable.Range(0, 3).Where(axis => (subset >> axis & 1) != 0).ToArray();
            foreach (var opCase in Reductions(extents, axes, keep: subset % 2 == 0))
                yield return opCase;
        }

        foreach (var opCase in Reductions([2, 3, 5], [-1], keep: true).Concat(Reductions([2, 3, 2, 3, 2], [0, 2, 4], keep: false))
            .Concat(Reductions([2, 3, 2, 3, 2], [1, 3], keep: true))
            .Concat(Reductions([1, 4, 1], [0, 2], keep: false)).Concat(Reductions([1], [0], keep: true))
                .Concat(Reductions([257, 33], [0], keep: false))
            .Concat(Reductions([33, 257], [1], keep: false)).Concat(Reductions([40007], [0], keep: false))
                .Concat(Reductions([3, 129, 35], [1], keep: false)))
            yield return opCase;

        yield return Reduce("sum of nothing [0, 3]", [0, 3], x => x.Sum([0]));
        yield return Reduce("sum of nothing at all [2, 0]", [2, 0], x => x.Sum());
        yield return Reduce("sum of an empty batch [0, 3]", [0, 3], x => x.Sum([1]));
        yield return Reduce("sum of a scalar []", [], x => x.Sum());
    }

    private static IEnumerable<OpCase> Reductions(int[] extents, int[] axes, bool keep)
    {
        var name = $"[{Join(extents)}] over {(axes.Length == 0 ? "all" : Join(axes))}{(keep ? ", kept" : "")}";
        yield return Reduce($"sum {name}", extents, x => x.Sum(axes, keep));
        yield return Reduce($"mean {name}", extents, x => x.Mean(axes, keep));
        yield return Reduce($"maximum {name}", extents, x =>
            x.Maximum(axes, keep), Draw.Distinct) with
        { Tolerance = Tolerance.Elementwise };
    }

    private static OpCase Reduce(string name, int[] extents, Func<Tensor, Tensor> function, Draw draw = Draw.Normal)
    {
        var x = In(draw, extents);
        return Case("reduction", name, x, function, Tolerance.Sum(x.Shape.Count));
    }
}
