using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Names the instrument of an example, and may give a code that a GAN is conditioned on (Chen et al. 2017, Fig. 1: 64 numbers behind the
/// 128). Not said there and chosen here: 0.7 and 0.8 as probabilities of keeping, and that the code is trained by a classifying head of its
/// own beside the one behind the 128.
/// </summary>
internal abstract class Classifier : FeatureNetwork, IJudge
{
    private readonly Dropout _dropout;
    private readonly Linear _classes;
    private readonly Linear? _code, _codeClasses;

    /// <param name="random">For the first weights.</param>
    /// <param name="masks">For dropout; not owned.</param>
    /// <param name="input">Of one example: [height, width, channels].</param>
    /// <param name="plan">The convolutions, in order.</param>
    /// <param name="classes">Instruments.</param>
    /// <param name="codeSize">Numbers of the code; 0 for none.</param>
    /// <param name="hidden">Numbers of the layer behind the convolutions.</param>
    protected Classifier(RandomStream random, RandomStream masks, Shape input, IReadOnlyList<FeatureConvolution> plan, int classes,
        int codeSize, int hidden)
        : base(random, masks, input, plan, hidden)
    {
        _dropout = Add("dropout2", new Dropout(masks, keep: 0.8));
        _classes = Add("classes", new Linear(random, FeatureCount, classes));
        if (codeSize == 0)
            return;
        _code = Add("code", new Linear(random, FeatureCount, codeSize));
        _codeClasses = Add("code_classes", new Linear(random, codeSize, classes));
    }

    /// <summary>Examples [batch, height, width, channels] to class logits [batch, classes].</summary>
    public Tensor Forward(Tensor examples) => _classes.Forward(_dropout.Forward(Features(examples)));

    /// <summary>
    /// Class logits [batch, classes], and those behind the code, where there is one: what training minimizes the cross-entropy of.
    /// </summary>
    public IReadOnlyList<Tensor> Heads(Tensor examples)
    {
        var features = _dropout.Forward(Features(examples));
        return _code is null ? [_classes.Forward(features)] : [_classes.Forward(features), _codeClasses!.Forward(Code(features))];
    }

    /// <summary>The code [batch, code] in (−1, 1).</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public Tensor Encode(Tensor examples) => Code(_dropout.Forward(Features(examples)));

    /// <inheritdoc/>
    public (Tensor Logits, Tensor Features) Examine(Tensor samples)
    {
        var features = Features(samples);
        return (_classes.Forward(features), features);
    }

    private Tensor Code(Tensor features) =>
        (_code ?? throw new InvalidOperationException("this classifier has no code")).Forward(features).Tanh(Device.FloatType);
}
