using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// A sound's code for the pose scenario. A code that is only to tell instruments (<see cref="SoundClassifier"/>) forgets pitch and
/// loudness, which a player's pose follows; one that is only to draw the sound again (<see cref="SoundAutoencoder"/>) does not keep
/// instruments apart. This one is trained to do both, from sounds and their classes alone. A hidden layer behind the code names the
/// instrument, so that the code need not lay the classes out in straight lines at the cost of all else.
/// </summary>
internal sealed class JointSoundEncoder : Module
{
    private readonly SoundEncoder _encoder;
    private readonly SoundDecoder? _decoder;
    private readonly Linear _features, _classes;
    private readonly CodeSphering _sphering;

    /// <param name="random">For the first weights.</param>
    /// <param name="decodes">Whether it has its decoder, which it is trained with and has no other use for.</param>
    public JointSoundEncoder(RandomStream random, int classes, int codeSize, bool decodes = true)
        : base(random.Device)
    {
        _encoder = Add("encoder", new SoundEncoder(random, codeSize));
        _decoder = decodes ? Add("decoder", new SoundDecoder(random, codeSize)) : null;
        _features = Add("features", new Linear(random, codeSize, 128, Activation.Relu, initializer: Initializers.HeNormal()));
        _classes = Add("classes", new Linear(random, 128, classes));
        _sphering = Add("sphering", new CodeSphering(random.Device, codeSize));
    }

    /// <summary>Spectrograms [batch, 44, 128, 1] to codes [batch, code] in (−1, 1).</summary>
    public Tensor Encode(Tensor spectrograms) => _encoder.Forward(spectrograms);

    /// <summary>Spectrograms [batch, 44, 128, 1] to codes [batch, code] as a GAN is given them, with mean square 1.</summary>
    public Tensor EncodeSphered(Tensor spectrograms) => _sphering.Forward(Encode(spectrograms));

    /// <summary>Once the encoder is trained: measures how codes lie, for <see cref="EncodeSphered"/>.</summary>
    /// <param name="codes">[count, code], as <see cref="Encode"/> gives them.</param>
    /// <param name="classes">Of each code.</param>
    public void Sphere(ReadOnlySpan<float> codes, IReadOnlyList<int> classes) => _sphering.Fit(codes, classes);

    /// <summary>Codes [batch, code] to spectrograms [batch, 44, 128, 1].</summary>
    /// <exception cref="InvalidOperationException">It has no decoder.</exception>
    public Tensor Decode(Tensor codes) =>
        (_decoder ?? throw new InvalidOperationException("this encoder has no decoder")).Forward(codes);

    /// <summary>Codes [batch, code] to class logits [batch, classes].</summary>
    public Tensor Classify(Tensor codes) => _classes.Forward(_features.Forward(codes));
}
