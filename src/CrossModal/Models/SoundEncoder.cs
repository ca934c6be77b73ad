using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// A log-mel spectrogram to a code, by the layers of the paper's sound classifier (<see cref="SoundClassifier"/>) and the code behind them.
/// It has no dropout: what it is trained by needs the exact levels.
/// </summary>
internal sealed class SoundEncoder : FeatureNetwork
{
    private readonly Linear _code;

    /// <param name="random">For the first weights.</param>
    public SoundEncoder(RandomStream random, int codeSize)
        : base(random, masks: null, SoundClassifier.Standard, SoundClassifier.Plan(), PaperHidden) =>
        _code = Add("code", new Linear(random, FeatureCount, codeSize, initializer: Initializers.XavierNormal()));

    /// <summary>Spectrograms [batch, 44, 128, 1] to codes [batch, code] in (−1, 1).</summary>
    public Tensor Forward(Tensor spectrograms) => _code.Forward(Features(spectrograms)).Tanh(Device.FloatType);
}
