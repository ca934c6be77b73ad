using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Tests.Models;

/// <summary>R1 through the whole discriminator, with either normalization.</summary>
public sealed class GradientPenaltyTests
{
    private const int Batch = 3;

    private static readonly ModelSettings Small = new() { Width = 3, ImageSize = 16, CodeSize = 2 };

    /// <summary>
    /// The penalty's gradient by each parameter against central differences in float64. The penalty jumps where an activation crosses the
    /// kink of its LeakyReLU; a step of 1e-6 crosses none here.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ItsGradientIsThatOfDifferences(bool spectralNorm)
    {
        const double Step = 1e-6;
        using var device = Device.Open("reference");
        using var setting = new Setting(device, spectralNorm);

        // The power iteration of a training pass would move the spectral norms between two passes.
        setting.Discriminator.Training = !spectralNorm;
        using var scope = new Scope();
        var parameters = setting.Discriminator.Parameters;
        var gradients = Tape.Gradients(setting.Penalty(), parameters);
        Assert.InRange(setting.Penalty().Item(), 1e-6, 1e6);
        foreach (var (parameter, gradient) in parameters.Zip(gradients))
        {
            var (at, analytic) = (parameter.ToDoubles(), gradient.ToDoubles());
            var size = Math.Max(1e-3, analytic.Max(Math.Abs));
            for (var i = 0; i < at.Length; i += 1 + at.Length / 12)
            {
                double Shifted(double step)
                {
                    using var inner = new Scope();
                    var moved = (double[])at.Clone();
                    moved[i] += step;
                    parameter.Write(moved);
                    return setting.Penalty().Item();
                }

                var differences = (Shifted(Step) - Shifted(-Step)) / (2 * Step);
                parameter.Write(at);
                Assert.True(Math.Abs(analytic[i] - differences) <= 1e-6 * size,
                    $"{parameter.Shape} element {i}: {analytic[i]}, by differences {differences}, largest {size}");
            }
        }
    }

    /// <summary>On the cpu, captured with its optimizer: as on the reference, and each replay as a step built anew.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ACapturedStepTrainsWithIt(bool spectralNorm)
    {
        using var reference = Device.Open("reference");
        using var cpu = Device.Open("cpu", 2);
        using var wide = new Setting(reference, spectralNorm);
        using var fresh = new Setting(cpu, spectralNorm);
        using var captured = new Setting(cpu, spectralNorm);
        using var step = cpu.Capture(captured.Step);
        var live = cpu.LiveBytes;
        var first = 0.0;
        for (var replay = 0; replay < 10; replay++)
        {
            if (replay > 0)
                step.Replay();
            using (new Scope())
            {
                fresh.Step();
                wide.Step();
            }

            Assert.Equal(fresh.Everything(), captured.Everything());
            Assert.Equal(live, cpu.LiveBytes);
            var (expected, actual) = (wide.Loss.Item(), captured.Loss.Item());
            Assert.InRange(actual, expected - 1e-3 * Math.Max(1, Math.Abs(expected)), expected + 1e-3 * Math.Max(1, Math.Abs(expected)));
            first = replay == 0 ? actual : first;
        }

        Assert.InRange(captured.Loss.Item(), 0, 0.99 * first);
    }

    /// <summary>A discriminator, real images and codes, and a step that makes its slope at them smaller.</summary>
    private sealed class Setting : IDisposable
    {
        private readonly RandomStream _random;
        private readonly Tensor _images, _codes;
        private readonly Adam _adam;

        public Setting(Device device, bool spectralNorm)
        {
            _random = new RandomStream(device, 11);
            Discriminator = new Discriminator(_random, Small with { SpectralNorm = spectralNorm });

            // Larger than the first weights of training, whose slopes would be tiny; a normalized weight has no size of its own.
            foreach (var weight in Discriminator.Parameters.Where(parameter => !spectralNorm && parameter.Shape.Rank == 4))
            {
                using var drawn = _random.Normal(weight.Shape, 0, 0.2);
                weight.CopyFrom(drawn);
            }

            _images = _random.Uniform(new Shape(Batch, Small.ImageSize, Small.ImageSize, ModelSettings.Colors), -1, 1);
            _images.RequiresGradient = true;
            _codes = _random.Normal(new Shape(Batch, Small.CodeSize));
            _adam = new Adam(Discriminator, new AdamOptions(1e-3, 0.5));
            Loss = Tensor.Zeros(device, new Shape(1));
        }

        public Discriminator Discriminator { get; }

        public Tensor Loss { get; }

        public Tensor Penalty() => Losses.GradientPenaltyR1(Discriminator.Forward(_images, _codes), _images);

        public void Step()
        {
            var scores = Discriminator.Forward(_images, _codes);
            var loss = Losses.BinaryCrossEntropyWithLogits(scores, 1) + Losses.GradientPenaltyR1(scores, _images) * 0.5;
            Loss.CopyFrom(loss);
            _adam.Step(Tape.Gradients(loss, Discriminator.Parameters));
        }

        public double[] Everything() => [.. Discriminator.State.SelectMany(named => named.Tensor.ToDoubles()), .. Loss.ToDoubles()];

        public void Dispose()
        {
            foreach (var part in new IDisposable[] { Discriminator, _adam, _random, _images, _codes, Loss })
                part.Dispose();
        }
    }
}
