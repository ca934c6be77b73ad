using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>
/// From a log-mel spectrogram back to sound. The power of each mel is spread over its bins by non-negative multiplicative updates (Lee and
/// Seung, "Algorithms for non-negative matrix factorization", NIPS 2000, those for the divergence), phases are drawn at random, and then
/// the fast algorithm of Griffin and Lim (Perraudin, Balazs and Søndergaard, "A fast Griffin-Lim algorithm", WASPAA 2013) goes back and
/// forth between sounds and spectra. Theirs restores the magnitude of every bin in each round. A mel spectrogram does not know those, only
/// what the bins of a mel add up to, so that alone is restored here, and the bins within it settle as real sounds have them. It runs on
/// every device; nothing of it is on the tape.
/// </summary>
internal sealed class SpectrogramInversion : IDisposable
{
    /// <summary>Perraudin et al. 2013 found 0.99 the best for most sounds.</summary>
    internal const double Momentum = 0.99;

    /// <summary>−120 dB: keeps quotients of powers finite, far below the lowest level that is told apart.</summary>
    internal const double Least = 1e-12;

    internal const int Iterations = 64, SpreadingIterations = 30;

    private readonly Device _device;
    private readonly FourierBasis _basis;
    private readonly Tensor _filters, _shares, _widths;

    /// <param name="device">Where it computes.</param>
    /// <param name="layout">The sizes of the spectrograms.</param>
    public SpectrogramInversion(Device device, LogMelLayout layout)
    {
        (_device, Layout) = (device, layout);
        _basis = new FourierBasis(device, Layout.Window, Layout.Hop);
        var (filters, bins) = (Layout.Filters(), Layout.Bins);
        var (shares, widths) = SharesOf(layout);
        _filters = Tensor.From(device, new Shape(Layout.Mels, bins), filters);
        _shares = Tensor.From(device, new Shape(Layout.Mels, bins), shares);
        _widths = Tensor.From(device, new Shape(Layout.Mels), widths);
    }

    public LogMelLayout Layout { get; }

    /// <summary>
    /// Spectrograms [batch, frames, mels, 1] in [−1, 1] to sounds [batch, 22050], at the level that the spectrogram says; they may pass
    /// beyond [−1, 1] where it says so. A sound does not depend on the others of its batch.
    /// </summary>
    /// <param name="spectrograms">Of <see cref="Layout"/>; they need not be spectrograms of any sound.</param>
    /// <param name="seed">What the first phases are drawn from.</param>
    public Tensor Compute(Tensor spectrograms, ulong seed)
    {
        var batch = spectrograms.Shape[0];
        var (frames, bins) = (Layout.Frames, Layout.Bins);
        if (spectrograms.Shape != new Shape(batch, frames, Layout.Mels, 1))
            throw new ArgumentException($"spectrogram inversion: {spectrograms.Shape} must be [batch, {frames}, {Layout.Mels}, 1]");
        using var pause = Tape.Paused();
        using var whole = new Scope();
        var target = Power(spectrograms.Reshape(batch * frames, Layout.Mels));
        var spectra = FirstSpectra(target, batch, seed);
        var previous = Tensor.Zeros(_device, spectra.Shape);
        for (var i = 0; i < Iterations; i++)
        {
            using var scope = new Scope();
            var consistent = _basis.Transform(_basis.Inverse(spectra, LogMelSpectrogram.Samples));

            // The paper's step beyond, t + α (t − t'), up to a factor that does not outlive the gains.
            var beyond = consistent - previous * (Momentum / (1 + Momentum));
            previous.CopyFrom(consistent);
            var gains = Quotient(target, FourierBasis.Power(beyond).Reshape(batch * frames, bins)).Sqrt().Reshape(batch, frames, bins);
            spectra.CopyFrom(beyond * Tensor.Concatenate(-1, gains, gains));
        }

        return whole.Keep(_basis.Inverse(spectra, LogMelSpectrogram.Samples));
    }

    public void Dispose()
    {
        _basis.Dispose();
        foreach (var tensor in new[] { _filters, _shares, _widths })
            tensor.Dispose();
    }

    /// <summary>
    /// What share of a bin's filters is each mel's, [mels, bins], and what the filter of each mel adds up to, [mels].
    /// </summary>
    internal static (float[] Shares, float[] Widths) SharesOf(LogMelLayout layout)
    {
        var (filters, bins) = (layout.Filters(), layout.Bins);
        var (shares, widths) = (new float[filters.Length], new float[layout.Mels]);
        for (var bin = 0; bin < bins; bin++)
        {
            var sum = Enumerable.Range(0, layout.Mels).Sum(mel => filters[mel * bins + bin]);
            for (var mel = 0; mel < layout.Mels; mel++)
            {
                // No filter hears the first bin and the last: they get no share, and stay silent.
                shares[mel * bins + bin] = sum > 0 ? filters[mel * bins + bin] / sum : 0;
                widths[mel] += filters[mel * bins + bin];
            }
        }

        return (shares, widths);
    }

    /// <summary>The phases of the first spectra, [frames, bins], by a seed.</summary>
    internal static float[] FirstPhases(LogMelLayout layout, ulong seed)
    {
        var random = new CountedRandom(seed);
        var angles = new float[layout.Frames * layout.Bins];
        for (var i = 0; i < angles.Length; i++)
            angles[i] = 2 * MathF.PI * random.NextUniform();
        return angles;
    }

    /// <summary>
    /// The power of values in [−1, 1]. The lowest half decibel fades to nothing: what stands at the floor may be any silence.
    /// </summary>
    private static Tensor Power(Tensor values)
    {
        var decibels = values.Affine(-LogMelSpectrogram.FloorDecibels / 2, LogMelSpectrogram.FloorDecibels / 2);
        return (decibels * (Math.Log(10) / 10)).Exp() * decibels.Affine(2, -2 * LogMelSpectrogram.FloorDecibels).Clamp(0, 1);
    }

    /// <summary>
    /// By how much the power of each bin [rows, bins] must grow for the mels [rows, mels] to have the power that they should.
    /// </summary>
    private Tensor Quotient(Tensor target, Tensor power) =>
        ((target + Least) / (power.MatrixProduct(_filters, transposeOther: true) + Least)).MatrixProduct(_shares);

    /// <summary>Magnitudes whose mels have the asked power, with phases at random: the same phases for each sound.</summary>
    private Tensor FirstSpectra(Tensor target, int batch, ulong seed)
    {
        var (frames, bins) = (Layout.Frames, Layout.Bins);
        using var scope = new Scope();
        var power = (target / _widths).MatrixProduct(_shares);
        for (var i = 0; i < SpreadingIterations; i++)
            power *= Quotient(target, power);
        var magnitudes = power.Sqrt().Reshape(batch, frames, bins);
        var phases = Tensor.From(_device, new Shape(1, frames, bins), FirstPhases(Layout, seed));
        return scope.Keep(Tensor.Concatenate(-1, magnitudes * phases.Cos(), magnitudes * phases.Sin()));
    }
}
