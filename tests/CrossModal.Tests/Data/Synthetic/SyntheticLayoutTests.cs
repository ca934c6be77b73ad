using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using CrossModal.Data.Synthetic;
using SkiaSharp;

namespace CrossModal.Tests.Data.Synthetic;

public class SyntheticLayoutTests(SyntheticFolder data) : IClassFixture<SyntheticFolder>
{
    private static readonly string[] Splits = ["train", "validation"];

    [Fact]
    public void ThirteenInstrumentsInAlphabeticalOrder()
    {
        Assert.Equal(13, SyntheticDataset.Instruments.Length);
        Assert.Equal(SyntheticDataset.Instruments.Order(StringComparer.Ordinal), SyntheticDataset.Instruments);
    }

    [Fact]
    public void EveryInstrumentHasTheWantedNumberOfPairsInBothSplits()
    {
        foreach (var instrument in SyntheticDataset.Instruments)
        {
            foreach (var (split, wanted) in Splits.Zip(
                [SyntheticFolder.Options.TrainPairsPerInstrument, SyntheticFolder.Options.ValidationPairsPerInstrument]))
            {
                var sounds = Stems("chunk", split, instrument, ".wav");
                Assert.Equal(wanted, sounds.Count);
                Assert.Equal(sounds, Stems("img", split, instrument, ".jpg"));
            }
        }
    }

    [Fact]
    public void NamesAreThoseOfSubUrmp()
    {
        foreach (var song in data.Poses().GroupBy(row => (row["instrument"], row["song"])))
        {
            var milliseconds = song.Select(row => int.Parse(row["ms"], CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(Enumerable.Range(0, milliseconds.Length).Select(i => 500 + 100 * i), milliseconds);
            foreach (var row in song)
                Assert.Equal($"{row["instrument"]}{int.Parse(row["song"], CultureInfo.InvariantCulture):00}_{row["ms"]}", row["stem"]);
        }
    }

    [Fact]
    public void SoundsAreHalfASecondOf16BitStereoAt44100Hz()
    {
        foreach (var row in data.Poses())
        {
            var bytes = File.ReadAllBytes(data.WavOf(row));
            Assert.Equal("RIFF"u8.ToArray(), bytes[..4]);
            Assert.Equal("WAVEfmt "u8.ToArray(), bytes[8..16]);
            Assert.Equal(2, BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(22)));
            Assert.Equal(44100, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(24)));
            Assert.Equal(16, BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(34)));
            Assert.Equal(22050 * 4, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(40)));
            Assert.Equal(44 + 22050 * 4, bytes.Length);
        }
    }

    [Fact]
    public void NoSoundIsSilentOrClipped()
    {
        foreach (var row in data.Poses())
        {
            var (left, right) = Waveform.Read(data.WavOf(row));
            var power = left.Concat(right).Average(sample => (double)sample * sample);
            Assert.True(power > 1e-5, $"{row["stem"]} is silent");
            Assert.True(left.Concat(right).All(sample => Math.Abs(sample) < 0.999f), $"{row["stem"]} is clipped");
            Assert.NotEqual(left, right);
        }
    }

    [Fact]
    public void PicturesAreJpegsOf192By192()
    {
        foreach (var row in data.Poses().Where((_, i) => i % 7 == 0))
        {
            using var codec = SKCodec.Create(data.ImageOf(row));
            Assert.Equal(SKEncodedImageFormat.Jpeg, codec.EncodedFormat);
            Assert.Equal((192, 192), (codec.Info.Width, codec.Info.Height));
        }
    }

    [Fact]
    public void PosesNameEveryPairOnceWithValuesInRange()
    {
        var rows = data.Poses();
        Assert.Equal(13 * (SyntheticFolder.Options.TrainPairsPerInstrument + SyntheticFolder.Options.ValidationPairsPerInstrument),
            rows.Count);
        Assert.Equal(rows.Count, rows.Select(row => row["stem"]).Distinct().Count());
        foreach (var row in rows)
        {
            Assert.True(File.Exists(data.WavOf(row)) && File.Exists(data.ImageOf(row)), row["stem"]);
            Assert.InRange(Number(row, "left_hand"), 0, 1);
            Assert.InRange(Number(row, "stroke"), 0, 1);
            Assert.InRange(Number(row, "sway"), -1, 1);
            Assert.InRange(Number(row, "dynamics"), 0, 1);
            var voice = VoiceTable.Of(Array.IndexOf(SyntheticDataset.Instruments, row["instrument"]));
            var pitch = Number(row, "pitch_hz");
            Assert.True(pitch == 0 || (pitch > 0.95 * voice.LowestHz && pitch < 1.05 * voice.HighestHz), $"{row["stem"]} at {pitch} Hz");
        }
    }

    [Fact]
    public void SplitsShareNoSongAndOnePlayerIsHeldOut()
    {
        foreach (var instrument in data.Poses().GroupBy(row => row["instrument"]))
        {
            var train = instrument.Where(row => row["split"] == "train").ToArray();
            var validation = instrument.Where(row => row["split"] == "validation").ToArray();
            Assert.Empty(train.Select(row => row["song"]).Intersect(validation.Select(row => row["song"])));
            var known = train.Select(row => row["player"]).Distinct().ToArray();
            var seen = validation.Select(row => row["player"]).Distinct().ToArray();
            Assert.True(known.Length >= 5);
            Assert.Single(seen.Except(known));
            Assert.NotEmpty(seen.Intersect(known));
        }
    }

    [Fact]
    public void DescriptionGivesVersionSeedAndClasses()
    {
        using var description = JsonDocument.Parse(File.ReadAllText(Path.Combine(data.Path, "dataset.json")));
        var root = description.RootElement;
        Assert.Equal(SyntheticDataset.FormatVersion, root.GetProperty("format_version").GetInt32());
        Assert.Equal(SyntheticFolder.Options.Seed, root.GetProperty("seed").GetUInt64());
        Assert.Equal(SyntheticDataset.Instruments, root.GetProperty("classes").EnumerateArray().Select(name => name.GetString()!));
        Assert.All(root.GetProperty("instruments").EnumerateArray(),
            instrument =>
                Assert.Equal(SyntheticFolder.Options.TrainPairsPerInstrument, instrument.GetProperty("train").GetProperty("pairs")
                .GetInt32()));
    }

    private List<string> Stems(string kind, string split, string instrument, string extension) =>
        [.. Directory.GetFiles(Path.Combine(data.Path, kind, split, instrument)).Select(file =>
        {
            Assert.Equal(extension, Path.GetExtension(file));
            return Path.GetFileNameWithoutExtension(file);
        }).Order(StringComparer.Ordinal)];

    private static double Number(Dictionary<string, string> row, string column) => double.Parse(row[column], CultureInfo.InvariantCulture);
}
