using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Pipelines;

/// <summary>Looking into a run's networks.</summary>
public sealed class InsideRunTests : IDisposable
{
    private readonly Device _device = Device.Open("cpu", 1);
    private readonly LiveRun _run;
    private readonly float[] _window = BuiltInInstrument.Find("violin").Note(69, 1)[5000..27050];

    public InsideRunTests(TinyRun tiny) => _run = new LiveRun(_device, SavedRun.Open(tiny.Whole.Path, RunKind.All));

    public void Dispose()
    {
        _run.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void EveryLayerOnTheWayIsSeenOnceAndTheLastOneIsThePicture()
    {
        var (drawn, outputs) = new InsideRun(_run).Look(_window, Noise(1));
        Assert.Equal(outputs.Count, outputs.Select(output => (output.Network, output.Name)).Distinct().Count());
        var last = outputs.Last(output => output.Network == "generator");
        var pixels = Array.ConvertAll(last.Values, value => (int)MathF.Round((MathF.Tanh(value) + 1) * 127.5f));
        Assert.All(pixels.Zip(drawn.Image.Pixels), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));

        // Without a tap the same is drawn.
        Assert.Equal(drawn.Image.Pixels, _run.Draw(_run.Hear(_window).Code, Noise(1)).Image.Pixels);
    }

    [Fact]
    public void TheArithmeticOfAnyNumberGivesTheNumber()
    {
        var inside = new InsideRun(_run);
        var outputs = inside.Look(_window, Noise(1)).Outputs;
        Assert.Equal(["encoder", "generator", "discriminator", "judge"], outputs.Select(output => output.Network).Distinct());
        var random = new CountedRandom(7, 0);
        foreach (var output in outputs)
        {
            var image = output.Shape.Rank == 3;
            var (height, width, channels) = image ? (output.Shape[0], output.Shape[1], output.Shape[2]) : (1, 1, output.Shape[0]);

            // The corners, where kernels hang over the edge, and some places between.
            (int, int)[] places =
                [(0, 0), (height - 1, width - 1), .. Enumerable.Range(0, 4).Select(_ => (random.NextInt(height), random.NextInt(width)))];
            foreach (var (row, column) in places)
            {
                var channel = random.NextInt(channels);
                var made = inside.Explain(outputs, output.Network, output.Name, row, column, channel);
                Assert.Equal(output.Values[(row * width + column) * channels + channel], made.Shown);
                Assert.True(Math.Abs(made.Result - made.Shown) < 1e-4 * Math.Max(1, Math.Abs(made.Shown)),
                    $"{output.Network} {output.Name} [{row}, {column}, {channel}]: {made.Result} is not {made.Shown}");
                if (made.Products is { } products)
                    Assert.Equal(products.Sum, products.Largest.Sum(one => one.Sum) + products.OthersSum, 1e-9);
            }
        }
    }

    [Theory]
    [InlineData("generator", "deconv9", 0, 0, 0, "no layer 'deconv9' in its generator")]
    [InlineData("nobody", "conv1", 0, 0, 0, "no layer 'conv1' in its nobody")]
    [InlineData("generator", "deconv1", 0, 8, 0, "made 8 × 8 × ")]
    [InlineData("generator", "deconv1", -1, 0, 0, "none in row -1")]
    [InlineData("judge", "hidden", 0, 0, 1024, "none in row 0, column 0, channel 1024")]
    [InlineData("encoder", "code_classes", 0, 0, 0, "did not come by 'code_classes'")]
    public void ANumberThatIsNotThereIsNamed(string network, string layer, int row, int column, int channel, string sentence)
    {
        var inside = new InsideRun(_run);
        var outputs = inside.Look(_window, Noise(1)).Outputs;
        var error = Assert.Throws<BadInputException>(() => inside.Explain(outputs, network, layer, row, column, channel));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryWeightIsShownAsPictures()
    {
        var inside = new InsideRun(_run);
        foreach (var (network, layers) in inside.Plans)
        {
            foreach (var layer in layers.Where(layer => layer.Weight.Count > 0))
            {
                var (shape, values) = inside.Filters(network, layer.Name, layer.Inputs - 1);
                Assert.Equal(shape.Count, values.Length);
                Assert.Equal(layer.Weight.Aggregate(1L, (product, extent) => product * extent), shape.Count * layer.Inputs);
                Assert.Throws<BadInputException>(() => inside.Filters(network, layer.Name, layer.Inputs));
            }
        }

        Assert.Equal([4, 4, 4, 3], inside.Filters("discriminator", "conv1", LayerFilters.Colors).Shape.Extents.ToArray());
        Assert.Throws<BadInputException>(() => inside.Filters("discriminator", "norm2", 0));
        Assert.Throws<BadInputException>(() => inside.Normalization("discriminator", "conv1"));
        Assert.All(inside.Normalization("discriminator", "norm2").Variance, variance => Assert.True(variance > 0));
    }

    private float[] Noise(ulong seed)
    {
        var random = new CountedRandom(seed, 0);
        return [.. Enumerable.Range(0, _run.NoiseSize).Select(_ => random.NextNormal())];
    }
}
