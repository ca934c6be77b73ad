using System.Numerics;
using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>A 3×3 convolution with ReLU, and what makes its map smaller: a stride, or a max pooling behind it.</summary>
internal readonly record struct FeatureConvolution(int Kernels, int Stride = 1, int Pool = 1);

/// <summary>
/// What the networks of Chen et al. 2017 that look at sounds and images begin with (Fig. 4 and 5): convolutions, then 1024 and 128 numbers.
/// Heads stand behind the 128.
/// </summary>
internal abstract class FeatureNetwork : Module
{
    /// <summary>Numbers that the heads are given.</summary>
    protected const int FeatureCount = 128;

    /// <summary>Numbers of the layer behind the convolutions, in the paper.</summary>
    public const int PaperHidden = 1024;

    /// <summary>Places from side to side of the map that the hidden layer looks at, at most.</summary>
    private const int LargestMap = 16;

    private readonly (Convolution2d Convolution, int Pool)[] _convolutions;
    private readonly Linear _hidden, _features;
    private readonly Dropout? _dropout;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For a dropout behind the hidden layer, which keeps 0.7 of it; not owned. Null for none.</param>
    /// <param name="input">Of one example: [height, width, channels].</param>
    /// <param name="plan">The convolutions, in order.</param>
    /// <param name="hidden">Numbers of the layer behind them; 1024 in the paper.</param>
    protected FeatureNetwork(RandomStream random, RandomStream? masks, Shape input, IReadOnlyList<FeatureConvolution> plan, int hidden)
        : base(random.Device)
    {
        _convolutions = new (Convolution2d, int)[plan.Count];
        var (height, width, channels) = (input[0], input[1], input[2]);
        for (var i = 0; i < plan.Count; i++)
        {
            var (kernels, stride, pool) = plan[i];
            var convolution = new Convolution2d(random, channels, kernels, 3, new ConvolutionOptions(Stride: stride, Padding: 1),
                Activation.Relu, initializer: Initializers.HeNormal());
            _convolutions[i] = (Add($"conv{i + 1}", convolution), pool);
            (height, width, channels) = ((height + stride - 1) / stride / pool, (width + stride - 1) / stride / pool, kernels);
        }

        _hidden = Add("hidden", new Linear(random, height * width * channels, hidden, Activation.Relu, initializer: Initializers.HeNormal(),
            inputImage: new Shape(height, width, channels)));
        _dropout = masks is null ? null : Add("dropout1", new Dropout(masks, keep: 0.7));
        _features = Add("features", new Linear(random, hidden, FeatureCount, Activation.Relu, initializer: Initializers.HeNormal()));
    }

    /// <summary>What each convolution's map is divided by behind it, by max pooling; 1 for not at all.</summary>
    public IReadOnlyList<int> Pools => Array.ConvertAll(_convolutions, stage => stage.Pool);

    /// <summary>
    /// A plan for images of a size: where its last map would be larger than 16×16, as it is for images of more than 128 pixels, the last
    /// convolution is repeated with a pooling behind it. The hidden layer would have most of the weights of the network otherwise.
    /// </summary>
    protected static IReadOnlyList<FeatureConvolution> DownToMap(IReadOnlyList<FeatureConvolution> plan, int imageSize)
    {
        var side = plan.Aggregate(imageSize, (side, stage) => side / stage.Stride / stage.Pool);
        var more = Math.Max(0, BitOperations.Log2((uint)side / LargestMap));
        return [.. plan, .. Enumerable.Repeat(new FeatureConvolution(plan[^1].Kernels, Pool: 2), more)];
    }

    /// <summary>Examples [batch, height, width, channels] to features [batch, 128].</summary>
    protected Tensor Features(Tensor examples)
    {
        var x = examples;
        foreach (var (convolution, pool) in _convolutions)
        {
            x = convolution.Forward(x);
            if (pool > 1)
                x = x.MaxPool(pool, pool);
        }

        x = _hidden.Forward(x);
        return _features.Forward(_dropout?.Forward(x) ?? x);
    }
}
