using System.Numerics;
using CrossModal.Kernels;

namespace CrossModal.Data.Synthetic;

/// <summary>How one player's instrument and manner differ from the typical voice.</summary>
internal readonly record struct Manner(float FormantShift, float Slope, float Noise, float VibratoHz, float VibratoDepth, float Attack)
{
    public static Manner Of(ulong seed, int instrument, int player)
    {
        var random = Streams.Open(seed, Streams.Luthier, instrument, player);
        return new Manner(
            random.NextUniform(-0.05f, 0.05f),
            random.NextUniform(-0.7f, 0.7f),
            random.NextUniform(0.75f, 1.3f),
            random.NextUniform(0.92f, 1.08f),
            random.NextUniform(0.6f, 1.3f),
            random.NextUniform(0.8f, 1.25f));
    }
}

/// <summary>
/// Renders notes as sums of harmonics. Slow things (pitch, envelope, spectrum) are computed once a block and run linearly through it;
/// within a block the harmonics follow from sine and cosine of the fundamental by Chebyshev's recurrence sin((n+1)x) = 2 cos x sin(nx) −
/// sin((n−1)x), several samples at a time.
/// </summary>
internal sealed class NoteRenderer
{
    private const int SampleRate = SyntheticDataset.SampleRate;
    private const int Block = 128;
    private const int MostHarmonics = 64;
    private const float HighestHarmonicHz = 14000;

    private static readonly float[] Log2Of = [.. Enumerable.Range(0, MostHarmonics + 1).Select(n => n == 0 ? 0 : MathF.Log2(n))];
    private static readonly float[] Ramp = [.. Enumerable.Range(0, Block).Select(i => (float)i)];

    private readonly InstrumentVoice _voice;
    private readonly Manner _manner;
    private readonly BodyResponse _body;
    private readonly float[] _before = new float[MostHarmonics + 1], _after = new float[MostHarmonics + 1];

    public NoteRenderer(InstrumentVoice voice, Manner manner)
    {
        _voice = voice;
        _manner = manner;
        _body = new BodyResponse(_voice, _manner.FormantShift);
    }

    /// <summary>
    /// Adds a note's tone to <paramref name="tone"/> and the strength of its noise to <paramref name="breath"/>, both at 44.1 kHz from the
    /// song's start.
    /// </summary>
    public void Add(Note note, CountedRandom random, Span<float> tone, Span<float> breath)
    {
        var character = new NoteCharacter(random.NextUniform(), random.NextUniform(), random.NextUniform(-6, 6),
            random.NextUniform(-0.15f, 0.15f));
        var release = _voice.ReleaseSeconds;
        var first = (int)MathF.Floor(note.Start * SampleRate);
        var end = Math.Min(tone.Length, (int)((note.End + 5 * release) * SampleRate));
        var register = Math.Clamp(MathF.Log2(note.Hertz / _voice.LowestHz) / MathF.Log2(_voice.HighestHz / _voice.LowestHz), 0, 1);
        var harmonics = Math.Clamp((int)(HighestHarmonicHz / (note.Hertz * 1.03f)), 1, MostHarmonics);
        var level = Level(note.Dynamics);
        var steady = Spectrum(note, register, 0, note.Hertz, harmonics, _after);
        var scale = level / steady;

        var phase = (double)character.Phase;
        var hertz = HertzAt(note, character, 0);
        var envelope = EnvelopeAt(note, character, 0);
        Spectrum(note, register, DarknessAt(0), hertz, harmonics, _before);
        for (var n = 1; n <= harmonics; n++)
            _before[n] *= scale * envelope;

        for (var start = first; start < end; start += Block)
        {
            var seconds = (float)(start + Block - first) / SampleRate;
            var nextHertz = HertzAt(note, character, seconds);
            var nextEnvelope = EnvelopeAt(note, character, seconds);
            Spectrum(note, register, DarknessAt(seconds), nextHertz, harmonics, _after);
            for (var n = 1; n <= harmonics; n++)
                _after[n] *= scale * nextEnvelope;

            if (start >= 0 && start + Block <= tone.Length)
                AddBlock(tone.Slice(start, Block), phase, hertz, nextHertz, harmonics);
            else if (start + Block > 0)
                AddPartialBlock(tone, start, phase, hertz, nextHertz, harmonics);

            var bite = 1 + (_voice.NoiseBite - 1) * MathF.Exp(-(seconds - (float)Block / SampleRate) / 0.03f);
            var noiseFrom = level * _voice.Noise * _manner.Noise * envelope * bite;
            var noiseStep = (level * _voice.Noise * _manner.Noise * nextEnvelope * bite - noiseFrom) / Block;
            for (var i = Math.Max(0, -start); i < Math.Min(Block, breath.Length - start); i++)
                breath[start + i] += noiseFrom + noiseStep * i;

            phase += 0.5 * (hertz + nextHertz) * Block / SampleRate;
            phase -= Math.Floor(phase);
            (hertz, envelope) = (nextHertz, nextEnvelope);
            _after.AsSpan(0, harmonics + 1).CopyTo(_before);
        }
    }

