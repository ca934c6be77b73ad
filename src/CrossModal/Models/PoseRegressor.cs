using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Reads a player's pose off an image whose instrument is known: what generated images are measured by in the pose scenario. The layers are
/// like the judge's (<see cref="ImageClassifier"/>): 3×3 convolutions of 16, 32, 32, 64 and 64 kernels, max pooling behind the first, third
/// and last, 1024, 128. The last layer is the instrument's own, for a hand lies elsewhere on each. In training images are covered with
/// grain: generated ones have some, and it is the pose that is to be measured.
/// </summary>
internal sealed class PoseRegressor : Module
{
    /// <summary>Deviation of the grain, where black to white is 2.</summary>
    private const double Grain = 0.1;

    private readonly RandomStream _masks;
    private readonly (Convolution2d Convolution, int Pool)[] _convolutions;
    private readonly Linear _hidden, _features, _poses;
    private readonly Dropout _dropout;
    private readonly int _classes, _components;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout and grain; not owned.</param>
    /// <param name="components">Numbers of a pose.</param>
    public PoseRegressor(RandomStream random, RandomStream masks, int classes, int imageSize, int components)
        : base(random.Device)
    {
        (_masks, _classes, _components) = (masks, classes, components);
        (int Kernels, int Pool)[] plan = [(16, 2), (32, 1), (32, 2), (64, 1), (64, 2)];
        _convolutions = new (Convolution2d, int)[plan.Length];
        var (inputs, size) = (ModelConfiguration.Colors, imageSize);
        for (var i = 0; i < plan.Length; i++)
        {
            var convolution = new Convolution2d(random, inputs, plan[i].Kernels, 3, new ConvolutionOptions(Padding: 1),
                Activation.Relu, initializer: Initializers.HeNormal());
            _convolutions[i] = (Add($"conv{i + 1}", convolution), plan[i].Pool);
            (inputs, size) = (plan[i].Kernels, size / plan[i].Pool);
        }

        _hidden = Add("hidden", new Linear(random, size * size * inputs, 1024, Activation.Relu, initializer: Initializers.HeNormal(),
            inputImage: new Shape(size, size, inputs)));
        _dropout = Add("dropout", new Dropout(masks, keep: 0.7));
        _features = Add("features", new Linear(random, 1024, 128, Activation.Relu, initializer: Initializers.HeNormal()));
        _poses = Add("poses", new Linear(random, 128, classes * components, initializer: Initializers.XavierNormal()));
    }

    /// <summary>
    /// Images [batch, size, size, 3] in [−1, 1] and their instruments (int32 [batch]) to poses [batch, components], standardized within
    /// each instrument.
    /// </summary>
    public Tensor Forward(Tensor images, Tensor instruments)
    {
        if (instruments.Shape != new Shape(images.Shape[0]))
            throw new ArgumentException($"pose regressor: instruments {instruments.Shape} must be [{images.Shape[0]}]");
        var x = Training ? images + _masks.Normal(images.Shape) * Grain : images;
        foreach (var (convolution, pool) in _convolutions)
        {
            x = convolution.Forward(x);
            if (pool > 1)
                x = x.MaxPool(pool, pool);
        }

        x = _features.Forward(_dropout.Forward(_hidden.Forward(x)));
        var all = _poses.Forward(x).Reshape(images.Shape[0], _classes, _components);
        return (all * instruments.OneHot(_classes).Reshape(images.Shape[0], _classes, 1)).Sum([1]);
    }
}
