namespace CrossModal.Audio;

/// <summary>One channel of sound.</summary>
/// <param name="Samples">Amplitudes, nominally in [-1, 1].</param>
/// <param name="SampleRate">Samples per second.</param>
public sealed record AudioClip(float[] Samples, int SampleRate)
{
    public double Seconds => (double)Samples.Length / SampleRate;

    /// <summary>Reads a WAV file, averages its channels and resamples it to <paramref name="rate"/> where it has another rate.</summary>
    /// <exception cref="Kernels.BadInputException">The file is missing or is not a WAV file that can be read.</exception>
    public static AudioClip LoadAt(string path, int rate = 44100) => WavFile.ReadMono(path).At(rate);

    /// <summary>The same sound at another rate, itself where it has that rate.</summary>
    public AudioClip At(int rate) => SampleRate == rate ? this : new AudioClip(Resampler.Resample(Samples, SampleRate, rate), rate);
}
