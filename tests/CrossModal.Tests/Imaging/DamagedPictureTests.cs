using System.Buffers.Binary;
using CrossModal.Imaging;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

/// <summary>Pictures that a decoder would take without a word: parts missing, other formats, sizes that no memory holds.</summary>
public sealed class DamagedPictureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-damaged-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(SKJpegEncoderDownsample.Downsample420, false)]
    [InlineData(SKJpegEncoderDownsample.Downsample444, true)]
    public void AJpegWithAHoleIsNamedAsDamaged(SKJpegEncoderDownsample sampling, bool gray)
    {
        var whole = Jpeg(sampling, gray);
        Assert.Null(JpegData.Damage(whole));
        Assert.Equal(64, ImageFile.ReadSquare(Save("whole.jpg", whole), 64).Width);
        byte[] hole = [.. whole[..(whole.Length / 2)], .. whole[(whole.Length / 2 + whole.Length / 10)..]];
        Assert.Contains("damaged: the data of its picture end or make no sense after", Refusal(Save("hole.jpg", hole)));
        Assert.Contains("is cut short", Refusal(Save("cut.jpg", whole[..(whole.Length / 2)])));
    }

    /// <summary>464 bytes, in which not even one bit is left for each block of the picture that they claim.</summary>
    [Fact]
    public void AHandfulOfBytesThatClaimsManyPixelsIsRefused()
    {
        byte[] small = [.. HandmadeJpeg.Write(16, 16, 3, (_, _, _) => 90)];
        Assert.Null(JpegData.Damage(small));
        var frame = small.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(small.AsSpan(frame + 5), 31_000);
        BinaryPrimitives.WriteUInt16BigEndian(small.AsSpan(frame + 7), 31_000);
        Assert.Contains("cannot hold as many pixels as it claims", Refusal(Save("claims.jpg", small)));
    }

    [Fact]
    public void AProgressiveJpegThatEndsEarlyIsNamed()
    {
        var whole = HandmadeJpeg.Write(128, 128, 3, (component, column, row) => (byte)(column * 7 + row * 3 + component * 20),
            progressive: true);
        Assert.Null(JpegData.Damage(whole));
        Assert.StartsWith("is cut short", JpegData.Damage(whole.AsSpan(0, whole.Length - 2)));
        byte[] hole = [.. whole[..^60], .. whole[^2..]];
        Assert.StartsWith("is damaged", JpegData.Damage(hole));
    }

    /// <summary>Walking through damaged files ends, and throws nothing, whatever the bytes are.</summary>
    [Fact]
    public void AnyBytesAreWalkedThrough()
    {
        byte[][] files = [Jpeg(SKJpegEncoderDownsample.Downsample420, false)[..4000], HandmadeJpeg.Write(64, 64, 3, (_, column, _) =>
            (byte)column, progressive: true)];
        var random = new CountedRandom(16);
        var damaged = 0;
        foreach (var file in files)
            for (var i = 0; i < 2000; i++)
            {
                byte[] copy = [.. file];
                for (var k = random.NextInt(4); k >= 0; k--)
                    copy[2 + random.NextInt(copy.Length - 2)] = (byte)random.NextInt(256);
                damaged += JpegData.Damage(copy.AsSpan(0, 2 + random.NextInt(copy.Length - 2))) is null ? 0 : 1;
            }

        Assert.True(damaged > 3000, $"{damaged} of 4000");
    }

    [Theory]
    [InlineData("474946383961", "is a GIF picture")]
    [InlineData("49492A0008000000", "is a TIFF picture or a camera's raw photograph")]
    [InlineData("4D4D002A00000008", "is a TIFF picture or a camera's raw photograph")]
    [InlineData("00000100010010100000", "is an icon")]
    [InlineData("0000001C6674797061766966", "is a HEIF or AVIF picture")]
    [InlineData("00004040FFFF", "is not an image (JPEG, PNG, WebP or BMP)")]
    [InlineData("FFD8", "is not an image")]
    public void OtherFormatsReachNoDecoder(string bytes, string message)
    {
        var path = Save("other.jpg", [.. Convert.FromHexString(bytes), .. new byte[200]]);
        Assert.Contains(message, Refusal(path));
    }

    [Fact]
    public void ARawPhotographWithTheNameOfAJpegIsRefused() =>
        Assert.Contains("only JPEG, PNG, WebP or BMP are read", Refusal(Case("dng-named.jpg")));

    /// <summary>The orientation stands in PNG's eXIf chunk, which Skia does not read.</summary>
    [Fact]
    public void APngIsTurnedAsItsExifSays()
    {
        foreach (var turned in new[] { "turned-exif-in-png.png", "turned-exif.webp" })
        {
            var (shown, upright) = (ImageFile.Read(Case(turned)), ImageFile.Read(Case("upright.webp")));
            Assert.Equal((upright.Width, upright.Height), (shown.Width, shown.Height));
            Assert.True(shown.Pixels.Zip(upright.Pixels, (a, b) => Math.Abs(a - b)).Max() <= 8, turned);
            Assert.Equal((upright.Width, upright.Height), ImageFile.ReadSize(Case(turned)));
        }
    }

    /// <summary>An interlaced PNG of 16 bits is held whole by its decoder: 12 bytes for each pixel that it claims.</summary>
    [Fact]
    public void WhatAPngClaimsIsBoundedByTheMemoryThatItTakes()
    {
        var path = Save("large.png", HandmadePng.Write(9_500, 9_500, 16, HandmadePng.Rgba, null, interlaced: true));
        Assert.Contains("claims 9500 × 9500 pixels, more than the 50 million", Refusal(path));
        Assert.Contains("is damaged", Refusal(Save("rows.png", HandmadePng.Write(9_500, 900, 16, HandmadePng.Rgba, null))));
    }

    private static byte[] Jpeg(SKJpegEncoderDownsample sampling, bool gray)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(200, 150, gray ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        var random = new CountedRandom(3);
        for (var y = 0; y < 150; y++)
            for (var x = 0; x < 200; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)random.NextInt(256), (byte)(x + y), (byte)random.NextInt(64)));
        using var pixmap = bitmap.PeekPixels();
        using var encoded = pixmap.Encode(new SKJpegEncoderOptions(90, sampling, SKJpegEncoderAlphaOption.Ignore));
        return encoded!.ToArray();
    }

    private static string Case(string name) => Path.Combine(AppContext.BaseDirectory, "Cases", name);

    private static string Refusal(string path)
    {
        var message = Assert.Throws<BadInputException>(() => ImageFile.ReadSquare(path, 64)).Message;
        Assert.StartsWith(path + ":", message);
        return message;
    }

    private string Save(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