    /// <summary>Root mean square of a held note: 24 dB from the softest to the loudest.</summary>
    private static float Level(float dynamics) => MathF.Pow(10, (-36 + 24 * dynamics) / 20);

    /// <summary>Relative amplitudes of the harmonics 1 … <paramref name="harmonics"/>; returns their root mean square as a sound.</summary>
    private float Spectrum(Note note, float register, float darkness, float hertz, int harmonics, float[] amplitudes)
    {
        var slope = _voice.Slope + _manner.Slope + _voice.SlopeAtTop * register - _voice.Brilliance * (note.Dynamics - 0.5f) + darkness;
        var even = _voice.EvenAtBottom + (_voice.EvenAtTop - _voice.EvenAtBottom) * register;
        var exponent = -slope / 6.0206f;
        var log2Hertz = MathF.Log2(hertz);
        var power = 0f;
        for (var n = 1; n <= harmonics; n++)
        {
            var amplitude = float.Exp2(exponent * Log2Of[n]) * _body.At(log2Hertz + Log2Of[n]);

            // A bore closed at the reed favors odd harmonics, but only the lowest ones: tone holes and bell let go of the rule above.
            if ((n & 1) == 0 && even < 1)
                amplitude *= even + (1 - even) * Math.Min(1, (n - 1) / 14f);
            amplitudes[n] = amplitude;
            power += amplitude * amplitude;
        }

        return MathF.Sqrt(0.5f * power) + 1e-9f;
    }

    private float DarknessAt(float seconds) => _voice.DarkAttack * MathF.Exp(-seconds / (1.5f * _voice.AttackSeconds));

    /// <summary>Pitch with a vibrato that sets in after the attack, and an instrument's slight unsteadiness.</summary>
    private float HertzAt(Note note, NoteCharacter character, float seconds)
    {
        var onset = Math.Clamp((seconds - 0.08f) / 0.15f, 0, 1);
        var cents = character.Detune * MathF.Exp(-seconds / 0.06f)
            + _voice.VibratoCents * _manner.VibratoDepth * onset * VibratoAt(character, seconds);
        return note.Hertz * float.Exp2(cents / 1200);
    }

    private float VibratoAt(NoteCharacter character, float seconds) =>
        MathF.Sin(2 * MathF.PI * (_voice.VibratoHz * _manner.VibratoHz * seconds + character.VibratoPhase));

    private float EnvelopeAt(Note note, NoteCharacter character, float seconds)
    {
        var attack = _voice.AttackSeconds * _manner.Attack * (1.3f - 0.6f * note.Dynamics);
        var rise = 1 - MathF.Exp(-seconds * seconds / (attack * attack) * 1.5f);
        var length = note.End - note.Start;
        var swell = 1 + character.Swell * (Math.Min(seconds / length, 1) - 0.5f) * 2;
        var pulse = 1 + _voice.Tremolo * VibratoAt(character, seconds) * Math.Clamp((seconds - 0.08f) / 0.15f, 0, 1);
        var fall = seconds <= length ? 1 : MathF.Exp(-(seconds - length) / (_voice.ReleaseSeconds * 0.6f));
        return rise * swell * pulse * fall;
    }

    private void AddPartialBlock(Span<float> tone, int start, double phase, float hertz, float nextHertz, int harmonics)
    {
        Span<float> whole = stackalloc float[Block];
        whole.Clear();
        AddBlock(whole, phase, hertz, nextHertz, harmonics);
        for (var i = Math.Max(0, -start); i < Math.Min(Block, tone.Length - start); i++)
            tone[start + i] += whole[i];
    }

    private void AddBlock(Span<float> samples, double phase, float hertz, float nextHertz, int harmonics)
    {
        var width = Vector<float>.Count;
        var startPhase = new Vector<float>((float)phase);
        var rate = new Vector<float>(hertz / SampleRate);
        var acceleration = new Vector<float>((nextHertz - hertz) / SampleRate / (2 * Block));
        var perBlock = new Vector<float>(1f / Block);
        for (var i = 0; i < Block; i += width)
        {
            var index = new Vector<float>(Ramp, i);
            var turns = startPhase + index * (rate + index * acceleration);
            var angle = (turns - Vector.Floor(turns)) * (2 * MathF.PI);
            var (sine, cosine) = Vector.SinCos(angle);
            var twoCosine = cosine + cosine;
            var previous = Vector<float>.Zero;
            var sumBefore = Vector<float>.Zero;
            var sumAfter = Vector<float>.Zero;
            for (var n = 1; n <= harmonics; n++)
            {
                sumBefore += sine * _before[n];
                sumAfter += sine * _after[n];
                (previous, sine) = (sine, twoCosine * sine - previous);
            }

            var place = samples.Slice(i, width);
            (new Vector<float>(place) + sumBefore + (sumAfter - sumBefore) * (index * perBlock)).CopyTo(place);
        }
    }

    /// <summary>What differs from note to note: phases in turns, cents by which the pitch starts off, relative growth or decay.</summary>
    private readonly record struct NoteCharacter(float Phase, float VibratoPhase, float Detune, float Swell);
}
