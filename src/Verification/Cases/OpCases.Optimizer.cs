using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Optimizers()
    {
        foreach (var count in new[] { 1, 5, 33, 40007 })
        {
            yield return Update($"adam [{count}]", count, (rate, p, g) => ThreeSteps(new AdamConstants(0.5f), rate, p, g));
            yield return Update($"adam with decay [{count}]", count, (rate, p, g) =>
                ThreeSteps(new AdamConstants(WeightDecay: 0.01f), rate, p, g));
            yield return Update($"adam in parts [{count}]", count, AdamInParts);
            yield return Update($"sgd [{count}]", count, (rate, p, g) =>
            {
                var velocity = Tensor.Zeros(p.Device, p.Shape);
                for (var step = 0; step < 3; step++)
                    Optimization.Sgd(0.9, 0.01, rate, p, g, velocity);
                return [p, velocity];
            });
            yield return Update($"moving average [{count}]", count, (_, p, g) =>
            {
                p.InterpolateInPlace(g, 0.9);
                p.InterpolateInPlace(g, 0.9);
                return [p];
            });
        }
    }

    /// <summary>
    /// One array in as many parts as it has elements, or 61 of growing length: more than a device takes at once, most of them beginning
    /// anywhere. Two steps, which count themselves.
    /// </summary>
    private static Tensor[] AdamInParts(Tensor rate, Tensor parameter, Tensor gradient)
    {
        var (first, second) = (Tensor.Zeros(rate.Device, parameter.Shape), Tensor.Zeros(rate.Device, parameter.Shape));
        var step = Tensor.Full(rate.Device, new Shape(1), 1, ElementType.Int64);
        var parts = (int)Math.Min(parameter.Count, 61);
        int Edge(int i) => (int)(parameter.Count * i * i / ((long)parts * parts));
        Tensor[] Cut(Tensor whole) => [.. Enumerable.Range(0, parts).Select(i => whole.Slice(0, Edge(i), Edge(i + 1) - Edge(i)))];
        for (var i = 0; i < 2; i++)
        {
            Optimization.AdamAll(new AdamConstants(0.5f, WeightDecay: 0.01f), rate, step, Cut(parameter), Cut(gradient), Cut(first),
                Cut(second), next: true);
        }

        return [parameter, first, second];
    }

    private static Tensor[] ThreeSteps(AdamConstants constants, Tensor rate, Tensor parameter, Tensor gradient)
    {
        var (first, second, step) = (Tensor.Zeros(rate.Device, parameter.Shape), Tensor.Zeros(rate.Device, parameter.Shape),
            Tensor.Zeros(rate.Device, new Shape(1), ElementType.Int64));
        for (var i = 0; i < 3; i++)
        {
            Optimization.Increment(step, 1);
            Optimization.Adam(constants, rate, step, parameter, gradient, first, second);
        }

        return [parameter, first, second];
    }

    /// <param name="update">Rate, parameter and gradient to what has changed.</param>
    private static OpCase Update(string name, int count, Func<Tensor, Tensor, Tensor, Tensor[]> update) =>
        new("optimizer", name, [In(count), In(Draw.Nonzero, count), OpInput.Of(new Shape(1), 0.01)],
            (_, x) => update(x[2], x[0], x[1]), new Tolerance(1e-6, 4e-6, "three updates of a few float32 roundings each"))
        { Orders = 0, TakesActivations = false };

    /// <summary>The seventh step of each of some arrays, all in one call; the first and second moments of each are there already.</summary>
    private static OpCase Adam(string name, params int[] counts)
    {
        var constants = new AdamConstants(0.5f);
        OpInput[] four = [.. counts.SelectMany(count => new[] { In(count), In(count), In(count), In(Draw.Positive, count) })];
        return new OpCase("optimizer", name, [OpInput.Of(new Shape(1), 2e-4), OpInput.Counter(7), .. four], (_, x) =>
        {
            Tensor[] Each(int which) => [.. counts.Select((_, i) => x[2 + 4 * i + which])];
            var (parameters, gradients, first, second) = (Each(0), Each(1), Each(2), Each(3));
            if (counts.Length == 1)
                Optimization.Adam(constants, x[0], x[1], parameters[0], gradients[0], first[0], second[0]);
            else
                Optimization.AdamAll(constants, x[0], x[1], parameters, gradients, first, second);
            return [.. parameters, .. first, .. second];
        }, Tolerance.Elementwise)
        { Orders = 0, TakesActivations = false };
    }
}
