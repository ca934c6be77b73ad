using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

/// <summary>Pictures that follow a sound, and the files that show them, read by Skia, which wrote none of their containers.</summary>
public sealed class AnimationTests(TinyRun tiny) : RunTests(tiny)
{
    private const int Half = LogMelSpectrogram.Samples;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder { get; } = Directory.CreateTempSubdirectory("crossmodal-animation-").FullName;

    [Theory]
    [InlineData(".gif", 30)]
    [InlineData(".gif", 50)]
    [InlineData(".webp", 30)]
    [InlineData(".webp", 7)]
    public void APictureIsShownAsItIsAndAsLongAsItIs(string ending, int perSecond)
    {
        var pictures = Enumerable.Range(0, 9).Select(Drawn).ToList();
        var path = Path.Combine(Folder, "nine" + ending);
        new Animation(pictures, pictures.Count, perSecond, 16).Save(path, cancel: Cancel);
        var shown = Read(path);
        Assert.Equal(9, shown.Count);
        Assert.InRange(shown.Sum(frame => frame.Milliseconds), 9000 / perSecond - 10, 9000 / perSecond + 10);
        Assert.All(shown, frame => Assert.InRange(frame.Milliseconds, 1000 / perSecond - 10, 1000 / perSecond + 10));
        for (var i = 0; i < 9; i++)
        {
            // Sixteen pixels become 256, each a square of sixteen.
            var enlarged = ImageFile.Enlarged(pictures[i], 16);
            Assert.Equal((256, 256), (shown[i].Picture.Width, shown[i].Picture.Height));
            Assert.Equal(0, Distance(enlarged, shown[i].Picture));
        }
    }

    [Fact]
    public void AGifOfManyColorsComesNear()
    {
        var picture = new RgbImage(64, 64);
        for (var i = 0; i < picture.Pixels.Length; i++)
            picture.Pixels[i] = (byte)(i % 3 == 0 ? i / 3 % 64 * 4 : i % 3 == 1 ? i / 192 * 4 : 255 - i / 192 * 2);
        var path = Path.Combine(Folder, "colors.gif");
        new Animation([picture], 1, 20, 64).Save(path, cancel: Cancel);
        Assert.InRange(Distance(ImageFile.Enlarged(picture, 4), Read(path).Single().Picture), 0, 24);
    }

    [Fact]
    public void AHalfSecondAtTwoPicturesASecondIsThePictureOfIt()
    {
        using var run = Open();
        var tone = new AudioClip(TinyData.Tone(1, 0.5, 77), 44100);
        Assert.Equal(run.Generate(tone, seed: 6).Pixels, run.Animate(tone, picturesPerSecond: 2, seed: 6).Pictures.Single().Pixels);
    }

    [Fact]
    public void TheFileHoldsThePicturesOfTheRun()
    {
        using var run = Open();
        float[] song = [.. TinyData.Tone(0, 0.5, 1), .. TinyData.Tone(2, 0.5, 2), .. TinyData.Tone(1, 0.5, 3)];
        var animation = run.Animate(new AudioClip(song, 44100), picturesPerSecond: 10);
        Assert.Equal(15, animation.Count);
        var path = Path.Combine(Folder, "song.webp");
        animation.Save(path, cancel: Cancel);
        var pictures = animation.Pictures.ToList();
        var shown = Read(path);
        Assert.Equal(15, shown.Count);
        Assert.Equal(1500, shown.Sum(frame => frame.Milliseconds));
        for (var i = 0; i < 15; i++)
            Assert.Equal(0, Distance(ImageFile.Enlarged(pictures[i], 4), shown[i].Picture));

        // The pose follows the sound: the second instrument is drawn otherwise than the first.
        Assert.NotEqual(pictures[1].Pixels, pictures[7].Pixels);
    }

    [Fact]
    public void SilenceHoldsThePictureBefore()
    {
        using var run = Open();
        float[] song = [.. new float[2 * Half], .. TinyData.Tone(0, 0.5, 1), .. new float[3 * Half]];
        var pictures = run.Animate(new AudioClip(song, 44100), picturesPerSecond: 10).Pictures.ToList();
        Assert.Equal(30, pictures.Count);

        // The windows that begin from 0.55 to 1.45 s reach into the tone: before them stands their first, behind them their last.
        Assert.All(pictures[..5], picture => Assert.Same(pictures[5], picture));
        Assert.NotSame(pictures[5], pictures[6]);
        Assert.NotEqual(pictures[5].Pixels, pictures[10].Pixels);
        Assert.NotSame(pictures[13], pictures[14]);
        Assert.All(pictures[14..], picture => Assert.Same(pictures[14], picture));
        var error = Assert.Throws<BadInputException>(() => run.Animate(new AudioClip(new float[Half], 44100)));
        Assert.Contains("is silent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsStoppedOrOfNoKindLeavesNothing()
    {
        using var stopping = new CancellationTokenSource();
        var animation = new Animation(Enumerable.Range(0, 9).Select(i =>
        {
            if (i == 4)
                stopping.Cancel();
            return Drawn(i);
        }), 9, 20, 16);
        Assert.Throws<OperationCanceledException>(() => animation.Save(
            Path.Combine(Folder, "never.gif"), cancel: stopping.Token));
        Assert.EndsWith("must end in .gif, .webp, .mp4",
            Assert.Throws<BadInputException>(() => animation.Save(Path.Combine(Folder, "never.avi"), cancel: Cancel)).Message,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    /// <summary>Four colors, moving.</summary>
    private static RgbImage Drawn(int number)
    {
        var picture = new RgbImage(16, 16);
        for (var i = 0; i < 16 * 16; i++)
            picture.Pixels[3 * i + (i + number) / 5 % 3] = (byte)(i % 16 < number ? 255 : 40);
        return picture;
    }

    private static List<(RgbImage Picture, int Milliseconds)> Read(string path)
    {
        using var codec = SKCodec.Create(path);
        var info = codec.Info.WithColorType(SKColorType.Rgba8888).WithAlphaType(SKAlphaType.Unpremul);
        var frames = new List<(RgbImage, int)>();
        for (var i = 0; i < codec.FrameCount; i++)
        {
            using var bitmap = new SKBitmap(info);
            Assert.Equal(SKCodecResult.Success, codec.GetPixels(info, bitmap.GetPixels(), new SKCodecOptions(i)));
            var (picture, rgba) = (new RgbImage(info.Width, info.Height), bitmap.Bytes);
            for (var p = 0; p < picture.Pixels.Length; p++)
                picture.Pixels[p] = rgba[p / 3 * 4 + p % 3];
            frames.Add((picture, codec.FrameInfo[i].Duration));
        }

        return frames;
    }

    private static int Distance(RgbImage one, RgbImage other) =>
        one.Pixels.Zip(other.Pixels, (a, b) => Math.Abs(a - b)).Max();

    private TrainedRun Open() => TrainedRun.Open(Tiny.Whole.Path, new DeviceSettings("cpu", 1));
}
