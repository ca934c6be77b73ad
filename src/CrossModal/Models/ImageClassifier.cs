using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of an image: the judge of what the GAN makes (Chen et al. 2017, Fig. 5: 3×3 convolutions of 16 and 16 kernels, max pooling, 32, 32, 64 and 64, max pooling,
/// 1024, 128, classes). Chosen here: a max pooling between 32 and 64 as well, for speed, and 0.7 and 0.8 as probabilities of keeping.
/// </summary>
public sealed class ImageClassifier : Module
{
    private readonly (Convolution2d Convolution, int Pool)[] _convolutions;
    private readonly Linear _hidden, _features, _classes;
    private readonly Dropout _dropoutHidden, _dropoutFeatures;

    public ImageClassifier(RandomStream random, RandomStream masks, int classes, int imageSize)
        : base(random.Device)
    {
        (int Kernels, int Pool)[] plan = [(16, 1), (16, 2), (32, 1), (32, 2), (64, 1), (64, 2)];
        _convolutions = new (Convolution2d, int)[plan.Length];
        var (inputs, size) = (ModelConfiguration.Colours, imageSize);
        for (var i = 0; i < plan.Length; i++)
        {
            _convolutions[i] = (Add($"conv{i + 1}", new Convolution2d(random, inputs, plan[i].Kernels, 3, new ConvolutionOptions(Padding: 1), initializer: Initializers.HeNormal())), plan[i].Pool);
            (inputs, size) = (plan[i].Kernels, size / plan[i].Pool);
        }

        _hidden = Add("hidden", new Linear(random, size * size * inputs, 1024, initializer: Initializers.HeNormal(), inputImage: new Shape(size, size, inputs)));
        _dropoutHidden = Add("dropout1", new Dropout(masks, keep: 0.7));
        _features = Add("features", new Linear(random, 1024, 128, initializer: Initializers.HeNormal()));
        _dropoutFeatures = Add("dropout2", new Dropout(masks, keep: 0.8));
        _classes = Add("classes", new Linear(random, 128, classes));
    }

    /// <summary>Images [batch, size, size, 3] in [−1, 1] to class logits [batch, classes].</summary>
    public Tensor Forward(Tensor images)
    {
        var x = images;
        foreach (var (convolution, pool) in _convolutions)
        {
            x = convolution.Forward(x, negativeSlope: 0);
            if (pool > 1)
                x = x.MaxPool(pool, pool);
        }

        x = _dropoutHidden.Forward(_hidden.Forward(x, negativeSlope: 0));
        x = _dropoutFeatures.Forward(_features.Forward(x, negativeSlope: 0));
        return _classes.Forward(x);
    }
}
