using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>
/// The log-amplitude mel spectrogram as a tensor program: a strided convolution with a Fourier basis, a matrix product with the mel
/// filters, a logarithm. It runs on every device and can be differentiated. Frames are centered on multiples of the hop, zeros beyond the
/// ends. Levels are decibels against the power of a full-scale sine in its own bin, held within [−80, 0] and mapped to [−1, 1].
/// </summary>
/// <remarks>
/// A mel is a sum over bins, and a Hann window spreads a sine over several, with 1.5 times its power (1.76 dB) in all. So a sine at the
/// peak of a filter reads between 0.3 dB less (in the standard layout, below 1 kHz, where filters are narrower than the window's lobe) and
/// 1.7 dB more (above 5 kHz) than it has, and one between two peaks down to 1.5 dB less. What comes out above 0 dB is cut off: of high
/// sines, the loudest 1.7 dB look alike.
/// </remarks>
internal sealed class LogMelSpectrogram : IDisposable
{
    /// <summary>Raised when the numbers change, so that stored spectrograms are computed anew.</summary>
    public const int Version = 1;

    /// <summary>Samples of one window, 0.5 s at <see cref="SampleRate"/>.</summary>
    public const int Samples = SampleRate / 2;

    /// <summary>Samples in a second of every sound that is computed with; other sounds are brought to it.</summary>
    public const int SampleRate = 44100;

    /// <summary>Samples from frame to frame of the standard layout, as are the sizes that follow.</summary>
    public const int Hop = 512;

    /// <summary>Samples of the Hann window of one frame: four hops.</summary>
    public const int Window = 4 * Hop;

    public const int Mels = 128;

    /// <summary>1 + ⌊22050 / 512⌋.</summary>
    public const int Frames = 1 + Samples / Hop;

    /// <summary>The level of the value −1; that of 1 is 0 dB.</summary>
    public const double FloorDecibels = -80;

    /// <summary>Added to every power, so that silence has a logarithm.</summary>
    internal const double LeastPower = 1e-10;

    private readonly FourierBasis _basis;
    private readonly Tensor _filters;

    /// <param name="device">Where it computes.</param>
    /// <param name="layout">Its sizes; <see cref="LogMelLayout.Standard"/> where none is given.</param>
    public LogMelSpectrogram(Device device, LogMelLayout? layout = null)
    {
        Layout = layout ?? LogMelLayout.Standard;
        _basis = new FourierBasis(device, Layout.Window, Layout.Hop);
        _filters = Tensor.From(device, new Shape(Layout.Mels, Layout.Bins), Layout.Filters());
    }

    public LogMelLayout Layout { get; }

    /// <summary>Decibels in [−80, 0] of a value in [−1, 1].</summary>
    public static double DecibelsOf(double value) => (1 - value) * FloorDecibels / 2;

    /// <summary>Sounds [batch, 22050] in [−1, 1] to spectrograms [batch, frames, mels, 1] in [−1, 1].</summary>
    public Tensor Compute(Tensor sounds)
    {
        var decibels = (MelPower(sounds) + LeastPower).Log() * (10 / Math.Log(10));
        return decibels.Clamp(FloorDecibels, 0).Affine(-2 / FloorDecibels, 1).Reshape(sounds.Shape[0], Layout.Frames, Layout.Mels, 1);
    }

    /// <summary>
    /// Sounds [batch, 22050] to the power in each mel, [batch · frames, mels]; that of a full-scale sine at a filter's peak is 0.94 to 1.5.
    /// </summary>
    internal Tensor MelPower(Tensor sounds)
    {
        RequireSounds("log-mel spectrogram", sounds);
        var power = FourierBasis.Power(_basis.Transform(sounds)).Reshape(sounds.Shape[0] * Layout.Frames, Layout.Bins);
        return power.MatrixProduct(_filters, transposeOther: true);
    }

    /// <exception cref="ArgumentException">The tensor is not [batch, 22050].</exception>
    internal static void RequireSounds(string what, Tensor sounds)
    {
        if (sounds.Shape.Rank != 2 || sounds.Shape[1] != Samples)
            throw new ArgumentException($"{what}: sounds {sounds.Shape} must be [batch, {Samples}]");
    }

    public void Dispose()
    {
        _basis.Dispose();
        _filters.Dispose();
    }
}
