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
                t.MaxPool(kernel, stride), Tolerance.Elementwise) with
            { Operations = x.Shape.Count };
        }

        (int[] Extents, int Kernel)[] means = [([2, 4, 4, 3], 2), ([1, 8, 4, 17], 4), ([2, 3, 3, 5], 1), ([0, 4, 4, 3], 2)];
        foreach (var (extents, kernel) in means)
        {
            var x = In(extents);
            yield return Case("pooling", $"average pool {kernel} [{Join(extents)}]", x, t =>
                t.AveragePool(kernel), Tolerance.Sum(kernel * kernel)) with
            { Operations = x.Shape.Count };
        }
    }
}
