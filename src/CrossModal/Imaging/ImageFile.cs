using System.Buffers;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>Reads JPEG, PNG, WebP and BMP (and what else Skia decodes), writes PNG.</summary>
public static class ImageFile
{
    /// <summary>More pixels than this are refused before any memory is taken for them.</summary>
    private const long LargestPixels = 100_000_000;

    private const long LargestBytes = 1L << 30;

    /// <summary>
    /// Reads a picture as a small square: turned as its EXIF orientation says, laid over white where it is transparent, converted to sRGB, cropped about its
    /// centre and averaged over areas. A JPEG file much larger than needed is decoded at 1/2, 1/4 or 1/8, which averages blocks of its pixels, so that at least
    /// 2 × 2 pixels stay for each of the result.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Width and height of the result.</param>
    /// <exception cref="BadInputException">The file is missing, empty, cut short, damaged, too large or no image.</exception>
    public static RgbImage ReadSquare(string path, int size = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        using var data = Load(path);
        using var codec = Open(data, path);
        var origin = codec.EncodedOrigin;
        int width = codec.Info.Width, height = codec.Info.Height, side = Math.Min(width, height);
        var reduction = 1;
        while (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && reduction < 8 && side >= 4 * size * reduction)
            reduction *= 2;

        var scaled = reduction == 1 ? codec.Info.Size : codec.GetScaledDimensions(1f / reduction);
        if (scaled.Width != (width + reduction - 1) / reduction || scaled.Height != (height + reduction - 1) / reduction)
            (scaled, reduction) = (codec.Info.Size, 1);
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        using var colors = SKColorSpace.CreateSrgb();
        var info = new SKImageInfo(scaled.Width, scaled.Height, SKColorType.Rgba8888, alpha, colors);
        var pixels = ArrayPool<byte>.Shared.Rent(info.BytesSize);
        try
        {
            Decode(codec, info, pixels, path);
            var square = new RgbImage(size, size);
            var turned = Turned(origin);
            var left = Margin(width - side, turned.MirrorX) / (double)reduction;
            var top = Margin(height - side, turned.MirrorY) / (double)reduction;
            AreaResize.SquareOverWhite(pixels.AsSpan(0, info.BytesSize), info.Width, info.Height, left, top, side / (double)reduction, square);
            return Orient(square, turned);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    /// <summary>Width and height in pixels, turned as the EXIF orientation says, from the header alone.</summary>
    /// <exception cref="BadInputException">As <see cref="ReadSquare"/>, as far as the header shows it.</exception>
    public static (int Width, int Height) ReadSize(string path)
    {
        using var data = Load(path);
        using var codec = Open(data, path);
        return Turned(codec.EncodedOrigin).Transpose ? (codec.Info.Height, codec.Info.Width) : (codec.Info.Width, codec.Info.Height);
    }

    /// <summary>Writes a PNG file, whole or not at all.</summary>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void WritePng(string path, RgbImage image)
    {
        using var picture = ToSkia(image);
        WritePng(path, picture);
    }

    internal static SKImage ToSkia(RgbImage image)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int i = 0, o = 0; i < image.Pixels.Length; i += 3, o += 4)
            (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        return SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
    }

    internal static void WritePng(string path, SKImage picture)
    {
        using var encoded = picture.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, encoded.SaveTo);
    }

    private static SKData Load(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length == 0)
                throw new BadInputException($"{path}: is empty (0 bytes); copy or export the file again");
            if (length > LargestBytes)
                throw new BadInputException($"{path}: has {length >> 20} MiB, more than a picture should; make it smaller");
            return SKData.CreateCopy(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: no such file; give the path of an image", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read ({error.Message.TrimEnd('.')}); check the file and its permissions", error);
        }
    }

    private static SKCodec Open(SKData data, string path)
    {
        var codec = SKCodec.Create(data);
        if (codec is null)
            throw new BadInputException(IsImage(data.AsSpan())
                ? $"{path}: is cut short or damaged in its header; copy or export the file again"
                : $"{path}: is not an image (JPEG, PNG, WebP or BMP); remove it or convert it");
        if (codec.Info.Width < 1 || codec.Info.Height < 1 || (long)codec.Info.Width * codec.Info.Height > LargestPixels)
        {
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            codec.Dispose();
            throw new BadInputException(
                $"{path}: claims {width} × {height} pixels, more than the {LargestPixels / 1_000_000} million that are read; make it smaller");
        }

        return codec;
    }

    private static bool IsImage(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) || head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])
        || head.StartsWith("BM"u8) || head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..12].SequenceEqual("WEBP"u8);

    private static unsafe void Decode(SKCodec codec, SKImageInfo info, byte[] pixels, string path)
    {
        SKCodecResult result;
        fixed (byte* first = pixels)
            result = codec.GetPixels(info, (IntPtr)first);
        if (result is SKCodecResult.IncompleteInput)
            throw new BadInputException($"{path}: is cut short; copy or export the file again");
        if (result is not SKCodecResult.Success)
            throw new BadInputException($"{path}: is damaged and cannot be decoded ({result}); copy or export the file again");
    }

    /// <summary>How the stored rows and columns become the shown ones: first mirrored, then transposed.</summary>
    private static (bool MirrorX, bool MirrorY, bool Transpose) Turned(SKEncodedOrigin origin) => origin switch
    {
        SKEncodedOrigin.TopRight => (true, false, false),
        SKEncodedOrigin.BottomRight => (true, true, false),
        SKEncodedOrigin.BottomLeft => (false, true, false),
        SKEncodedOrigin.LeftTop => (false, false, true),
        SKEncodedOrigin.RightTop => (false, true, true),
        SKEncodedOrigin.RightBottom => (true, true, true),
        SKEncodedOrigin.LeftBottom => (true, false, true),
        _ => (false, false, false),
    };

    /// <summary>Pixels left out before the square. The odd one goes to the far side of the picture as it is shown.</summary>
    private static int Margin(int extra, bool mirrored) => mirrored ? (extra + 1) / 2 : extra / 2;

    private static RgbImage Orient(RgbImage stored, (bool MirrorX, bool MirrorY, bool Transpose) turned)
    {
        if (turned == (false, false, false))
            return stored;
        var size = stored.Width;
        var shown = new RgbImage(size, size);
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var (column, row) = turned.Transpose ? (y, x) : (x, y);
                column = turned.MirrorX ? size - 1 - column : column;
                row = turned.MirrorY ? size - 1 - row : row;
                stored.Pixels.AsSpan((row * size + column) * 3, 3).CopyTo(shown.Pixels.AsSpan((y * size + x) * 3));
            }
        }

        return shown;
    }
}
