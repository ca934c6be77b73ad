using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

/// <summary>
/// Gradients of a tensor program against central differences in float64, the program's result contracted with a fixed random tensor of its shape.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <summary>The differences err by Step² and by rounding / Step: both about 1e-10 for numbers near 1.</summary>
    private const double Tolerance = 1e-7;

    public static void Verify(Func<Tensor> program, params IReadOnlyList<Tensor> by)
    {
        using var scope = new Scope();
        var wasLeaf = by.Select(tensor => tensor.RequiresGradient).ToArray();
        foreach (var tensor in by)
            tensor.RequiresGradient = true;
        var y = program();
        var contraction = Draw(y.Device, y.Shape, 99);
        Tensor Scalar() => (program() * contraction).Sum();
        var gradients = Tape.Gradients(Scalar(), by);
        using var pause = Tape.Paused();
        for (var i = 0; i < by.Count; i++)
        {
            var (values, gradient) = (by[i].ToDoubles(), gradients[i].ToDoubles());
            for (var at = 0; at < values.Length; at++)
            {
                var expected = (At(by[i], values, at, Step, Scalar) - At(by[i], values, at, -Step, Scalar)) / (2 * Step);
                Assert.True(Math.Abs(expected - gradient[at]) <= Tolerance * Math.Max(1, Math.Abs(expected)),
                    $"argument {i} {by[i].Shape}, element {at}: gradient {gradient[at]}, by differences {expected}");
            }

            by[i].Write(values);
            by[i].RequiresGradient = wasLeaf[i];
        }
    }

    /// <summary>Normal numbers that depend on nothing but <paramref name="stream"/>.</summary>
    public static Tensor Draw(Device device, Shape shape, ulong stream)
    {
        var random = new CountedRandom(7, stream);
        return Tensor.From(device, shape, Enumerable.Range(0, (int)shape.Count).Select(_ => (double)random.NextNormal()).ToArray());
    }

    private static double At(Tensor tensor, double[] values, int index, double step, Func<Tensor> scalar)
    {
        using var scope = new Scope();
        var moved = (double[])values.Clone();
        moved[index] += step;
        tensor.Write(moved);
        return scalar().Item();
    }
}
