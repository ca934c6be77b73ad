using CrossModal.Interchange;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;
using Google.Protobuf;

namespace CrossModal.Tests.Interchange;

/// <summary>The networks that no run that ships has, and other sizes, with first weights.</summary>
public sealed class OnnxNetworksTests : IDisposable
{
    private const int Batch = 3;
    private readonly string _file = Path.GetTempFileName();
    private readonly Device _device = Device.Open(new DeviceSettings("cpu", 1));
    private readonly RandomStream _random;

    public OnnxNetworksTests() => _random = new RandomStream(_device, 3);

    public void Dispose()
    {
        _random.Dispose();
        _device.Dispose();
        File.Delete(_file);
    }

    [Theory]
    [InlineData(16, 2, false)]
    [InlineData(32, 4, false)]
    [InlineData(32, 4, true)]
    [InlineData(128, 2, false)]
    public void GeneratorsAndDiscriminatorsOfOtherSizes(int size, int width, bool upsampling)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var settings = new ModelSettings { ImageSize = size, Width = width, CodeSize = 12, NoiseSize = 5, Upsampling = upsampling };
        using var generator = new Generator(_random, settings);
        using var discriminator = new Discriminator(_random, settings);
        var (code, noise) = (_random.Normal([Batch, 12]), _random.Normal([Batch, 5]));

        // Until the running statistics are those of the batch; with those of a new layer, hardly anything comes out.
        for (var pass = 0; pass < 40; pass++)
        {
            using var inner = new Scope();
            discriminator.Forward(generator.Forward(code, noise), code);
        }

        (generator.Training, discriminator.Training) = (false, false);
        var image = generator.Forward(code, noise);
        Same(graph =>
        {
            var (codes, drawn) = (graph.Input("code", "", [12]), graph.Input("noise", "", [5]));
            var made = graph.Generator(generator, codes, drawn);
            var (score, _, _) = graph.Discriminator(discriminator, made, codes);
            graph.Output(made, "image", "", [3, size, size]);
            graph.Output(score, "score", "", []);
        }, [("code", code.ToArray()), ("noise", noise.ToArray())],
            ("image", OnnxModel.Turned(image)), ("score", discriminator.Forward(image, code).ToArray()));
    }

    [Fact]
    public void AClassifierOfSoundsWithACode()
    {
        using var network = new SoundClassifier(_random, _random, 4, 12);
        SameEncoder(network, Direction.SoundToImage, [Batch, 44, 128, 1], network.Encode, network.Forward);
    }

    [Fact]
    public void AnAutoencoderOfSounds()
    {
        using var network = new SoundAutoencoder(_random, 12);
        SameEncoder(network, Direction.SoundToImage, [Batch, 44, 128, 1], network.Encode, null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EncodersThatWereTrainedWithTheirDecoders(bool draws)
    {
        var settings = new ModelSettings { ImageSize = 32, Width = 4, CodeSize = 12, NoiseSize = 5 };
        using var network = new CrossModalGenerator(_random, settings, codeClasses: draws ? 4 : 0);
        var direction = draws ? Direction.SoundToImage : Direction.ImageToSound;
        var encoder = network.EncoderOf(direction);
        SameEncoder(network, direction, [Batch, 32, 32, draws ? 1 : 3], encoder.Forward,
            draws ? x => network.Classes!.Forward(encoder.Forward(x)) : null);
    }

    private void SameEncoder(Module network, Direction direction, Shape examples, Func<Tensor, Tensor> encode,
        Func<Tensor, Tensor>? classify)
    {
        using var scope = new Scope();
        network.Training = false;
        var x = _random.Normal(examples);
        List<(string, float[])> expected = [("code", encode(x).ToArray())];
        if (classify is not null)
            expected.Add(("classes", classify(x).ToArray()));
        Same(graph =>
        {
            var (code, classes) = graph.Encoder(network, direction, graph.Input("x", "", [examples[3], examples[1], examples[2]]));
            graph.Output(code, "code", "", [12]);
            if (classes is not null)
                graph.Output(classes, "classes", "", [4]);
        }, [("x", OnnxModel.Turned(x))], [.. expected]);
    }

    private void Same(Action<OnnxGraph> build, (string, float[])[] inputs, params (string Name, float[] Values)[] expected)
    {
        var graph = new OnnxGraph("network");
        build(graph);
        using (var stream = File.Create(_file))
            graph.ToModel("", "", new Dictionary<string, string>()).WriteTo(stream);
        using var onnx = new OnnxModel(_file);
        var computed = onnx.Run(inputs);
        Assert.Equal(expected.Length, computed.Count);
        foreach (var (name, values) in expected)
        {
            Assert.True(values.Any(value => Math.Abs(value) > 1e-3), $"{name}: nothing to compare");
            var scale = Math.Max(1, values.Max(Math.Abs));
            Assert.Equal(values.Length, computed[name].Length);
            Assert.All(values.Zip(computed[name]), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * scale));
        }
    }
}
