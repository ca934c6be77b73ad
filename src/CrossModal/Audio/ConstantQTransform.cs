using CrossModal.Tensors;

namespace CrossModal.Audio;

/// <summary>
/// The constant-Q transform (J. C. Brown, "Calculation of a constant Q spectral transform", J. Acoust. Soc. Am. 89(1), 1991): a filter for
/// each of the 84 semitones from C1, 32.7 Hz, to B7, 3951 Hz, each a complex sine under a Hann window of 16.8 of its periods, as many as it
/// takes to tell semitones apart. One strided convolution an octave, for the window halves from octave to octave. Amplitudes are linear,
/// shown as 2a − 1.
/// </summary>
internal sealed class ConstantQTransform : AudioRepresentation
{
    private const int Octaves = 7, Semitones = 12, Step = 128;
    private const double Lowest = 32.70319566257483;
    private static readonly double Quality = 1 / (Math.Pow(2, 1.0 / Semitones) - 1);

    private readonly Tensor[] _filters = new Tensor[Octaves];

    public ConstantQTransform(Device device)
        : base(RepresentationKind.CQT, Step, Octaves * Semitones)
    {
        for (var octave = 0; octave < Octaves; octave++)
        {
            // An even number of hops, so that the middle of the window is the middle of a frame.
            var hops = 2 * (int)Math.Ceiling(WindowOf(octave * Semitones) / (2 * Step));
            _filters[octave] = Tensor.From(device, new Shape(2 * Semitones, 1, hops, Step), Filters(octave, hops * Step));
        }
    }

    public override Tensor Compute(Tensor sounds)
    {
        LogMelSpectrogram.RequireSounds("constant-Q transform", sounds);
        var batch = sounds.Shape[0];
        var octaves = new Tensor[Octaves];
        for (var octave = 0; octave < Octaves; octave++)
        {
            var window = _filters[octave].Shape[2];
            var hops = Frames - 1 + window;
            var needed = Math.Min(LogMelSpectrogram.Samples, hops * Step - window * Step / 2);
            var padded = sounds.Slice(1, 0, needed).Embed(1, window * Step / 2, hops * Step).Reshape(batch, 1, hops, Step);
            octaves[octave] = FourierBasis.Power(padded.Convolution(_filters[octave]).Reshape(batch, Frames, 2 * Semitones));
        }

        return Amplitude(Tensor.Concatenate(-1, octaves)).Reshape(batch, Frames, Bins, 1);
    }

    public override void Dispose()
    {
        foreach (var filter in _filters)
            filter.Dispose();
    }

    private static double Frequency(int semitone) => Lowest * Math.Pow(2, (double)semitone / Semitones);

    /// <summary>Samples of a filter's window.</summary>
    private static double WindowOf(int semitone) => Quality * LogMelSpectrogram.SampleRate / Frequency(semitone);

    /// <summary>
    /// cos and −sin of each semitone of an octave in the middle of <paramref name="length"/> samples, scaled so that a full-scale sine has
    /// amplitude 1; [2 · 12, length].
    /// </summary>
    private static float[] Filters(int octave, int length)
    {
        var filters = new float[2 * Semitones * length];
        for (var i = 0; i < Semitones; i++)
        {
            var semitone = octave * Semitones + i;
            var (window, turn) = (WindowOf(semitone), 2 * Math.PI * Frequency(semitone) / LogMelSpectrogram.SampleRate);
            double Hann(int n) =>
                Math.Abs(n - length / 2) is var away && 2 * away < window ? 0.5 + 0.5 * Math.Cos(2 * Math.PI * away / window) : 0;
            var sum = Enumerable.Range(0, length).Sum(Hann);
            for (var n = 0; n < length; n++)
            {
                var (height, angle) = (2 * Hann(n) / sum, turn * (n - length / 2));
                filters[i * length + n] = (float)(height * Math.Cos(angle));
                filters[(Semitones + i) * length + n] = (float)(-height * Math.Sin(angle));
            }
        }

        return filters;
    }
}
