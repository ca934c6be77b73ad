using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of an image: the judge of what the GAN makes, and, with a code, the encoder ϕ(I) that image to sound is conditioned
/// on (Chen et al. 2017, Fig. 1 and Fig. 5: 3×3 convolutions of 16 and 16 kernels, max pooling, 32, 32, 64 and 64, max pooling, 1024, 128,
/// classes; the code's 64 numbers behind the 128, trained by a classifying head of its own). Chosen here: a max pooling between 32 and 64
/// as well, for speed, and 0.7 and 0.8 as probabilities of keeping.
/// </summary>
internal sealed class ImageClassifier : Module, IClassifier
{
    private readonly (Convolution2d Convolution, int Pool)[] _convolutions;
    private readonly Linear _hidden, _features, _classes;
    private readonly Linear? _code, _codeClasses;
    private readonly Dropout _dropoutHidden, _dropoutFeatures;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout; not owned.</param>
    /// <param name="codeSize">Numbers of the code; 0 for a judge, which has none.</param>
    public ImageClassifier(RandomStream random, RandomStream masks, int classes, int imageSize, int codeSize = 0)
        : base(random.Device)
    {
        (int Kernels, int Pool)[] plan = [(16, 1), (16, 2), (32, 1), (32, 2), (64, 1), (64, 2)];
        _convolutions = new (Convolution2d, int)[plan.Length];
        var (inputs, size) = (ModelConfiguration.Colors, imageSize);
        for (var i = 0; i < plan.Length; i++)
        {
            _convolutions[i] =
                (Add($"conv{i + 1}", new Convolution2d(random, inputs, plan[i].Kernels, 3, new ConvolutionOptions(Padding: 1),
                Activation.Relu, initializer: Initializers.HeNormal())), plan[i].Pool);
            (inputs, size) = (plan[i].Kernels, size / plan[i].Pool);
        }

        _hidden = Add("hidden", new Linear(random, size * size * inputs, 1024, Activation.Relu, initializer: Initializers.HeNormal(),
            inputImage: new Shape(size, size, inputs)));
        _dropoutHidden = Add("dropout1", new Dropout(masks, keep: 0.7));
        _features = Add("features", new Linear(random, 1024, 128, Activation.Relu, initializer: Initializers.HeNormal()));
        _dropoutFeatures = Add("dropout2", new Dropout(masks, keep: 0.8));
        _classes = Add("classes", new Linear(random, 128, classes));
        if (codeSize == 0)
            return;
        _code = Add("code", new Linear(random, 128, codeSize));
        _codeClasses = Add("code_classes", new Linear(random, codeSize, classes));
    }

    /// <summary>Images [batch, size, size, 3] in [−1, 1] to class logits [batch, classes].</summary>
    public Tensor Forward(Tensor images) => _classes.Forward(_dropoutFeatures.Forward(Features(images)));

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Heads(Tensor images)
    {
        var features = _dropoutFeatures.Forward(Features(images));
        return _code is null ? [_classes.Forward(features)] : [_classes.Forward(features), _codeClasses!.Forward(Code(features))];
    }

    /// <summary>The code ϕ(I) [batch, code] in (−1, 1).</summary>
    public Tensor Encode(Tensor images) => Code(_dropoutFeatures.Forward(Features(images)));

    /// <inheritdoc/>
    public (Tensor Logits, Tensor Features) Examine(Tensor samples)
    {
        var features = Features(samples);
        return (_classes.Forward(features), features);
    }

    private Tensor Code(Tensor features) =>
        (_code ?? throw new InvalidOperationException("this image classifier has no code")).Forward(features).Tanh();

    /// <summary>The 128 numbers before dropout.</summary>
    private Tensor Features(Tensor images)
    {
        var x = images;
        foreach (var (convolution, pool) in _convolutions)
        {
            x = convolution.Forward(x);
            if (pool > 1)
                x = x.MaxPool(pool, pool);
        }

        return _features.Forward(_dropoutHidden.Forward(_hidden.Forward(x)));
    }
}
