using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class OptimizerTests : ReferenceDevice
{
    private const int Steps = 20;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0)]
    [InlineData(0, 0.1)]
    public void AdamIsItsAlgorithm(double l2, double decay)
    {
        using var linear = new Linear(Random, 3, 2);
        using var adam = new Adam(linear, new AdamOptions(0.05, 0.5, 0.999) { L2 = Of("weight", l2), WeightDecay = Of("weight", decay) });

        double beta1 = 0.5, beta2 = 0.999, epsilon = 1e-8, rate = 0.05;
        var values = linear.Parameters.Select(parameter => parameter.ToDoubles()).ToArray();
        var first = values.Select(value => new double[value.Length]).ToArray();
        var second = values.Select(value => new double[value.Length]).ToArray();
        for (var step = 1; step <= Steps; step++)
        {
            if (step == 11)
                adam.LearningRate = rate = 0.01;
            using var scope = new Scope();
            var gradients = Gradients(linear, step);
            adam.Step(gradients);
            for (var p = 0; p < values.Length; p++)
            {
                var gradient = gradients[p].ToDoubles();
                for (var i = 0; i < gradient.Length; i++)
                {
                    var g = gradient[i] + (p == 0 ? l2 * values[p][i] : 0);
                    first[p][i] = beta1 * first[p][i] + (1 - beta1) * g;
                    second[p][i] = beta2 * second[p][i] + (1 - beta2) * g * g;
                    var move = first[p][i] / (1 - Math.Pow(beta1, step))
                        / (Math.Sqrt(second[p][i] / (1 - Math.Pow(beta2, step))) + epsilon);
                    values[p][i] -= rate * (move + (p == 0 ? decay : 0) * values[p][i]);
                }
            }
        }

        Assert.Equal(Steps, adam.Steps);
        for (var p = 0; p < values.Length; p++)
            Close.Equal(values[p], linear.Parameters[p].ToDoubles(), 1e-9);
    }

    [Fact]
    public void SgdIsItsAlgorithm()
    {
        using var linear = new Linear(Random, 3, 2);
        using var sgd = new Sgd(linear, 0.1, momentum: 0.5, Of("bias", 0.25));
        var values = linear.Parameters.Select(parameter => parameter.ToDoubles()).ToArray();
        var velocity = values.Select(value => new double[value.Length]).ToArray();
        for (var step = 1; step <= Steps; step++)
        {
            using var scope = new Scope();
            var gradients = Gradients(linear, step);
            sgd.Step(gradients);
            for (var p = 0; p < values.Length; p++)
            {
                var gradient = gradients[p].ToDoubles();
                for (var i = 0; i < gradient.Length; i++)
                {
                    velocity[p][i] = 0.5 * velocity[p][i] + gradient[i] + (p == 1 ? 0.25 * values[p][i] : 0);
                    values[p][i] -= 0.1 * velocity[p][i];
                }
            }
        }

        for (var p = 0; p < values.Length; p++)
            Close.Equal(values[p], linear.Parameters[p].ToDoubles(), 1e-9);
    }

    [Fact]
    public void BothFindTheLeastSquaresLine()
    {
        using var x = Draw(1, 32, 3);
        using var target = From(new Shape(32, 1), [.. Rows(x.ToDoubles()).Select(row => 2 * row[0] - row[1] + 0.5 * row[2] + 3)]);
        foreach (var make in new Func<Linear,
            Optimizer>[] { net => new Adam(net, new AdamOptions(0.05, 0.9)), net => new Sgd(net, 0.05, 0.9) })
        {
            using var net = new Linear(Random, 3, 1);
            using var optimizer = make(net);
            for (var step = 0; step < 600; step++)
            {
                using var scope = new Scope();
                optimizer.Step(Tape.Gradients(Losses.MeanSquaredError(net.Forward(x), target), net.Parameters));
            }

            Close.Equal([2, -1, 0.5, 3], [.. net.Weight.ToDoubles(), .. net.Bias!.ToDoubles()], 1e-3);
        }
    }

    [Fact]
    public void AStepLeavesNoMemoryBehindAndDisposeFreesTheState()
    {
        using var linear = new Linear(Random, 3, 2);
        var before = Device.LiveBytes;
        Adam adam;
        using (new Scope())
            adam = new Adam(linear, new AdamOptions { L2 = _ => 0.1 });
        var live = Device.LiveBytes;
        for (var step = 1; step < 4; step++)
        {
            using var scope = new Scope();
            adam.Step(Gradients(linear, step));
        }

        Assert.Equal(live, Device.LiveBytes);
        adam.Dispose();
        Assert.Equal(before, Device.LiveBytes);
    }

    [Fact]
    public void MinimizeIsGradientsAndAStepAndLeavesNothing()
    {
        using RandomStream one = new(Device, 9), other = new(Device, 9);
        using Linear net = new(one, 3, 2), twin = new(other, 3, 2);
        using Adam adam = new(net, learningRate: 0.01), twinAdam = new(twin, new AdamOptions(0.01, 0.9, 0.999, 1e-8));
        using var x = Draw(1, 4, 3);
        for (var step = 0; step < 5; step++)
        {
            var before = Device.LiveBytes;
            using (Device.Step())
                adam.Minimize(net.Forward(x).Square().Mean());
            Assert.Equal(before, Device.LiveBytes);
            using (Device.Step())
                twinAdam.Step(Tape.Gradients(twin.Forward(x).Square().Mean(), twin.Parameters));
            Assert.Equal(twin.Weight.ToDoubles(), net.Weight.ToDoubles());
        }

        Assert.Throws<ShapeException>(() => adam.Minimize(net.Forward(x)));
    }

    [Fact]
    public void GradientsThatDoNotFitAreRefusedByName()
    {
        using var scope = new Scope();
        using var linear = new Linear(Random, 3, 2);
        using var adam = new Adam(linear);
        Assert.Throws<ShapeException>(() => adam.Step([Draw(1, 2, 3)]));
        Assert.Contains("bias", Assert.Throws<ShapeException>(() => adam.Step([Draw(1, 2, 3), Draw(2, 3)])).Message,
            StringComparison.Ordinal);
        Assert.Equal(0, adam.Steps);
    }

    private static Func<string, double> Of(string name, double strength) => parameter => parameter == name ? strength : 0;

    private static IEnumerable<double[]> Rows(double[] values) => values.Chunk(3);

    private Tensor[] Gradients(Module module, int step) =>
        [.. module.Parameters.Select((parameter, i) => Draw(parameter.Shape, (ulong)(100 * step + i)))];
}
