using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Whether an image (or a spectrogram as an image of one channel) is real and belongs to a code (Chen et al. 2017, Fig. 1; widths after
/// Reed et al. 2016): a stack of convolutions down to 4×4; then the code is repeated over 4×4 and joined, mixed by a 1×1 convolution, and
/// scored by a 4×4 one.
/// </summary>
internal sealed class Discriminator : DiscriminatorStack
{
    private readonly Convolution2d _mix, _score;
    private readonly BatchNorm? _mixNorm;
    private readonly Linear? _classes, _codes;

    /// <param name="random">For the first weights.</param>
    /// <param name="settings">Sizes, and which heads there are.</param>
    public Discriminator(RandomStream random, ModelSettings settings)
        : base(random, settings)
    {
        var (spectral, inputs) = (settings.SpectralNorm, Channels);
        _mix = Add("mix", new Convolution2d(random, inputs + settings.CodeSize, inputs, 1,
            activation: spectral ? Leaky : Activation.None, bias: spectral, initializer: Initializer(spectral), spectralNorm: spectral));
        _mixNorm = spectral ? null : Add("mix_norm", Norm(random, inputs));
        _score = Add("score", new Convolution2d(random, inputs, 1, 4, initializer: Initializer(spectral), spectralNorm: spectral));
        if (settings.AuxiliaryClasses > 0)
            _classes = Add("classes",
                new Linear(random, inputs, settings.AuxiliaryClasses, initializer: Initializer(spectral), spectralNorm: spectral));

        // Where a hand is matters here, so the places are kept apart; and no bound on the slope, because what is regressed has a scale.
        if (settings.CodeHead)
            _codes = Add("codes", new Linear(random, 4 * 4 * inputs, settings.CodeSize, inputImage: new Shape(4, 4, inputs)));
    }

    /// <summary>
    /// Images [batch, size, size, channels] and codes [batch, code] to logits [batch]. The batch may be <paramref name="groups"/> equal
    /// parts (real, wrong, fake), each normalized by itself.
    /// </summary>
    /// <exception cref="ArgumentException">Images or codes have another shape.</exception>
    public Tensor Forward(Tensor images, Tensor code, int groups = 1) => Score(Features(images, groups), code, groups);

    /// <summary>
    /// The same, and what the other heads say where there are such: class logits [batch, classes], and what the code says beside its class
    /// [batch, code]. Neither sees the code that was given.
    /// </summary>
    public (Tensor Scores, Tensor? Classes, Tensor? Codes) ForwardWithHeads(Tensor images, Tensor code, int groups = 1)
    {
        var features = Features(images, groups);
        return (Score(features, code, groups), _classes?.Forward(features.Mean([1, 2])), _codes?.Forward(features));
    }

    private Tensor Score(Tensor x, Tensor code, int groups)
    {
        if (code.Shape != new Shape(x.Shape[0], Settings.CodeSize))
            throw new ArgumentException($"discriminator: code {code.Shape} must be [{x.Shape[0]}, {Settings.CodeSize}]");
        var joint = Activate(_mix, _mixNorm, x.JoinEach(code), groups);
        return _score.Forward(joint).Reshape(x.Shape[0]);
    }
}
