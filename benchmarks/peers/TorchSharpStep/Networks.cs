using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

/// <summary>
/// The networks of the paper under the names that <c>crossmodal export safetensors</c> gives their tensors. Their sizes are told, or
/// follow from the shapes in such a file.
/// </summary>
internal static class Networks
{
    /// <param name="inputs">Numbers of a code and of its noise, together.</param>
    /// <param name="channels">Before each doubling of the side, and of what is made of the last.</param>
    /// <param name="image">
    /// Channels of the sample where one more convolution, at full size, makes it; 0 where the last doubling does.
    /// </param>
    public static Sequential Generator(long inputs, long[] channels, long image = 0)
    {
        List<(string, Module<Tensor, Tensor>)> layers =
        [
            ("project", Linear(inputs, 16 * channels[0], hasBias: false)), ("map", Unflatten(1, [channels[0], 4, 4])),
        ];
        for (var i = 1; i < channels.Length; i++)
        {
            AddNorm(i);
            layers.Add(($"deconv{i}", ConvTranspose2d(channels[i - 1], channels[i], 4L, stride: 2, padding: 1,
                bias: image == 0 && i == channels.Length - 1)));
        }

        if (image > 0)
        {
            AddNorm(channels.Length);
            layers.Add(("image", Conv2d(channels[^1], image, 3L, padding: 1)));
        }

        return Sequential([.. layers, ("tanh", Tanh())]);

        void AddNorm(int i)
        {
            layers.Add(($"norm{i}", BatchNorm2d(channels[i - 1])));
            layers.Add(($"relu{i}", ReLU()));
        }
    }

    /// <summary>The generator of such a file, as it makes samples.</summary>
    /// <exception cref="InvalidDataException">Something in it is missing, left over, or of another shape.</exception>
    public static Sequential Generator(Dictionary<string, Tensor> weights) =>
        Load(Generator(Extent(weights, "project.weight", 1), Chain(weights, "deconv", input: 0),
            weights.ContainsKey("image.weight") ? Extent(weights, "image.weight", 0) : 0), weights);

    /// <summary>The discriminator of such a file, with the heads that it has there.</summary>
    /// <exception cref="InvalidDataException">Something in it is missing, left over, or of another shape.</exception>
    public static Discriminator Discriminator(Dictionary<string, Tensor> weights)
    {
        var channels = Chain(weights, "conv", input: 1);
        var classes = weights.ContainsKey("classes.weight") ? Extent(weights, "classes.weight", 0) : 0;
        return Load(new Discriminator(Extent(weights, "mix.weight", 1) - channels[^1], channels,
            weights.ContainsKey("mix_norm.weight"), classes, weights.ContainsKey("codes.weight")), weights);
    }

    /// <summary>What the convolutions of one name take and make, in their order.</summary>
    /// <param name="input">The axis of what is taken; the other is that of what is made.</param>
    private static long[] Chain(Dictionary<string, Tensor> weights, string name, int input)
    {
        var count = weights.Keys.Count(key =>
            key.StartsWith(name, StringComparison.Ordinal) && key.EndsWith(".weight", StringComparison.Ordinal));
        return
        [
            Extent(weights, $"{name}1.weight", input),
            .. Enumerable.Range(1, count).Select(i => Extent(weights, $"{name}{i}.weight", 1 - input)),
        ];
    }

    private static long Extent(Dictionary<string, Tensor> weights, string name, int axis) =>
        !weights.TryGetValue(name, out var tensor) ? throw new InvalidDataException($"the weights have no {name}")
        : tensor.dim() > axis ? tensor.shape[axis]
        : throw new InvalidDataException($"{name} has only {tensor.dim()} axes");

