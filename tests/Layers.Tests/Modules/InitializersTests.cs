using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

public sealed class InitializersTests : ReferenceDevice
{
    private static readonly Fan Fan = new(50, 150);

    public static TheoryData<string, double> Deviations => new()
    {
        { "normal", 0.02 },
        { "fan in", 1 / Math.Sqrt(3 * 50) },
        { "he normal", Math.Sqrt(2 / (1.04 * 50)) },
        { "he uniform", Math.Sqrt(2 / (1.04 * 50)) },
        { "xavier normal", 0.1 },
        { "xavier uniform", 0.1 },
    };

    [Theory]
    [MemberData(nameof(Deviations))]
    public void DrawsHaveThePromisedDeviationAndMeanZero(string name, double deviation)
    {
        var initializer = name switch
        {
            "normal" => Initializers.Normal(0.02),
            "fan in" => Initializers.FanIn,
            "he normal" => Initializers.HeNormal(0.2),
            "he uniform" => Initializers.HeUniform(0.2),
            "xavier normal" => Initializers.XavierNormal(),
            _ => Initializers.XavierUniform(),
        };
        using var scope = new Scope();
        const int count = 20_000;
        var values = initializer(Random, new Shape(count), Fan).ToDoubles();

        // Four standard errors: of the mean deviation/√n, of the deviation about deviation/√(2n).
        Assert.InRange(values.Average(), -4 * deviation / Math.Sqrt(count), 4 * deviation / Math.Sqrt(count));
        var margin = 4 / Math.Sqrt(2 * count);
        Assert.InRange(Math.Sqrt(values.Average(value => value * value)), deviation * (1 - margin), deviation * (1 + margin));
    }

    [Fact]
    public void XavierUniformStaysWithinTheBoundOfItsPaper()
    {
        using var scope = new Scope();
        var bound = Math.Sqrt(6.0 / (50 + 150));
        var values = Initializers.XavierUniform()(Random, new Shape(5000), Fan).ToDoubles();
        Assert.All(values, value => Assert.InRange(value, -bound, bound));
        Assert.True(values.Max() > 0.99 * bound);
    }

    [Fact]
    public void LayersKnowTheirFans()
    {
        Fan seen = default;
        Initializer spy = (random, shape, fan) =>
        {
            seen = fan;
            return Initializers.Constant(0)(random, shape, fan);
        };
        using (new Linear(Random, 3, 5, initializer: spy))
            Assert.Equal(new Fan(3, 5), seen);
        using (new Convolution2d(Random, 3, 5, 4, initializer: spy))
            Assert.Equal(new Fan(48, 80), seen);

        // With stride 2 a fourth of the kernel's places reach any one output.
        using (new ConvolutionTransposed2d(Random, 3, 5, 4, new ConvolutionOptions(2, 1), initializer: spy))
            Assert.Equal(new Fan(12, 80), seen);
    }
}
