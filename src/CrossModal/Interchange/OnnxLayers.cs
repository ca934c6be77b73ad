using CrossModal.Layers;
using CrossModal.Tensors;
using Onnx;
using static CrossModal.Interchange.OnnxAttribute;

namespace CrossModal.Interchange;

/// <summary>
/// The layers of a network as nodes of a graph. Activations are NCHW there and weights lie as in PyTorch, under the names that they have in
/// a checkpoint; nothing has to be turned while the graph is computed.
/// </summary>
internal sealed class OnnxLayers
{
    private readonly OnnxGraph _graph;
    private readonly string _path;
    private readonly Dictionary<string, Module> _modules;
    private readonly Dictionary<string, InferenceWeight> _weights;

    /// <param name="name">What the names of the network's constants begin with.</param>
    public OnnxLayers(OnnxGraph graph, Module network, string name)
    {
        (_graph, Module, _path) = (graph, network, $"{name}.");
        _modules = network.NamedModules.ToDictionary(module => _path + module.Name, module => module.Module);
        _weights = InferenceWeights.Of(network).ToDictionary(weight => _path + weight.Name);
    }

    private OnnxLayers(OnnxLayers around, string name) =>
        (_graph, Module, _path, _modules, _weights) = (around._graph, around._modules[name], $"{name}.", around._modules, around._weights);

    /// <summary>The network itself.</summary>
    public Module Module { get; }

    /// <summary>A network within.</summary>
    public OnnxLayers Within(Module network) => new(this, _modules.Single(module => module.Value == network).Key);

    /// <inheritdoc cref="Within(Module)"/>
    public OnnxLayers Within(string name) => new(this, _path + name);

    /// <summary>Whether there is a layer of a name.</summary>
    public bool Has(string name) => _modules.ContainsKey(_path + name);

    /// <summary>A tensor of the network, as a constant of the graph.</summary>
    public string Weight(string name) => Constant(_path + name);

    /// <summary>A layer's output, behind its activation.</summary>
    /// <param name="name">The layer's.</param>
    /// <param name="x">Its input: [batch, channels, height, width] or [batch, elements].</param>
    public string Apply(string name, string x) => _modules[_path + name] switch
    {
        Linear linear => Linear(name, linear, x),
        Convolution2d layer => Activate(layer.Activation, _graph.Add("Conv", WithWeights(name, layer, x), Window(name, layer.Options))),
        ConvolutionTransposed2d layer =>
            Activate(layer.Activation, _graph.Add("ConvTranspose", WithWeights(name, layer, x), Window(name, layer.Options))),
        BatchNorm norm => Activate(norm.Activation, _graph.Add("BatchNormalization",
            [x, .. new[] { "weight", "bias", "running_mean", "running_var" }.Select(part => Weight($"{name}.{part}"))],
            Float("epsilon", norm.Epsilon))),
        var other => throw new ArgumentException($"{name} is a layer of the type {other.GetType().Name}, which has no node"),
    };

    private string Linear(string name, Linear layer, string x)
    {
        // An image's elements lie as (channel, height, width) in the columns or rows of a weight, as in the image.
        var rows = layer.InputImage is null ? x : _graph.Add("Flatten", [x], Int("axis", 1));
        var y = Activate(layer.Activation, _graph.Add("Gemm", WithWeights(name, layer, rows), Int("transB", 1)));
        return layer.OutputImage is not { } image ? y
            : _graph.Add("Reshape", [y, _graph.Constant($"{_path}{name}.image", [4], -1, image[2], image[0], image[1])]);
    }

    private string[] WithWeights(string name, WeightedLayer layer, string x) =>
        layer.Bias is null ? [x, Weight($"{name}.weight")] : [x, Weight($"{name}.weight"), Weight($"{name}.bias")];

    private AttributeProto[] Window(string name, ConvolutionOptions options)
    {
        var kernel = _weights[$"{_path}{name}.weight"].Shape;
        long stride = options.Stride, padding = options.Padding, dilation = options.Dilation;
        return
        [
            Ints("kernel_shape", kernel[2], kernel[3]), Ints("strides", stride, stride),
            Ints("pads", padding, padding, padding, padding), Ints("dilations", dilation, dilation),
        ];
    }

    private string Activate(Activation activation, string x)
    {
        if (activation == Activation.None)
            return x;
        if (activation == Activation.Tanh)
            return _graph.Add("Tanh", [x]);
        if (activation == Activation.Sigmoid)
            return _graph.Add("Sigmoid", [x]);
        return activation == Activation.Relu ? _graph.Add("Relu", [x])
            : _graph.Add("LeakyRelu", [x], Float("alpha", -activation.Apply(-1.0)));
    }

    private string Constant(string name) => _graph.Constant(name, _weights[name].Shape, _weights[name].Read);
}
