using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>The ways to show a sound to a classifier that Chen et al. 2017 compare (§4), in the order of their table.</summary>
internal enum RepresentationKind
{
    /// <summary>Mel spectrogram.</summary>
    MS,

    /// <summary>Log-amplitude mel spectrogram.</summary>
    LMS,

    /// <summary>Constant-Q transform.</summary>
    CQT,

    /// <summary>Mel-frequency cepstral coefficients.</summary>
    MFCC,

    /// <summary>Short-time Fourier transform.</summary>
    STFT,
}

/// <summary>
/// A sound of half a second as an image of frames and bins, computed as a tensor program on any device. Levels are absolute in all of them:
/// a loud sound looks loud. The three that are not logarithmic show an amplitude a, that of a full-scale sine being 1, as 2a − 1.
/// </summary>
internal abstract class AudioRepresentation : IDisposable
{
    /// <summary>−120 dB: the root of a power has a derivative there.</summary>
    private const double Least = 1e-12;

    private protected AudioRepresentation(RepresentationKind kind, int hop, int bins, string? cacheKey = null)
    {
        (Kind, Hop, Frames, Bins) = (kind, hop, 1 + LogMelSpectrogram.Samples / hop, bins);
        CacheKey = cacheKey ?? $"{kind.ToString().ToLowerInvariant()}-1";
    }

    public RepresentationKind Kind { get; }

    /// <summary>Samples from frame to frame; frame f is centered on sample f · hop.</summary>
    public int Hop { get; }

    public int Frames { get; }

    public int Bins { get; }

    /// <summary>Numbers of one sound.</summary>
    public int Length => Frames * Bins;

    /// <summary>What stored features are known by: another one where the numbers differ.</summary>
    public string CacheKey { get; }

    /// <summary>
    /// MS and LMS: 44 frames of 128 mels. MFCC: the first 20 coefficients of 44 frames. STFT: 44 frames of 513 bins, window 1024. CQT: 173
    /// frames (hop 128) of 84 semitones.
    /// </summary>
    public static AudioRepresentation Create(Device device, RepresentationKind kind) => kind switch
    {
        RepresentationKind.MS => new MelSpectrogram(device),
        RepresentationKind.LMS => new LogarithmicMel(device),
        RepresentationKind.CQT => new ConstantQTransform(device),
        RepresentationKind.MFCC => new CepstralCoefficients(device),
        RepresentationKind.STFT => new FourierMagnitudes(device),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Sounds [batch, 22050] in [−1, 1] to [batch, frames, bins, 1], about in [−1, 1].</summary>
    public abstract Tensor Compute(Tensor sounds);

    public abstract void Dispose();

    /// <summary>2 √power − 1, at most 1.</summary>
    private protected static Tensor Amplitude(Tensor power) => (power + Least).Sqrt().Affine(2, -1).Clamp(-1, 1);

    /// <summary>Linear amplitude of the mels that <see cref="LogMelSpectrogram"/> takes the logarithm of.</summary>
    private sealed class MelSpectrogram(Device device)
        : AudioRepresentation(RepresentationKind.MS, LogMelSpectrogram.Hop, LogMelSpectrogram.Mels)
    {
        private readonly LogMelSpectrogram _mels = new(device);

        public override Tensor Compute(Tensor sounds) => Amplitude(_mels.MelPower(sounds)).Reshape(sounds.Shape[0], Frames, Bins, 1);

        public override void Dispose() => _mels.Dispose();
    }

    /// <summary>As sounds are told apart by everywhere else: decibels in [−80, 0] mapped to [−1, 1].</summary>
    private sealed class LogarithmicMel(Device device)
        : AudioRepresentation(RepresentationKind.LMS, LogMelSpectrogram.Hop, LogMelSpectrogram.Mels, LogMelLayout.Standard.CacheKey)
    {
        private readonly LogMelSpectrogram _mels = new(device);

        public override Tensor Compute(Tensor sounds) => _mels.Compute(sounds);

        public override void Dispose() => _mels.Dispose();
    }

    /// <summary>
    /// The first 20 coefficients of the orthonormal discrete cosine transform (type II) over the 128 mels of the logarithmic spectrogram in
    /// [−1, 1] (S. B. Davis and P. Mermelstein, IEEE Trans. ASSP 28(4), 1980). The first is divided by √128, which makes it the mean level
    /// in [−1, 1]; the others, which are smaller, by a quarter of that.
    /// </summary>
    private sealed class CepstralCoefficients : AudioRepresentation
    {
        private const int Coefficients = 20;
        private readonly LogMelSpectrogram _mels;
        private readonly Tensor _cosines;

        public CepstralCoefficients(Device device)
            : base(RepresentationKind.MFCC, LogMelSpectrogram.Hop, Coefficients)
        {
            const int mels = LogMelSpectrogram.Mels;
            _mels = new LogMelSpectrogram(device);
            var cosines = new float[Coefficients * mels];
            for (var k = 0; k < Coefficients; k++)
            {
                // √(1 / mels) for the first and √(2 / mels) for the others makes the transform orthonormal.
                var scale = k == 0 ? Math.Sqrt(1.0 / mels) / Math.Sqrt(mels) : Math.Sqrt(2.0 / mels) * 4 / Math.Sqrt(mels);
                for (var m = 0; m < mels; m++)
                    cosines[k * mels + m] = (float)(scale * Math.Cos(Math.PI * k * (m + 0.5) / mels));
            }

            _cosines = Tensor.From(device, new Shape(Coefficients, mels), cosines);
        }

        public override Tensor Compute(Tensor sounds) => _mels.Compute(sounds).Reshape(sounds.Shape[0] * Frames, LogMelSpectrogram.Mels)
            .MatrixProduct(_cosines, transposeOther: true).Reshape(sounds.Shape[0], Frames, Bins, 1);

        public override void Dispose()
        {
            _mels.Dispose();
            _cosines.Dispose();
        }
    }

    /// <summary>Linear amplitude of each bin under a Hann window of 1024 samples.</summary>
    private sealed class FourierMagnitudes(Device device)
        : AudioRepresentation(RepresentationKind.STFT, LogMelSpectrogram.Hop, Window / 2 + 1)
    {
        private const int Window = 1024;
        private readonly FourierBasis _basis = new(device, Window, LogMelSpectrogram.Hop);

        public override Tensor Compute(Tensor sounds)
        {
            LogMelSpectrogram.RequireSounds("short-time Fourier transform", sounds);
            return Amplitude(FourierBasis.Power(_basis.Transform(sounds))).Reshape(sounds.Shape[0], Frames, Bins, 1);
        }

        public override void Dispose() => _basis.Dispose();
    }
}
