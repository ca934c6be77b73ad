using CrossModal.Audio;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>A window of a sound file: the file by its place in <see cref="DatasetIndex.Sounds"/>, the window by its number.</summary>
internal readonly record struct SoundWindow(int File, int Number)
{
    /// <summary>Samples in a second.</summary>
    public const int Rate = LogMelSpectrogram.SampleRate;

    /// <summary>Half a second, the length of the paper's sounds.</summary>
    public const int Length = LogMelSpectrogram.Samples;

    /// <summary>A quarter of a second from one window to the next in longer recordings.</summary>
    public const int Hop = Length / 2;

    /// <summary>Four minutes at 44.1 kHz, 40 MB.</summary>
    private const long LongFrames = 10_000_000;

    private static readonly SemaphoreSlim Alone = new(1);

    /// <summary>
    /// How many windows a recording has: whole ones only, but at least one, padded with silence at its end. Every file is cut alike,
    /// whatever the layout that it lies in.
    /// </summary>
    public static int CountIn(SoundHeader recording) => recording.FramesAt(Rate) is var samples && samples <= Length ? 1
        : (int)((samples - Length) / Hop) + 1;

    /// <summary>The windows of all sounds.</summary>
    public static SoundWindow[] Of(DatasetIndex index)
    {
        var counts = new int[index.Sounds.Count];
        Parallel.For(0, counts.Length, file =>
        {
            try
            {
                counts[file] = CountIn(SoundFile.ReadHeader(index.FullPath(index.Sounds[file])));
            }
            catch (BadInputException)
            {
                // It counts as one window, which is found to be bad, and reported, when it is decoded.
                counts[file] = 1;
            }
        });
        return [.. counts.SelectMany((count, file) => Enumerable.Range(0, count).Select(number => new SoundWindow(file, number)))];
    }

    /// <summary>
    /// Reads a recording and hands it on, as it was read and as <see cref="Heard"/>. Long ones are read one at a time, so that all cores
    /// together do not take gigabytes.
    /// </summary>
    /// <exception cref="BadInputException">The file cannot be read, or is no recording of an instrument.</exception>
    public static void Read(string path, Action<AudioClip, float[]> use)
    {
        var isLong = SoundFile.ReadHeader(path).FramesAt(Rate) > LongFrames;
        if (isLong)
            Alone.Wait();
        try
        {
            var clip = AudioClip.Load(path);
            use(clip, Heard(clip));
        }
        finally
        {
            if (isLong)
                Alone.Release();
        }
    }

    /// <summary>A recording as all commands hear it: at <see cref="Rate"/>.</summary>
    /// <exception cref="BadInputException">
    /// It is no recording of an instrument: of an impossible rate or length, not finite, or far beyond full scale.
    /// </exception>
    public static float[] Heard(AudioClip sound)
    {
        WavHeader.RequireUsable(sound.SampleRate, sound.Samples.Length, sound.Name);
        return new AudioClip(FullScale.Limited(sound.Samples, sound.Name), sound.SampleRate).At(Rate).Samples;
    }

    /// <summary>
    /// The half second with the most energy, at steps of a tenth of its length, in the 16 bits in which training hears it too; a shorter
    /// sound is filled up with silence.
    /// </summary>
    /// <exception cref="BadInputException">The sound is silent, or as <see cref="Heard"/>.</exception>
    public static float[] LoudestOf(AudioClip sound)
    {
        var samples = Heard(sound);
        if (SoundCheck.Of(sound).Silence is { } silence)
            throw new BadInputException($"{sound.Name}: is silent ({silence}); give a recording in which something sounds");
        var (best, bestEnergy) = (0, -1.0);
        for (var start = 0L; start == 0 || start + Length <= samples.Length; start += Length / 10)
        {
            var energy = 0.0;
            foreach (var sample in samples.AsSpan((int)start, (int)Math.Min(Length, samples.Length - start)))
                energy += (double)sample * sample;
            if (energy > bestEnergy)
                (best, bestEnergy) = ((int)start, energy);
        }

        var window = new short[Length];
        Copy(samples, best, window);
        return Array.ConvertAll(window, sample => sample / 32768f);
    }

    /// <summary>
    /// The half second that begins at a moment of a recording, or the last one where less is left, in the 16 bits in which training hears
    /// it; a shorter recording is filled up with silence.
    /// </summary>
    /// <param name="heard">At <see cref="Rate"/>.</param>
    /// <param name="seconds">The beginning of the window, at least 0.</param>
    /// <param name="window"><see cref="Length"/> samples.</param>
    /// <returns>Whether there is something to hear in it.</returns>
    public static bool CopyAt(ReadOnlySpan<float> heard, double seconds, Span<float> window)
    {
        var start = (int)Math.Clamp((long)Math.Round(seconds * Rate), 0, Math.Max(0, heard.Length - Length));
        var audible = false;
        for (var i = 0; i < window.Length; i++)
        {
            var sample = start + i < heard.Length ? WavFile.ToInt16(heard[start + i]) / 32768f : 0;
            audible |= MathF.Abs(sample) > SoundCheck.SilentAmplitude;
            window[i] = sample;
        }

        return audible;
    }

    /// <summary>Copies this window as 16-bit samples, padded with zeros behind the end of the recording.</summary>
    /// <returns>Whether there is something to hear in it.</returns>
    public bool CopyFrom(ReadOnlySpan<float> recording, Span<short> window)
    {
        Copy(recording, (int)Math.Min(recording.Length, (long)Number * Hop), window);
        const short silent = (short)(SoundCheck.SilentAmplitude * 32768);
        return window.IndexOfAnyExceptInRange((short)-silent, silent) >= 0;
    }

    private static void Copy(ReadOnlySpan<float> recording, int start, Span<short> window)
    {
        var samples = recording.Slice(start, Math.Min(Length, recording.Length - start));
        for (var i = 0; i < samples.Length; i++)
            window[i] = WavFile.ToInt16(samples[i]);
        window[samples.Length..].Clear();
    }
}
