using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>
/// The log-amplitude mel spectrogram as a tensor program: a strided convolution with a Fourier basis, a matrix product with the mel filters, a logarithm.
/// It runs on every device and can be differentiated. Frames are centred on multiples of the hop, zeros beyond the ends.
/// Levels are decibels below a full-scale sine, held within [−80, 0] and mapped to [−1, 1].
/// </summary>
public sealed class LogMelSpectrogram : IDisposable
{
    /// <summary>Raised when the numbers change, so that stored spectrograms are computed anew.</summary>
    public const int Version = 1;

    /// <summary>Samples of one window, 0.5 s at <see cref="SampleRate"/>.</summary>
    public const int Samples = 22050;

    public const int SampleRate = 44100;

    /// <summary>Samples from frame to frame.</summary>
    public const int Hop = 512;

    /// <summary>Samples of the Hann window of one frame: four hops.</summary>
    public const int Window = 4 * Hop;

    public const int Mels = 128;

    /// <summary>1 + ⌊22050 / 512⌋.</summary>
    public const int Frames = 1 + Samples / Hop;

    private const int Bins = Window / 2 + 1;
    private const double FloorDecibels = -80;

    private readonly Tensor _basis, _filters;

    public LogMelSpectrogram(Device device)
    {
        _basis = Tensor.From(device, new Shape(2 * Bins, 1, Window / Hop, Hop), FourierBasis());
        _filters = Tensor.From(device, new Shape(Mels, Bins), MelScale.Filters(Mels, Window, SampleRate, 0, SampleRate / 2.0));
    }

    /// <summary>Sounds [batch, 22050] in [−1, 1] to spectrograms [batch, 44 frames, 128 mels, 1] in [−1, 1].</summary>
    public Tensor Compute(Tensor sounds)
    {
        if (sounds.Shape.Rank != 2 || sounds.Shape[1] != Samples)
            throw new ArgumentException($"log-mel spectrogram: sounds {sounds.Shape} must be [batch, {Samples}]");
        var batch = sounds.Shape[0];

        // A window is four hops, so the signal cut into hops is an image one pixel high with a hop for channels, and a frame is a convolution four pixels wide.
        const int hops = Frames - 1 + Window / Hop;
        var needed = Math.Min(Samples, hops * Hop - Window / 2);
        var padded = sounds.Slice(1, 0, needed).Embed(1, Window / 2, hops * Hop).Reshape(batch, 1, hops, Hop);
        var spectrum = padded.Convolution(_basis).Reshape(batch * Frames, 2 * Bins);
        var power = spectrum.Slice(1, 0, Bins).Square() + spectrum.Slice(1, Bins, Bins).Square();
        var mels = power.MatrixProduct(_filters, transposeOther: true);
        var decibels = (mels + 1e-10).Log() * (10 / Math.Log(10));
        return decibels.Clamp(FloorDecibels, 0).Affine(-2 / FloorDecibels, 1).Reshape(batch, Frames, Mels, 1);
    }

    public void Dispose()
    {
        _basis.Dispose();
        _filters.Dispose();
    }

    /// <summary>cos and −sin under a periodic Hann window, scaled so that a full-scale sine on a bin has power 1 there; [2 · bins, window].</summary>
    private static float[] FourierBasis()
    {
        var basis = new float[2 * Bins * Window];
        var sum = Window / 2.0;
        for (var bin = 0; bin < Bins; bin++)
        {
            for (var n = 0; n < Window; n++)
            {
                var hann = 0.5 - 0.5 * Math.Cos(2 * Math.PI * n / Window);
                // The product modulo the window keeps the angle small, and so exact.
                var angle = 2 * Math.PI * ((long)bin * n % Window) / Window;
                basis[bin * Window + n] = (float)(hann * Math.Cos(angle) * 2 / sum);
                basis[(Bins + bin) * Window + n] = (float)(-hann * Math.Sin(angle) * 2 / sum);
            }
        }

        return basis;
    }
}
