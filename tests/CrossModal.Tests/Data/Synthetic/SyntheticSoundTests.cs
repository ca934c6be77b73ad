using System.Globalization;
using CrossModal.Data.Synthetic;

namespace CrossModal.Tests.Data.Synthetic;

public class SyntheticSoundTests(SyntheticFolder data) : IClassFixture<SyntheticFolder>
{
    /// <summary>
    /// Where a note holds on for 0.2 s after a window's start, the window's sound has the pitch that poses.csv gives, to 3 % (half a
    /// semitone).
    /// </summary>
    [Fact]
    public void SoundsHaveThePitchOfTheirPose()
    {
        var measured = new HashSet<string>();
        foreach (var song in data.Poses().GroupBy(row => (row["instrument"], row["song"])))
        {
            var rows = song.ToArray();
            for (var i = 0; i + 2 < rows.Length; i++)
            {
                var expected = double.Parse(rows[i]["pitch_hz"], CultureInfo.InvariantCulture);
                if (expected == 0 || rows[i + 1]["pitch_hz"] != rows[i]["pitch_hz"] || rows[i + 2]["pitch_hz"] != rows[i]["pitch_hz"])
                    continue;

                // The first 0.09 s are left out: attack, and what the room still holds of the note before.
                var (left, right) = Waveform.Read(data.WavOf(rows[i]));
                var mono = left.Zip(right, (a, b) => a + b).Skip(3969).Take(4851).ToArray();
                var (hertz, correlation) = Waveform.Pitch(mono, expected);
                Assert.True(Math.Abs(hertz / expected - 1) < 0.03,
                    $"{rows[i]["stem"]}: expected {expected} Hz, heard {hertz:F1} Hz (correlation {correlation:F2})");
                Assert.True(correlation > 0.6,
                    $"{rows[i]["stem"]}: correlation {correlation:F2} at {hertz:F1} Hz is noise rather than a tone");
                measured.Add(rows[i]["instrument"]);
            }
        }

        Assert.True(measured.Count >= 6, $"only {measured.Count} instruments had a long enough note; the check means little");
    }

    /// <summary>Windows of one song overlap by 80 %, and the shared part is the same sound: nothing restarts at a window's edge.</summary>
    [Fact]
    public void NotesRunThroughTheEdgesOfWindows()
    {
        foreach (var song in data.Poses().GroupBy(row => (row["instrument"], row["song"])).Where(song => song.Count() > 1))
        {
            var rows = song.Take(2).ToArray();
            Assert.Equal(Waveform.Read(data.WavOf(rows[0])).Left[4410..], Waveform.Read(data.WavOf(rows[1])).Left[..^4410]);
        }
    }

    [Fact]
    public void LowClarinetNotesLackEvenHarmonicsAndOboeNotesDoNot()
    {
        Assert.True(EvenShare("clarinet") < 0.2, $"clarinet {EvenShare("clarinet"):F3}");
        Assert.True(EvenShare("oboe") > 0.25, $"oboe {EvenShare("oboe"):F3}");

        static double EvenShare(string instrument)
        {
            const float hertz = 250;
            var samples = new float[22050];
            var voice = VoiceTable.Of(Array.IndexOf(SyntheticDataset.Instruments, instrument));
            var renderer = new NoteRenderer(voice, new Manner(0, 0, 1, 1, 0, 1));
            renderer.Add(new Note(0, 0.5f, hertz, 0.5f), new Kernels.CountedRandom(1), samples, new float[22050]);
            var amplitudes = Enumerable.Range(1, 6).Select(n => Amplitude(samples.AsSpan(8820, 8820), n * hertz)).ToArray();
            return (amplitudes[1] + amplitudes[3] + amplitudes[5]) / amplitudes.Sum();
        }

        static double Amplitude(ReadOnlySpan<float> samples, double hertz)
        {
            double real = 0, imaginary = 0;
            for (var i = 0; i < samples.Length; i++)
            {
                var angle = 2 * Math.PI * hertz * i / 44100;
                real += samples[i] * Math.Cos(angle);
                imaginary += samples[i] * Math.Sin(angle);
            }

            return Math.Sqrt(real * real + imaginary * imaginary);
        }
    }
}
