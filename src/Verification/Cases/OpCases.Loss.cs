using CrossModal.Kernels;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> LogisticLosses()
    {
        LogisticPart[][] losses =
        [
            [new(1, 1)], [new(5, 0)], [new(64, 1)], [new(700, 0.9)], [new(16, 1), new(16, 0, 0.5), new(16, 0, 0.5)],
            [new(3, 0.9), new(7, 0, 0.5), new(40, 0.25, 2), new(300, 1, 0.1)],
        ];
        foreach (var parts in losses)
        {
            var count = parts.Sum(part => part.Count);
            var name = string.Join(", ", parts.Select(part => $"{part.Weight} x {part.Count} to {part.Target}"));
            yield return Case("loss", $"logistic loss {name}", In(count), x => x.LogisticLoss(parts, out _), Tolerance.Sum(count));
            yield return new OpCase("loss", $"logistic loss far out, and what is shown of it, {name}", [In(Draw.Wide, count)], (_, x) =>
            {
                x[0].LogisticLoss(parts, out var shown);
                return [shown];
            }, Tolerance.Sum(count)) with
            { Orders = 0 };
        }
    }
}
