using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>
/// The short-time Fourier transform as a tensor program: a strided convolution with cosines and sines under a periodic Hann window. Frames are centred on multiples of the
/// hop, zeros beyond the ends of the sound. Scaled so that a full-scale sine on a bin has amplitude 1 there.
/// </summary>
internal sealed class FourierBasis : IDisposable
{
    private readonly Tensor _analysis;
    private readonly int _window, _hop, _bins;

    /// <param name="device">Where it computes.</param>
    /// <param name="window">Samples of a frame: a whole and even number of hops.</param>
    /// <param name="hop">Samples from frame to frame.</param>
    public FourierBasis(Device device, int window, int hop)
    {
        if (hop < 1 || window < 2 * hop || window % (2 * hop) != 0)
            throw new ArgumentException($"Fourier transform: a window of {window} is no even number of hops of {hop}");
        (_window, _hop, _bins) = (window, hop, window / 2 + 1);
        _analysis = Tensor.From(device, new Shape(2 * _bins, 1, window / hop, hop), Analysis());
    }

    public int Frames(int samples) => 1 + samples / _hop;

    /// <summary>Sounds [batch, samples] to spectra [batch, frames, 2 · bins]: the real parts, then the imaginary ones.</summary>
    public Tensor Transform(Tensor sounds)
    {
        var (batch, samples, frames) = (sounds.Shape[0], sounds.Shape[1], Frames(sounds.Shape[1]));

        // A window is a few hops, so the signal cut into hops is an image one pixel high with a hop for channels, and a frame is a convolution a few pixels wide.
        var hops = frames - 1 + _window / _hop;
        var needed = Math.Min(samples, hops * _hop - _window / 2);
        var padded = sounds.Slice(1, 0, needed).Embed(1, _window / 2, hops * _hop).Reshape(batch, 1, hops, _hop);
        return padded.Convolution(_analysis).Reshape(batch, frames, 2 * _bins);
    }

    /// <summary>The power of each bin, [batch, frames, bins], of spectra [batch, frames, 2 · bins].</summary>
    public static Tensor Power(Tensor spectra)
    {
        var bins = spectra.Shape[-1] / 2;
        return spectra.Slice(-1, 0, bins).Square() + spectra.Slice(-1, bins, bins).Square();
    }

    public void Dispose() => _analysis.Dispose();

    /// <summary>cos and −sin under the window, [2 · bins, window].</summary>
    private float[] Analysis()
    {
        var basis = new float[2 * _bins * _window];
        var sum = _window / 2.0;
        for (var bin = 0; bin < _bins; bin++)
        {
            for (var n = 0; n < _window; n++)
            {
                var hann = 0.5 - 0.5 * Math.Cos(2 * Math.PI * n / _window);
                // The product modulo the window keeps the angle small, and so exact.
                var angle = 2 * Math.PI * ((long)bin * n % _window) / _window;
                basis[bin * _window + n] = (float)(hann * Math.Cos(angle) * 2 / sum);
                basis[(_bins + bin) * _window + n] = (float)(-hann * Math.Sin(angle) * 2 / sum);
            }
        }

        return basis;
    }
}
