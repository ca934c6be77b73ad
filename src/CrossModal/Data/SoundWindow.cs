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

    /// <summary>How many windows a recording has: whole ones only, but at least one, padded with silence at its end.</summary>
    public static int CountIn(long samples) => samples <= Length ? 1 : (int)((samples - Length) / Hop) + 1;

    /// <summary>The windows of all sounds.</summary>
    public static SoundWindow[] Of(DatasetIndex index)
    {
        if (!index.Layout.CutsRecordings)
            return [.. Enumerable.Range(0, index.Sounds.Count).Select(file => new SoundWindow(file, 0))];
        var windows = new List<SoundWindow>(index.Sounds.Count);
        for (var file = 0; file < index.Sounds.Count; file++)
        {
            var count = 1;
            try
            {
                count = index.Layout.WindowsIn(WavFile.ReadHeader(index.FullPath(index.Sounds[file])));
            }
            catch (BadInputException)
            {
                // It counts as one window, which is found to be bad, and reported, when it is decoded.
            }

            for (var number = 0; number < count; number++)
                windows.Add(new SoundWindow(file, number));
        }

        return [.. windows];
    }

    /// <summary>Copies this window as 16-bit samples, padded with zeros behind the end of the recording.</summary>
    public void CopyFrom(ReadOnlySpan<float> recording, Span<short> window)
    {
        var start = Math.Min(recording.Length, Number * Hop);
        var samples = recording.Slice(start, Math.Min(Length, recording.Length - start));
        for (var i = 0; i < samples.Length; i++)
            window[i] = WavFile.ToInt16(samples[i]);
        window[samples.Length..].Clear();
    }
}
