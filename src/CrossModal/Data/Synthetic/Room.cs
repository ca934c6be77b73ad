using CrossModal.Kernels;

namespace CrossModal.Data.Synthetic;

/// <summary>
/// A small hall: the direct sound slightly off the middle, six early reflections a side, and a tail from four damped comb filters and an
/// all-pass a side (M. R. Schroeder, "Natural Sounding Artificial Reverberation", 1962), with other delays left and right.
/// </summary>
internal sealed class Room
{
    private const int SampleRate = SyntheticDataset.SampleRate;
    private const int EarlyReflections = 6, Combs = 4;

    private readonly float[] _pan;
    private readonly (int Delay, float Gain)[][] _early = new (int, float)[2][];
    private readonly int[][] _combDelays = new int[2][];
    private readonly float _reverberationSeconds, _damping, _wet;

    public Room(CountedRandom random)
    {
        var side = random.NextUniform(-0.15f, 0.15f);
        _pan = [1 - side, 1 + side];
        _reverberationSeconds = random.NextUniform(0.25f, 0.7f);
        _damping = random.NextUniform(0.25f, 0.5f);
        _wet = random.NextUniform(0.05f, 0.11f);
        var size = random.NextUniform(0.8f, 1.25f);
        for (var channel = 0; channel < 2; channel++)
        {
            _early[channel] = new (int, float)[EarlyReflections];
            for (var i = 0; i < EarlyReflections; i++)
            {
                var milliseconds = (4 + 5.5f * i + random.NextUniform(0, 4)) * size;
                var sign = random.NextUniform() < 0.5f ? -1 : 1;
                _early[channel][i] =
                    ((int)(milliseconds * SampleRate / 1000), sign * random.NextUniform(0.08f, 0.17f) * MathF.Exp(-i / 4f));
            }

            _combDelays[channel] = new int[Combs];
            for (var i = 0; i < Combs; i++)
                _combDelays[channel][i] = (int)((29.7f + 4.1f * i + random.NextUniform(0, 3)) * size * SampleRate / 1000);
        }
    }

    /// <summary>Interleaved stereo of as many frames as <paramref name="dry"/> has samples.</summary>
    public float[] Reverberate(ReadOnlySpan<float> dry)
    {
        var stereo = new float[2 * dry.Length];
        var tail = new float[dry.Length];
        for (var channel = 0; channel < 2; channel++)
        {
            Tail(dry, channel, tail);
            for (var i = 0; i < dry.Length; i++)
                stereo[2 * i + channel] = _pan[channel] * dry[i] + tail[i];
            foreach (var (delay, gain) in _early[channel])
            {
                for (var i = delay; i < dry.Length; i++)
                    stereo[2 * i + channel] += gain * dry[i - delay];
            }
        }

        return stereo;
    }

    private void Tail(ReadOnlySpan<float> dry, int channel, float[] tail)
    {
        Array.Clear(tail);
        var ring = new float[4096];
        foreach (var delay in _combDelays[channel])
        {
            // A comb of delay d falls by 60 dB in T seconds when its feedback is 10^(-3 d / T).
            var feedback = MathF.Pow(10, -3f * delay / SampleRate / _reverberationSeconds);
            Array.Clear(ring);
            var low = 0f;
            for (int i = 0, at = 0; i < dry.Length; i++)
            {
                var delayed = ring[at];
                low = delayed + (low - delayed) * _damping;
                ring[at] = dry[i] + feedback * low;
                tail[i] += _wet * delayed;
                if (++at == delay)
                    at = 0;
            }
        }

        // One all-pass of 5 ms thickens the echoes without coloring them.
        const float diffusion = 0.6f;
        const int allPassDelay = 221;
        Array.Clear(ring);
        for (int i = 0, at = 0; i < tail.Length; i++)
        {
            var delayed = ring[at];
            var input = tail[i] + diffusion * delayed;
            ring[at] = input;
            tail[i] = delayed - diffusion * input;
            if (++at == allPassDelay)
                at = 0;
        }
    }
}
