using CrossModal.Kernels;

namespace CrossModal.Tensors.Tests;

/// <summary>Random tensors: the same everywhere, continued from anywhere, and distributed as they say.</summary>
public sealed class RandomStreamTests
{
    [Fact]
    public void EveryDeviceDrawsTheSame()
    {
        using var scope = new Scope();
        using var reference = Device.Open("reference");
        using var cpu = Device.Open("cpu", threads: 2);
        var (here, there) = (new RandomStream(reference, 7, 1), new RandomStream(cpu, 7, 1));
        for (var draw = 0; draw < 3; draw++)
        {
            var shape = new Shape(3, 67);
            Assert.Equal(here.Uniform(shape).ToArray(), there.Uniform(shape).ToArray());
            Assert.Equal(here.DropoutMask(shape, 0.7).ToArray(), there.DropoutMask(shape, 0.7).ToArray());
            foreach (var (a, b) in here.Normal(shape).ToDoubles().Zip(there.Normal(shape).ToDoubles()))
                Assert.InRange(b, a - 1e-6 - 1e-6 * Math.Abs(a), a + 1e-6 + 1e-6 * Math.Abs(a));
            Assert.Equal(here.Position, there.Position);
        }
    }

    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void ARestoredPositionContinuesTheStream(string name)
    {
        using var scope = new Scope();
        using var device = Device.Open(name);
        var stream = new RandomStream(device, 3, 2);
        stream.Normal(new Shape(13));
        var position = stream.Position;
        Assert.Equal(4, position);
        var expected = stream.Normal(new Shape(29)).ToDoubles();
        var resumed = new RandomStream(device, 3, 2) { Position = position };
        Assert.Equal(expected, resumed.Normal(new Shape(29)).ToDoubles());
        Assert.Equal(stream.Position, resumed.Position);
        Assert.NotEqual(expected, resumed.Normal(new Shape(29)).ToDoubles());
        Assert.NotEqual(expected, new RandomStream(device, 3, 5) { Position = position }.Normal(new Shape(29)).ToDoubles());
        Assert.NotEqual(expected, new RandomStream(device, 4, 2) { Position = position }.Normal(new Shape(29)).ToDoubles());
    }

    [Fact]
    public void UniformNumbersAreThoseOfPhilox()
    {
        using var scope = new Scope();
        using var device = Device.Open("cpu", threads: 1);
        var (a, b, c, d) = Philox.Block(9, 0, 4);
        Assert.Equal([Philox.ToUniform(a), Philox.ToUniform(b), Philox.ToUniform(c), Philox.ToUniform(d)], new RandomStream(device, 9, 4)
            .Uniform(new Shape(4)).ToArray());
    }

    /// <summary>Mean, variance, third and fourth moment of 100 000 numbers; each bound is five times the moment's own deviation.</summary>
    [Fact]
    public void NumbersAreDistributedAsTheySay()
    {
        const int Count = 100_000;
        using var scope = new Scope();
        using var device = Device.Open("reference");
        var stream = new RandomStream(device, 1);
        var normal = stream.Normal(new Shape(Count)).ToDoubles();
        var root = Math.Sqrt(Count);
        Near(0, normal.Average(), 5 / root);
        Near(1, normal.Average(x => x * x), 5 * Math.Sqrt(2) / root);
        Near(0, normal.Average(x => x * x * x), 5 * Math.Sqrt(15) / root);
        Near(3, normal.Average(x => x * x * x * x), 5 * Math.Sqrt(96) / root);

        // Neighbors, of which two come from one pair of words, are not related.
        Near(0, normal.Zip(normal.Skip(1), (a, b) => a * b).Average(), 5 / root);
        var uniform = stream.Uniform(new Shape(Count), -1, 3).ToDoubles();
        Assert.All([uniform.Min(), uniform.Max()], x => Assert.InRange(x, -1, 3));
        Near(1, uniform.Average(), 5 * Math.Sqrt(16 / 12.0) / root);
        var mask = stream.DropoutMask(new Shape(Count), 0.7).ToDoubles();
        Assert.Equal([0, 1 / 0.7], mask.Distinct().Order());
        Near(1, mask.Average(), 5 * Math.Sqrt(0.3 / 0.7) / root);
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.InRange(actual, expected - tolerance, expected + tolerance);
}