    /// <summary>Every tensor is used, and every parameter and buffer is set.</summary>
    private static T Load<T>(T network, Dictionary<string, Tensor> weights) where T : nn.Module
    {
        var state = network.state_dict();
        if (weights.Keys.Except(state.Keys).Order().ToArray() is [_, ..] strange)
            throw new InvalidDataException($"the network has no {string.Join(", ", strange)}");
        if (state.Keys.Except(weights.Keys).Order().ToArray() is [_, ..] missing)
            throw new InvalidDataException($"the weights have no {string.Join(", ", missing)}");
        using var pause = no_grad();
        foreach (var (name, tensor) in state)
        {
            if (!tensor.shape.SequenceEqual(weights[name].shape))
                throw new InvalidDataException(
                    $"{name} is [{string.Join(", ", weights[name].shape)}], not [{string.Join(", ", tensor.shape)}]");
            tensor.copy_(weights[name]);
        }

        network.eval();
        return network;
    }
}

/// <summary>Whether a sample [batch, channels, height, width] is real and belongs to a code.</summary>
internal sealed class Discriminator : Module<Tensor, Tensor, Tensor>
{
    private readonly List<(Conv2d Convolution, BatchNorm2d? Norm)> _stages = [];
    private readonly (Conv2d Convolution, BatchNorm2d? Norm) _mix;
    private readonly Conv2d _score;
    private readonly Linear? _classes, _codes;

    /// <param name="code">Numbers of a code.</param>
    /// <param name="channels">Of a sample, and after each halving of its side.</param>
    /// <param name="normalized">Batch normalization; without it the convolutions have biases.</param>
    /// <param name="classes">Of the head that names what is played; 0 for no such head.</param>
    /// <param name="codes">Whether a head reads the code off the sample.</param>
    public Discriminator(long code, long[] channels, bool normalized = true, long classes = 0, bool codes = false)
        : base("discriminator")
    {
        for (var i = 1; i < channels.Length; i++)
        {
            var hasNorm = normalized && i > 1;
            _stages.Add((Add($"conv{i}", Conv2d(channels[i - 1], channels[i], 4L, stride: 2, padding: 1, bias: !hasNorm)),
                hasNorm ? Add($"norm{i}", BatchNorm2d(channels[i])) : null));
        }

        var last = channels[^1];
        _mix = (Add("mix", Conv2d(last + code, last, 1L, bias: !normalized)), normalized ? Add("mix_norm", BatchNorm2d(last)) : null);
        _score = Add("score", Conv2d(last, 1, 4L));
        _classes = classes > 0 ? Add("classes", Linear(last, classes)) : null;
        _codes = codes ? Add("codes", Linear(last * 16, code)) : null;

        T Add<T>(string layer, T module) where T : nn.Module
        {
            register_module(layer, module);
            return module;
        }
    }

    /// <summary>Samples and codes to logits.</summary>
    public override Tensor forward(Tensor samples, Tensor code) => Score(Features(samples), code);

    /// <summary>The same, and what the other heads say where there are such, by name.</summary>
    public Dictionary<string, Tensor> ForwardWithHeads(Tensor samples, Tensor code)
    {
        var features = Features(samples);
        var outputs = new Dictionary<string, Tensor> { ["score"] = Score(features, code) };
        if (_classes is not null)
            outputs.Add("classes", _classes.forward(features.mean([2, 3])));
        if (_codes is not null)
            outputs.Add("codes", _codes.forward(features.flatten(1)));
        return outputs;
    }

    private Tensor Features(Tensor samples) => _stages.Aggregate(samples, Activate);

    private Tensor Score(Tensor features, Tensor code)
    {
        var places = code.reshape(code.shape[0], -1, 1, 1).expand(-1, -1, 4, 4);
        return _score.forward(Activate(cat([features, places], 1), _mix)).reshape(-1);
    }

    private static Tensor Activate(Tensor x, (Conv2d Convolution, BatchNorm2d? Norm) stage)
    {
        var y = stage.Convolution.forward(x);
        return functional.leaky_relu(stage.Norm is null ? y : stage.Norm.forward(y), 0.2);
    }
}
