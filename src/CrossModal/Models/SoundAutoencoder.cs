using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Gives a sound a code from which its spectrogram can be drawn again, without knowing any instrument: the encoder of variant S2I-A (Chen
/// et al. 2017, Table 5; the paper says no more of it than that it is an autoencoder).
/// </summary>
internal sealed class SoundAutoencoder : Module
{
    private readonly SoundEncoder _encoder;
    private readonly SoundDecoder _decoder;

    /// <param name="random">For the first weights.</param>
    public SoundAutoencoder(RandomStream random, int codeSize)
        : base(random.Device)
    {
        _encoder = Add("encoder", new SoundEncoder(random, codeSize));
        _decoder = Add("decoder", new SoundDecoder(random, codeSize));
    }

    /// <summary>Spectrograms [batch, 44, 128, 1] to codes [batch, code] in (−1, 1).</summary>
    public Tensor Encode(Tensor spectrograms) => _encoder.Forward(spectrograms);

    /// <summary>Codes [batch, code] to spectrograms [batch, 44, 128, 1].</summary>
    public Tensor Decode(Tensor codes) => _decoder.Forward(codes);

    /// <summary>What is left of spectrograms once they have gone through the code.</summary>
    public Tensor Forward(Tensor spectrograms) => Decode(Encode(spectrograms));
}
