using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

/// <summary>
/// Gradients of a tensor program against central differences in float64, the program's result contracted with a fixed random tensor of its
/// shape.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <summary>The differences err by Step² and by rounding / Step: both about 1e-10 for numbers near 1.</summary>
    private const double Tolerance = 1e-7;

    public static void Verify(Func<Tensor> program, params IReadOnlyList<Tensor> by) => Verify(_ => program(), pausing: true, by);

    /// <summary>
    /// The same for a program that takes gradients itself: it is told whether these must be differentiable. Its differences run with the
    /// tape on.
    /// </summary>
    public static void VerifyAgain(Func<bool, Tensor> program, params IReadOnlyList<Tensor> by) => Verify(program, pausing: false, by);

    private static void Verify(Func<bool, Tensor> program, bool pausing, IReadOnlyList<Tensor> by)
    {
        using var scope = new Scope();
        var wasLeaf = by.Select(tensor => tensor.RequiresGradient).ToArray();
        foreach (var tensor in by)
            tensor.RequiresGradient = true;
        var y = program(true);
        var contraction = Draw(y.Device, y.Shape, 99);
        Tensor Scalar(bool differentiable) => (program(differentiable) * contraction).Sum();
        var gradients = Tape.Gradients(Scalar(differentiable: true), by);
        using IDisposable? pause = pausing ? Tape.Paused() : null;
        for (var i = 0; i < by.Count; i++)
        {
            var (values, gradient) = (by[i].ToDoubles(), gradients[i].ToDoubles());
            for (var at = 0; at < values.Length; at++)
            {
                var expected = (At(Step) - At(-Step)) / (2 * Step);
                double At(double step)
                {
                    using var inner = new Scope();
                    var moved = (double[])values.Clone();
                    moved[at] += step;
                    by[i].Write(moved);
                    return Scalar(differentiable: false).Item();
                }

                Assert.True(Math.Abs(expected - gradient[at]) <= Tolerance * Math.Max(1, Math.Abs(expected)),
                    $"argument {i} {by[i].Shape}, element {at}: gradient {gradient[at]}, by differences {expected}");
            }

            by[i].Write(values);
        }

        for (var i = 0; i < by.Count; i++)
            by[i].RequiresGradient = wasLeaf[i];
    }

    /// <summary>Normal numbers that depend on nothing but <paramref name="stream"/>.</summary>
    public static Tensor Draw(Device device, Shape shape, ulong stream)
    {
        var random = new CountedRandom(7, stream);
        return Tensor.From(device, shape, Enumerable.Range(0, (int)shape.Count).Select(_ => (double)random.NextNormal()).ToArray());
    }
}
