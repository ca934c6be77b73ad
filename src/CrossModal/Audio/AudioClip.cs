namespace CrossModal.Audio;

/// <summary>One channel of sound.</summary>
/// <param name="Samples">Amplitudes, nominally in [-1, 1].</param>
/// <param name="SampleRate">Samples per second.</param>
public sealed record AudioClip(float[] Samples, int SampleRate)
{
    public double Seconds => (double)Samples.Length / SampleRate;

    /// <summary>Reads a WAV file, averages its channels and resamples it to <paramref name="rate"/> where it has another rate.</summary>
    /// <exception cref="Kernels.BadInputException">The file is missing or is not a WAV file that can be read.</exception>
    public static AudioClip LoadAt(string path, int rate = 44100)
    {
        var clip = WavFile.ReadMono(path);
        return clip.SampleRate == rate ? clip : new AudioClip(Resampler.Resample(clip.Samples, clip.SampleRate, rate), rate);
    }
}
