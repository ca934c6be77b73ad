using System.Buffers.Binary;
using System.Text;
using CrossModal.Imaging;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Tests.Imaging;

public sealed class ImageFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-image-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatIsWrittenIsReadBackToTheBit()
    {
        var image = Noise(64, 64, 1);
        var path = Path.Combine(_folder, "deep", "noise.png");
        ImageFile.WritePng(path, image);
        Assert.Equal(image.Pixels, ImageFile.ReadSquare(path, 64).Pixels);
        Assert.Equal((64, 64), ImageFile.ReadSize(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Theory]
    [InlineData(128, 128, 64)]
    [InlineData(200, 151, 64)]
    [InlineData(65, 130, 64)]
    [InlineData(97, 97, 31)]
    [InlineData(16, 21, 64)]
    [InlineData(1, 1, 1)]
    public void AreasAreAveragedExactlyAboutTheCenter(int width, int height, int size)
    {
        var image = Noise(width, height, 2);
        var path = Path.Combine(_folder, "noise.png");
        ImageFile.WritePng(path, image);
        var result = ImageFile.ReadSquare(path, size);
        var side = Math.Min(width, height);
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
                for (var channel = 0; channel < 3; channel++)
                    Assert.Equal(Mean(image, (width - side) / 2, (height - side) / 2, side, size, x, y, channel),
                        result.Pixels[(y * size + x) * 3 + channel],
                        0.51);
    }

    [Fact]
    public void TransparencyIsLaidOverWhite()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(2, 2, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.SetPixel(0, 0, new SKColor(0, 0, 0, 0));
        bitmap.SetPixel(1, 0, new SKColor(200, 0, 0, 128));
        bitmap.SetPixel(0, 1, new SKColor(0, 10, 20, 255));
        bitmap.SetPixel(1, 1, new SKColor(255, 255, 255, 51));
        var path = Save("alpha.png", Encode(bitmap, SKEncodedImageFormat.Png));
        Assert.Equal([255, 255, 255, 227, 127, 127, 0, 10, 20, 255, 255, 255], ImageFile.ReadSquare(path, 2).Pixels);
        Assert.Equal([184, 162, 164], ImageFile.ReadSquare(path, 1).Pixels);
    }

    /// <summary>
    /// The eight orientations of EXIF (JEITA CP-3451, tag 0x0112): a picture with red, green, blue and white corners is
    /// stored turned and must be shown upright.
    /// </summary>
    [Theory]
    [InlineData(1, "RGBW")]
    [InlineData(2, "GRWB")]
    [InlineData(3, "WBGR")]
    [InlineData(4, "BWRG")]
    [InlineData(5, "RBGW")]
    [InlineData(6, "BRWG")]
    [InlineData(7, "WGBR")]
    [InlineData(8, "GWRB")]
    public void TheOrientationIsHonoured(int orientation, string shown)
    {
        using var bitmap = new SKBitmap(96, 64);
        using (var canvas = new SKCanvas(bitmap))
        {
            foreach (var (color, x, y) in new[] { (SKColors.Red, 0, 0), (SKColors.Lime, 48, 0), (SKColors.Blue, 0, 32),
                (SKColors.White, 48, 32) })
            {
                using var paint = new SKPaint { Color = color };
                canvas.DrawRect(x, y, 48, 32, paint);
            }
        }

        var path = Save("turned.jpg", WithOrientation(Encode(bitmap, SKEncodedImageFormat.Jpeg), orientation));
        var pixels = ImageFile.ReadSquare(path, 2).Pixels;
        var seen = string.Concat(Enumerable.Range(0, 4).Select(i => Name(pixels.AsSpan(3 * i, 3))));
        Assert.Equal(shown, seen);
        Assert.Equal(orientation < 5 ? (96, 64) : (64, 96), ImageFile.ReadSize(path));

        // Read whole, it is turned as well, and its middle square is the same.
        var whole = RgbImage.Load(path);
        Assert.Equal(orientation < 5 ? (96, 64) : (64, 96), (whole.Width, whole.Height));
        Assert.All(whole.Square(2).Pixels.Zip(pixels), pair => Assert.InRange(pair.First - pair.Second, -10, 10));

        static char Name(ReadOnlySpan<byte> rgb) => (rgb[0] > 128, rgb[1] > 128, rgb[2] > 128) switch
        {
            (true, true, true) => 'W',
            (true, _, _) => 'R',
            (_, true, _) => 'G',
            (_, _, true) => 'B',
            _ => '?',
        };
    }

    /// <summary>
    /// Decoding at an eighth must give what averaging the whole picture gives. Sizes that are no multiple of 8 would show a shifted grid.
    /// </summary>
    [Theory]
    [InlineData(1080, 1920)]
    [InlineData(1021, 787)]
    public void AReducedJpegIsTheAverageOfTheWhole(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        using (var canvas = new SKCanvas(bitmap))
        {
            using var shader = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(width, height),
                [SKColors.DarkRed, SKColors.Gold, SKColors.Teal],
                SKShaderTileMode.Clamp);
            using var paint = new SKPaint { Shader = shader };
            canvas.DrawPaint(paint);
            using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
            canvas.DrawCircle(width * 0.4f, height * 0.45f, width * 0.2f, ink);
        }

        var small = ImageFile.ReadSquare(Save("large.jpg", Encode(bitmap, SKEncodedImageFormat.Jpeg)), 64).Pixels;
        var exact = ImageFile.ReadSquare(Save("large.png", Encode(bitmap, SKEncodedImageFormat.Png)), 64).Pixels;
        var differences = small.Zip(exact, (a, b) => Math.Abs(a - b)).ToArray();
        Assert.True(differences.Average() < 1.5, $"mean difference {differences.Average()}");
        Assert.True(differences.Max() < 30, $"largest difference {differences.Max()}");
    }

    [Fact]
    public void WebPAndBmpAreRead()
    {
        var image = Noise(64, 64, 3);
        using var bitmap = SKBitmap.FromImage(ImageFile.ToSkia(image));
        using var webp = new MemoryStream();
        using (var pixmap = bitmap.PeekPixels())
            Assert.True(pixmap.Encode(webp, new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 50)));
        Assert.Equal(image.Pixels, ImageFile.ReadSquare(Save("a.webp", webp.ToArray()), 64).Pixels);

        // Rows of a BMP file run upwards, and its pixels are blue, green, red; a square of 1 × 2 pixels keeps the upper one.
        Assert.Equal([10, 20, 30], ImageFile.ReadSquare(Save("a.bmp", Bmp(1, 2, [255, 0, 0, 0, 30, 20, 10, 0])), 1).Pixels);
    }

    [Fact]
    public void BadFilesAreReportedByNameInOneLine()
    {
        using var bitmap = SKBitmap.FromImage(ImageFile.ToSkia(Noise(200, 200, 4)));
        var jpeg = Encode(bitmap, SKEncodedImageFormat.Jpeg);
        var png = Encode(bitmap, SKEncodedImageFormat.Png);
        Check("empty.jpg", [], "is empty");
        Check("text.jpg", Encoding.ASCII.GetBytes("<html>404 not found</html>"), "not an image");
        Check("half.jpg", jpeg[..(jpeg.Length / 2)], "cut short");
        Check("tail.jpg", jpeg[..^40], "cut short");
        Check("head.jpg", jpeg[..100], "cut short");
        Check("half.png", png[..(png.Length / 2)], "cut short");
        Check("head.png", png[..20], "cut short");
        Check("huge.bmp", Bmp(30000, 30000, []), "30000 × 30000");
        Assert.Contains("no such file",
            Assert.Throws<BadInputException>(() => ImageFile.ReadSquare(Path.Combine(_folder, "none.png"), 64)).Message);

        void Check(string name, byte[] bytes, string message)
        {
            var path = Save(name, bytes);
            var error = Assert.Throws<BadInputException>(() => ImageFile.ReadSquare(path, 64));
            Assert.StartsWith(path, error.Message);
            Assert.True(error.Message.Contains(message), $"{name}: {error.Message}");
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    private string Save(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static RgbImage Noise(int width, int height, ulong seed)
    {
        var random = new CountedRandom(seed);
        var image = new RgbImage(width, height);
        for (var i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)random.NextInt(256);
        return image;
    }

    private static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }

    /// <summary>The mean by definition: every source pixel, weighted by the area that it shares with the box.</summary>
    private static double Mean(RgbImage image, int left, int top, int side, int size, int x, int y, int channel)
    {
        double sum = 0, area = 0;
        for (var row = 0; row < side; row++)
        {
            var high = Overlap(row, y, side, size);
            for (var column = 0; high > 0 && column < side; column++)
            {
                var share = high * Overlap(column, x, side, size);
                sum += share * image.Pixels[((top + row) * image.Width + left + column) * 3 + channel];
                area += share;
            }
        }

        return sum / area;

        static double Overlap(int pixel, int box, int side, int size) =>
            Math.Max(0, Math.Min(pixel + 1, (box + 1.0) * side / size) - Math.Max(pixel, box * (double)side / size));
    }

    private static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] exif = [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];
        return [0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }

    private static byte[] Bmp(int width, int height, byte[] rows)
    {
        var header = new byte[54];
        "BM"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(2), 54 + rows.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(10), 54);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), height);
        header[26] = 1;
        header[28] = 24;
        return [.. header, .. rows];
    }
}
