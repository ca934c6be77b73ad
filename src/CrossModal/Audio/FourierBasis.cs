using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>
/// The short-time Fourier transform as a tensor program: a strided convolution with cosines and sines under a periodic Hann window. Frames
/// are centered on multiples of the hop, zeros beyond the ends of the sound. Scaled so that a full-scale sine on a bin has amplitude 1
/// there.
/// </summary>
internal sealed class FourierBasis : IDisposable
{
    private readonly Tensor _analysis;
    private readonly int _window, _hop, _bins;
    private Tensor? _weights, _overlap;

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

        // A window is a few hops, so the signal cut into hops is an image one pixel high with a hop for channels, and a frame is a
        // convolution a few pixels wide.
        var hops = frames - 1 + _window / _hop;
        var needed = Math.Min(samples, hops * _hop - _window / 2);
        var padded = sounds.Slice(1, 0, needed).Embed(1, _window / 2, hops * _hop).Reshape(batch, 1, hops, _hop);
        return padded.Convolution(_analysis).Reshape(batch, frames, 2 * _bins);
    }

    /// <summary>
    /// The sounds [batch, samples] whose transforms are nearest to spectra [batch, frames, 2 · bins], by the sum of squares: windowed
    /// again, overlapped, and divided by what the squared windows add up to. D. W. Griffin and J. S. Lim, "Signal estimation from modified
    /// short-time Fourier transform", IEEE Trans. ASSP 32(2), 1984, eq. 6.
    /// </summary>
    public Tensor Inverse(Tensor spectra, int samples)
    {
        var (batch, frames) = (spectra.Shape[0], spectra.Shape[1]);
        var device = spectra.Device;
        using (Scope.Suspended())
        {
            _weights ??= Tensor.From(device, new Shape(2 * _bins), Weights());
            if (_overlap?.Shape[0] != samples)
            {
                _overlap?.Dispose();
                _overlap = Tensor.From(device, new Shape(samples), Overlap(samples));
            }
        }

        var hops = (spectra * _weights).Reshape(batch, 1, frames, 2 * _bins).ConvolutionTransposed(_analysis);
        return hops.Reshape(batch, (frames - 1) * _hop + _window).Slice(1, _window / 2, samples) * _overlap;
    }

    /// <summary>The power of each bin, [batch, frames, bins], of spectra [batch, frames, 2 · bins].</summary>
    public static Tensor Power(Tensor spectra)
    {
        var bins = spectra.Shape[-1] / 2;
        return spectra.Slice(-1, 0, bins).Square() + spectra.Slice(-1, bins, bins).Square();
    }

    public void Dispose()
    {
        _analysis.Dispose();
        _weights?.Dispose();
        _overlap?.Dispose();
    }

    /// <summary>
    /// The inverse transform has the rows of the transform, only weighted: 2 / window for each bin but the first and the last, which have
    /// no twin among the negative frequencies, and the square of what the transform was divided by, a quarter of the window.
    /// </summary>
    internal float[] Weights()
    {
        var weights = new float[2 * _bins];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = (i % _bins is 0 || i % _bins == _bins - 1 ? 1f : 2f) * _window / 16;
        return weights;
    }

    /// <summary>One over the sum of the squared windows that lie over each sample.</summary>
    internal float[] Overlap(int samples)
    {
        var sums = new double[samples];
        for (var frame = 0; frame < Frames(samples); frame++)
        {
            for (var n = 0; n < _window; n++)
            {
                if (frame * _hop - _window / 2 + n is var at && at >= 0 && at < samples)
                    sums[at] += Math.Pow(0.5 - 0.5 * Math.Cos(2 * Math.PI * n / _window), 2);
            }
        }

        return [.. sums.Select(sum => (float)(1 / sum))];
    }

    /// <summary>cos and −sin under the window, [2 · bins, window].</summary>
    internal float[] Analysis()
    {
        // The product of bin and sample modulo the window keeps the angle small, and so exact; and there are only so many angles.
        var (cosines, sines) = (new double[_window], new double[_window]);
        for (var n = 0; n < _window; n++)
            (sines[n], cosines[n]) = (Math.Sin(2 * Math.PI * n / _window), Math.Cos(2 * Math.PI * n / _window));
        var basis = new float[2 * _bins * _window];
        var sum = _window / 2.0;
        for (var bin = 0; bin < _bins; bin++)
        {
            for (int n = 0, turn = 0; n < _window; n++)
            {
                var hann = 0.5 - 0.5 * cosines[n];
                basis[bin * _window + n] = (float)(hann * cosines[turn] * 2 / sum);
                basis[(_bins + bin) * _window + n] = (float)(-hann * sines[turn] * 2 / sum);
                turn = turn + bin < _window ? turn + bin : turn + bin - _window;
            }
        }

        return basis;
    }
}
