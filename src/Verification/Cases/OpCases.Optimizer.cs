using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    private static IEnumerable<OpCase> Optimizers()
    {
        foreach (var count in new[] { 1, 5, 33, 40007 })
        {
            yield return Update($"adam [{count}]", count, (device, rate, p, g) => Adam(new AdamConstants(0.5f), device, rate, p, g));
            yield return Update($"adam with decay [{count}]", count, (device, rate, p, g) =>
                Adam(new AdamConstants(WeightDecay: 0.01f), device, rate, p, g));
            yield return Update($"adam in parts [{count}]", count, AdamInParts);
            yield return Update($"sgd [{count}]", count, (device, rate, p, g) =>
            {
                var velocity = Tensor.Zeros(device, p.Shape);
                for (var step = 0; step < 3; step++)
                    Optimization.Sgd(0.9, 0.01, rate, p, g, velocity);
                return Tensor.Concatenate(0, p, velocity);
            });
            yield return Update($"moving average [{count}]", count, (_, _, p, g) =>
            {
                p.InterpolateInPlace(g, 0.9);
                p.InterpolateInPlace(g, 0.9);
                return p;
            });
        }
    }

    /// <summary>
    /// One array in as many parts as it has elements, or 61 of growing length: more than a device takes at once, most of them beginning
    /// anywhere.
    /// </summary>
    private static Tensor AdamInParts(Device device, Tensor rate, Tensor parameter, Tensor gradient)
    {
        var (first, second) = (Tensor.Zeros(device, parameter.Shape), Tensor.Zeros(device, parameter.Shape));
        var step = Tensor.Full(device, new Shape(1), 2, ElementType.Int64);
        var parts = (int)Math.Min(parameter.Count, 61);
        int Edge(int i) => (int)(parameter.Count * i * i / ((long)parts * parts));
        Tensor[] Cut(Tensor whole) => [.. Enumerable.Range(0, parts).Select(i => whole.Slice(0, Edge(i), Edge(i + 1) - Edge(i)))];
        Optimization.AdamAll(new AdamConstants(0.5f, WeightDecay: 0.01f), rate, step, Cut(parameter), Cut(gradient), Cut(first),
            Cut(second));
        return Tensor.Concatenate(0, parameter, first, second);
    }

    private static Tensor Adam(AdamConstants constants, Device device, Tensor rate, Tensor parameter, Tensor gradient)
    {
        var (first, second, step) = (Tensor.Zeros(device, parameter.Shape), Tensor.Zeros(device, parameter.Shape),
            Tensor.Zeros(device, new Shape(1), ElementType.Int64));
        for (var i = 0; i < 3; i++)
        {
            Optimization.Increment(step, 1);
            Optimization.Adam(constants, rate, step, parameter, gradient, first, second);
        }

        return Tensor.Concatenate(0, parameter, first, second);
    }

    private static OpCase Update(string name, int count, Func<Device, Tensor, Tensor, Tensor, Tensor> update) =>
        new("optimizer", name, [In(count), In(Draw.Nonzero, count)], (device, x) =>
        {
            // The inputs stay as they were, for whoever runs the case again.
            var parameter = Tensor.Zeros(device, x[0].Shape);
            parameter.CopyFrom(x[0]);
            return update(device, Tensor.Full(device, new Shape(1), 0.01), parameter, x[1]);
        }, new Tolerance(1e-6, 4e-6, "three updates of a few float32 roundings each"))
        {
            Orders = 0,
            Operations = 12L * count,
        };
}
