using System.Buffers.Binary;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Tests.Data;

/// <summary>
/// A folder like the released Sub-URMP down to its formats: photographs of 1920 × 1080 as JPEG, sounds of exactly half a second in 16-bit
/// stereo, and the mirrors' name of the second split. What is on the pictures is the built-in set, painted at that size.
/// </summary>
public sealed class FullSizeTests : DatasetFixture
{
    private static readonly SyntheticOptions Small = new()
    {
        Seed = 3,
        TrainPairsPerInstrument = 2,
        ValidationPairsPerInstrument = 1,
        Threads = 2
    };

    [Fact]
    public void AFolderOfTheReleasedSizeIsReadAsItsSmallTwin()
    {
        var large = Generate("Sub-URMP", Small with { PictureWidth = 1920, PictureHeight = 1080 });
        using (var description = JsonDocument.Parse(File.ReadAllText(Path.Combine(large, "dataset.json"))))
            Assert.Equal((1920, 1080), (description.RootElement.GetProperty("image_width").GetInt32(),
                description.RootElement.GetProperty("image_height").GetInt32()));
        foreach (var kind in new[] { "img", "chunk" })
            Directory.Move(Path.Combine(large, kind, "validation"), Path.Combine(large, kind, "test"));
        foreach (var picture in Directory.GetFiles(Path.Combine(large, "img"), "*", SearchOption.AllDirectories))
        {
            Assert.Matches(@"^[a-z_]+\d{2}_\d+\.jpg$", Path.GetFileName(picture));
            using var codec = SKCodec.Create(picture);
            Assert.Equal((SKEncodedImageFormat.Jpeg, 1920, 1080), (codec.EncodedFormat, codec.Info.Width, codec.Info.Height));
        }

        foreach (var sound in Directory.GetFiles(Path.Combine(large, "chunk"), "*.wav", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(sound);
            Assert.Equal(2, BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(22)));
            Assert.Equal(44100, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(24)));
            Assert.Equal(16, BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(34)));
            Assert.Equal(44 + 22050 * 2 * 2, bytes.Length);
        }

        var warnings = new List<string>();
        using var read = PairDataset.Open(large, new PairSelection(64), warn: warnings.Add, cancel: TestContext.Current.CancellationToken);
        using var twin = PairDataset.Open(Generate("small", Small), new PairSelection(64), cancel: TestContext.Current.CancellationToken);
        Assert.DoesNotContain(warnings, line => !line.Contains("'.csv'") && !line.Contains("'.json'"));
        Assert.Equal(SyntheticDataset.Instruments, read.Classes);
        Assert.Contains(Enumerable.Range(0, read.Train.Count), i =>
            Regex.IsMatch(read.Train.SoundName(i), @"chunk/train/double_bass/double_bass\d\d_500\.wav$"));
        Assert.All(Enumerable.Range(0, read.Validation.Count), i => Assert.StartsWith("img/test/", read.Validation.ImageName(i)));
        CheckAlike(read.Train, twin.Train, 26);
        CheckAlike(read.Validation, twin.Validation, 13);
    }

    [Theory]
    [InlineData(63, 192)]
    [InlineData(192, 8193)]
    public void PicturesOfNoUseAreRefused(int width, int height) =>
        Assert.Contains($"pictures of {width} × {height}",
            Assert.Throws<BadInputException>(() => Generate("none", Small with { PictureWidth = width, PictureHeight = height })).Message);

    /// <summary>The same sounds to the bit, and the same pictures but for what JPEG and antialiasing do at another size.</summary>
    private static void CheckAlike(PairSplit read, PairSplit twin, int count)
    {
        Assert.Equal((count, count), (read.Count, twin.Count));
        var (pixels, expected) = (new float[64 * 64 * 3], new float[64 * 64 * 3]);
        var (samples, wanted) = (new float[PairSplit.SoundLength], new float[PairSplit.SoundLength]);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(Path.GetFileName(twin.SoundName(i)), Path.GetFileName(read.SoundName(i)));
            Assert.Equal(twin.SoundClass(i), read.SoundClass(i));
            var (sound, image) = read.Pair(i, seed: 1, epoch: 0);
            read.ReadSound(sound, samples);
            twin.ReadSound(i, wanted);
            Assert.Equal(wanted, samples);
            read.ReadImage(image, pixels);
            twin.ReadImage(i, expected);
            var difference = pixels.Zip(expected, (a, b) => Math.Abs(a - b)).Average();
            Assert.True(difference < 0.02, $"{read.ImageName(i)} differs by {difference} from its small twin");
            Assert.True(pixels.Max() - pixels.Min() > 0.5, $"{read.ImageName(i)} shows nothing");
        }
    }

    private string Generate(string name, SyntheticOptions options)
    {
        var folder = Path.Combine(Folder, name);
        SyntheticDataset.Generate(folder, options, cancel: TestContext.Current.CancellationToken);
        return folder;
    }
}
