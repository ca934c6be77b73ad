using CrossModal.Imaging;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

/// <summary>
/// Pictures of kinds and sizes that turn up in collected data: each is read right, or refused in one line before memory is taken for it.
/// </summary>
public sealed class OddPictureTests : IDisposable
{
    private const string PureCyan =
        "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/8AAFAgAQABABEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEB" +
        "AQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm" +
        "Z2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD+f+v38r9/K/fyiiiiiiiiiiii" +
        "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii" +
        "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiv//Z";

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-odd-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(15, 400)]
    [InlineData(400, 15)]
    public void APictureTooSmallToShowAnythingIsRefused(int width, int height)
    {
        var path = Save("small.png", HandmadePng.Write(width, height, 8, HandmadePng.Gray, _ => new byte[width]));
        var message = Refusal(path, () => ImageFile.ReadSquare(path, 64));
        Assert.Contains($"has {width} × {height} pixels, too few", message);
        Assert.Equal(message, Refusal(path, () => ImageFile.ReadSize(path)));
    }

    [Fact]
    public void TheSmallestPictureThatIsReadHas16PixelsASide()
    {
        var path = Save("least.png", HandmadePng.Write(16, 16, 8, HandmadePng.Gray, _ => [.. Enumerable.Repeat((byte)77, 16)]));
        Assert.All(ImageFile.ReadSquare(path, 64).Pixels, value => Assert.Equal(77, value));
    }

    /// <summary>400 million pixels in a sequential JPEG: read at an eighth, at the cost of the small picture.</summary>
    [Fact]
    public void AVeryLargeJpegIsReadAtAnEighth()
    {
        const int Side = 20_000;
        var path = Save("large.jpg",
            HandmadeJpeg.Write(Side, Side, 1, (_, column, row) => (byte)(column < Side / 16 ? 40 : row < Side / 16 ? 90 : 200)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var pixels = ImageFile.ReadSquare(path, 64).Pixels;
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20, "takes more than the small picture");
        Assert.Equal((40, 90, 200, 40), (At(10, 5), At(50, 5), At(50, 50), At(10, 50)));
        Assert.Equal((Side, Side), ImageFile.ReadSize(path));

        int At(int x, int y) => pixels[(y * 64 + x) * 3];
    }

    [Fact]
    public void WhatCannotBeReadInPartsIsRefusedByItsSize()
    {
        Check("large.png", HandmadePng.Write(20_000, 20_000, 8, HandmadePng.Rgb, null),
            "claims 20000 × 20000 pixels, more than the 100 million");
        Check("progressive.jpg", HandmadeJpeg.Write(20_000, 20_000, 3, null, progressive: true),
            "claims 20000 × 20000 pixels, more than the 100 million");
        Check("largest.jpg", HandmadeJpeg.Write(60_000, 60_000, 3, null), "claims 60000 × 60000 pixels, more than the 1000 million");
        Check("lying.jpg", HandmadeJpeg.Write(30_000, 30_000, 3, null), "cut short");

        void Check(string name, byte[] bytes, string message)
        {
            var path = Save(name, bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains(message, Refusal(path, () => ImageFile.ReadSquare(path, 64)));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 128 << 20, $"{name} takes memory");
        }
    }

    [Fact]
    public void AProgressiveJpegIsReadAsASequentialOne()
    {
        // The same in all blocks: a decoder smooths between the blocks of a progressive file that has nothing but their means.
        static byte Value(int component, int column, int row) => (byte)(90 + 20 * component);
        var sequential = Save("a.jpg", HandmadeJpeg.Write(64, 64, 3, Value));
        var progressive = Save("b.jpg", HandmadeJpeg.Write(64, 64, 3, Value, progressive: true));
        Assert.NotEqual(File.ReadAllBytes(sequential), File.ReadAllBytes(progressive));
        Assert.Equal(ImageFile.ReadSquare(sequential, 64).Pixels, ImageFile.ReadSquare(progressive, 64).Pixels);
    }

    /// <summary>
    /// Inks as Adobe's programs store them: inverted, so that 255 is no ink, and a channel is what its ink and black leave of white. Most
    /// files with four components are such ones, those without Adobe's marker too.
    /// </summary>
    [Theory]
    [InlineData((byte)0)]
    [InlineData(null)]
    public void CmykIsConverted(byte? adobeTransform) => CheckInks(adobeTransform, inks => inks);

    /// <summary>64 × 64 pixels of pure cyan, as another program (Pillow) stores them.</summary>
    [Fact]
    public void CmykOfAnotherProgramIsConverted() => CheckFlat(Save("cyan.jpg", Convert.FromBase64String(PureCyan)), [0, 255, 255]);

    /// <summary>YCCK is the inks' complement as YCbCr (JFIF's formulas), and black as it is.</summary>
    [Fact]
    public void YcckIsConverted() => CheckInks(2, inks =>
    {
        double red = 255 - inks[0], green = 255 - inks[1], blue = 255 - inks[2];
        var luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        return [Round(luma), Round(128 + (blue - luma) / 1.772), Round(128 + (red - luma) / 1.402), inks[3]];

        static byte Round(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
    });

    [Fact]
    public void SixteenBitsAreReducedToEight()
    {
        Check("rgb.png", HandmadePng.Rgb, [0x80, 0x00, 0x10, 0xFF, 0xFF, 0xFF], [128, 16, 255]);
        Check("gray.png", HandmadePng.Gray, [0x40, 0x00], [64, 64, 64]);
        Check("gray-alpha.png", HandmadePng.GrayAlpha, [0x00, 0x00, 0x80, 0x80], [127, 127, 127]);
        Check("rgba.png", HandmadePng.Rgba, [0xFF, 0xFF, 0, 0, 0, 0, 0x33, 0x33], [255, 204, 204]);

        void Check(string name, byte kind, byte[] pixel, int[] shown) =>
            CheckFlat(Save(name,
                HandmadePng.Write(16, 16, 16, kind, _ => [.. Enumerable.Repeat(pixel, 16).SelectMany(bytes => bytes)])), shown);
    }

    [Fact]
    public void GraysWithAlphaAndPalettesBecomeColors()
    {
        // Gray 100 of opacity 51, a fifth, over white.
        CheckFlat(Save("gray-alpha.png", HandmadePng.Write(16, 16, 8, HandmadePng.GrayAlpha, _ =>
            [.. Enumerable.Repeat(new byte[] { 100, 51 }, 16).SelectMany(bytes => bytes)])), [224, 224, 224]);
        CheckFlat(Save("bits.png", HandmadePng.Write(16, 16, 1, HandmadePng.Gray, _ => [0xFF, 0xFF])), [255, 255, 255]);
        byte[] palette = [10, 20, 30, 200, 100, 50];
        CheckFlat(Save("palette.png",
            HandmadePng.Write(16, 16, 4, HandmadePng.Palette, _ => [.. Enumerable.Repeat((byte)0x11, 8)], palette)), [200, 100, 50]);
        CheckFlat(Save("clear.png", HandmadePng.Write(16, 16, 8, HandmadePng.Palette, _ => new byte[16], palette, [0, 255])),
            [255, 255, 255]);
    }

    [Fact]
    public void OfAnAnimatedWebPTheFirstFrameIsRead()
    {
        var path = Save("moving.webp", Animation([new SKColor(200, 30, 60), new SKColor(0, 255, 0)]));
        using (var codec = SKCodec.Create(path))
            Assert.Equal(2, codec.FrameCount);
        CheckFlat(path, [200, 30, 60]);
    }

    private void CheckInks(byte? adobeTransform, Func<byte[], byte[]> store)
    {
        // No ink, cyan, half magenta with a little black, and all of it.
        byte[][] inks = [[255, 255, 255, 255], [0, 255, 255, 255], [255, 128, 255, 204], [90, 60, 30, 0]];
        int[][] shown = [[255, 255, 255], [0, 255, 255], [204, 102, 204], [0, 0, 0]];
        var path = Save("inks.jpg",
            HandmadeJpeg.Write(32, 32, 4, (component, column, row) => store(inks[column / 2 + 2 * (row / 2)])[component], adobeTransform));
        var pixels = ImageFile.ReadSquare(path, 2).Pixels;
        for (var i = 0; i < 4; i++)
            Assert.Equal(shown[i], pixels.AsSpan(3 * i, 3).ToArray().Select(value => (int)value), (expected, actual) =>
                Math.Abs(expected - actual) <= 2);
    }

    private static void CheckFlat(string path, int[] shown)
    {
        var pixels = ImageFile.ReadSquare(path, 64).Pixels;
        for (var i = 0; i < pixels.Length; i++)
            Assert.True(Math.Abs(pixels[i] - shown[i % 3]) <= 1,
                $"{Path.GetFileName(path)}: channel {i % 3} is {pixels[i]}, not {shown[i % 3]}");
    }

    /// <summary>Frames of one color in the container that Google's "WebP Container Specification" describes.</summary>
    private static byte[] Animation(SKColor[] frames)
    {
        const byte Side = 32;
        byte[] body = [.. "WEBP"u8, .. Chunk("VP8X"u8, [0x02, 0, 0, 0, Side - 1, 0, 0, Side - 1, 0, 0]),
            .. Chunk("ANIM"u8, [0, 0, 0, 0, 0, 0])];
        foreach (var color in frames)
        {
            using var bitmap = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque));
            bitmap.Erase(color);
            using var pixmap = bitmap.PeekPixels();
            using var still = pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 50));

            // Behind RIFF, its length and WEBP stands the picture's own chunk.
            var picture = still!.ToArray()[12..];
            body = [.. body, .. Chunk("ANMF"u8, [0, 0, 0, 0, 0, 0, Side - 1, 0, 0, Side - 1, 0, 0, 100, 0, 0, 0, .. picture])];
        }

        return Chunk("RIFF"u8, body);

        static byte[] Chunk(ReadOnlySpan<byte> name, byte[] content) =>
            [.. name, .. BitConverter.GetBytes(content.Length), .. content, .. new byte[content.Length % 2]];
    }

    private static string Refusal(string path, Action action)
    {
        var message = Assert.Throws<BadInputException>(action).Message;
        Assert.StartsWith(path + ":", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private string Save(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
