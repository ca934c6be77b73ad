using CrossModal.Kernels;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// Renders a whole song once: tone, noise of bow or breath, room. Windows are cut from the result, so notes run through their edges.
/// </summary>
internal static class SongRenderer
{
    /// <summary>Interleaved stereo samples in [-1, 1] at 44.1 kHz, as many frames as the song is long.</summary>
    public static float[] Render(ulong seed, SongPlan plan, Song song)
    {
        var voice = VoiceTable.Of(plan.InstrumentIndex);
        var manner = Manner.Of(seed, plan.InstrumentIndex, plan.Player);
        var frames = (int)MathF.Round(song.Seconds * SyntheticDataset.SampleRate);
        var tone = new float[frames];
        var breath = new float[frames];
        var renderer = new NoteRenderer(voice, manner);
        var random = Streams.Open(seed, Streams.Breath, plan.InstrumentIndex, plan.Song);
        foreach (var note in song.Notes)
            renderer.Add(note, random, tone, breath);

        AddNoise(tone, breath, voice.NoiseHz, seed, Streams.Name(Streams.Breath, plan.InstrumentIndex, 1 << 16 | plan.Song));
        return new Room(Streams.Open(seed, Streams.Acoustics, plan.InstrumentIndex, plan.Song)).Reverberate(tone);
    }

    /// <summary>
    /// White noise through a band-pass of two poles, scaled to unit power in the band, times the strength wanted at each sample.
    /// The filter is the constant-peak band-pass of R. Bristow-Johnson's "Audio EQ Cookbook", quality 0.9.
    /// </summary>
    private static void AddNoise(Span<float> tone, ReadOnlySpan<float> strength, float centerHz, ulong seed, ulong stream)
    {
        const float quality = 0.9f;
        var angle = 2 * MathF.PI * centerHz / SyntheticDataset.SampleRate;
        var alpha = MathF.Sin(angle) / (2 * quality);
        float b0 = alpha / (1 + alpha), a1 = -2 * MathF.Cos(angle) / (1 + alpha), a2 = (1 - alpha) / (1 + alpha);

        // Uniform noise in (-1, 1) has a power of 1/3; a resonance of this kind passes the share π/2 · center/quality / (rate/2) of it.
        var gain = 1 / MathF.Sqrt(MathF.PI * centerHz / quality / SyntheticDataset.SampleRate / 3);
        float x1 = 0, x2 = 0, y1 = 0, y2 = 0;
        Span<uint> words = stackalloc uint[4];
        for (var i = 0; i < tone.Length; i++)
        {
            if ((i & 3) == 0)
                (words[0], words[1], words[2], words[3]) = Philox.Block(seed, (ulong)i >> 2, stream);
            var x = (words[i & 3] >> 8) * (2f / 16777216f) - 1;
            var y = b0 * (x - x2) - a1 * y1 - a2 * y2;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            tone[i] += y * gain * strength[i];
        }
    }
}
