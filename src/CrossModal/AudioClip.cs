using CrossModal.Audio;

namespace CrossModal;

/// <summary>A sound of one channel.</summary>
/// <param name="samples">Amplitudes, nominally in [-1, 1]; not copied.</param>
/// <param name="sampleRate">Samples per second.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="sampleRate"/> is less than 1.</exception>
public class AudioClip(float[] samples, int sampleRate)
{
    /// <summary>Amplitudes, nominally in [-1, 1].</summary>
    public float[] Samples { get; } = samples ?? throw new ArgumentNullException(nameof(samples));

    /// <summary>Samples per second.</summary>
    public int SampleRate { get; } = sampleRate >= 1 ? sampleRate
        : throw new ArgumentOutOfRangeException(nameof(sampleRate), sampleRate, "must be at least 1");

    /// <summary>What messages call it: the path of the file that it was read from.</summary>
    public string Name { get; init; } = "the sound";

    /// <summary>
    /// The largest amplitude before it was read; beyond 1 it was divided by it. 0 where nobody has looked.
    /// </summary>
    internal float Peak { get; init; }

    /// <summary>Whether several channels, none of them silent, gave silence when they were averaged.</summary>
    internal bool ChannelsCancel { get; init; }

    /// <summary>Its length in seconds.</summary>
    public double Seconds => (double)Samples.Length / SampleRate;

    /// <summary>
    /// Reads a sound at its own sample rate: WAV (PCM of 8 to 32 bits or floating point), MP3, Ogg Vorbis, and where the program ffmpeg is
    /// on the PATH also FLAC, M4A, Opus and the sound of a video. Several channels are averaged. Floats up to 18 dB beyond full scale are
    /// scaled down until they fit.
    /// </summary>
    /// <exception cref="Kernels.BadInputException">
    /// The file is missing, damaged, cut short or no sound, or needs ffmpeg, which is not there; it is sampled below 4 kHz or above 1 MHz,
    /// has more than 100 million samples, or has samples that are not finite or further beyond full scale.
    /// </exception>
    public static AudioClip Load(string path) => SoundFile.ReadMono(path);

    /// <summary>The same sound at another rate, itself where it has that rate.</summary>
    /// <param name="sampleRate">Samples per second, at least 1.</param>
    public AudioClip At(int sampleRate) => SampleRate == sampleRate ? this
        : new AudioClip(Resampler.Resample(Samples, SampleRate, sampleRate), sampleRate)
        {
            Name = Name,
            Peak = Peak,
            ChannelsCancel = ChannelsCancel,
        };

    /// <summary>
    /// Writes a WAV file of 16 bits, whole or not at all; its folder is made where it is missing, and a file of that name is replaced.
    /// Amplitudes beyond [-1, 1] are clipped.
    /// </summary>
    /// <exception cref="ArgumentException">An amplitude is not a finite number.</exception>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public void Save(string path) => WavFile.Write(path, Samples, 1, SampleRate);
}
