using System.Buffers;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>Reads JPEG, PNG, WebP and BMP, told by their first bytes, and nothing else; writes PNG.</summary>
internal static class ImageFile
{
    /// <summary>
    /// A picture with a shorter side shows nothing; more pixels than that are not asked for where the result is smaller still.
    /// </summary>
    public const int SmallestSide = 16;

    /// <summary>More pixels than this are refused before any memory is taken for them.</summary>
    private const long LargestPixels = 100_000_000;

    /// <summary>
    /// The same for a JPEG file that is decoded at an eighth while it is read: no more than its rows and the small picture are in memory.
    /// </summary>
    private const long LargestSequentialPixels = 1_000_000_000;

    private const long LargestBytes = 256L << 20;

    /// <summary>
    /// What a picture may take while it is decoded, its four bytes a pixel and what its decoder keeps. It bounds what an interlaced PNG of
    /// 16 bits may claim.
    /// </summary>
    private const long LargestMemory = 600_000_000;

    /// <summary>
    /// Pictures that take more memory than this are decoded one at a time, so that all cores together do not take gigabytes.
    /// </summary>
    private const long AloneFromBytes = 64L << 20;

    /// <summary>
    /// A picture of an epoch takes 74 ms to compress, in place of 251 with all filters and the usual effort, and is a twelfth larger.
    /// </summary>
    private static readonly SKPngEncoderOptions Quickly = new(SKPngEncoderFilterFlags.Paeth, 3);

    private static readonly SemaphoreSlim Alone = new(1);

    /// <summary>
    /// Reads a picture as a small square: turned as its EXIF orientation says, laid over white where it is transparent, converted to sRGB,
    /// cropped about its center and averaged over areas. A JPEG file much larger than needed is decoded at 1/2, 1/4 or 1/8, which averages
    /// blocks of its pixels, so that at least 2 × 2 pixels stay for each of the result. Sixteen bits a channel are reduced to eight, grays
    /// and palettes become colors, CMYK and YCCK are taken as Adobe's programs store them, inverted; of an animation the first frame is
    /// read.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Width and height of the result.</param>
    /// <exception cref="BadInputException">The file is missing, empty, cut short, damaged, too small, too large or no image.</exception>
    public static RgbImage ReadSquare(string path, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        using var data = Load(path);
        return ReadSquare(data, path, size);
    }

    /// <summary>The same of a file that is in memory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="BadInputException">As above.</exception>
    public static RgbImage ReadSquare(ReadOnlySpan<byte> file, string name, int size)
    {
        if (file.IsEmpty)
            throw new BadInputException($"{name}: is empty; give a picture ({PictureHeader.Formats})");
        using var data = SKData.CreateCopy(file);
        return ReadSquare(data, name, size);
    }

    private static RgbImage ReadSquare(SKData data, string path, int size)
    {
        using var codec = Open(data, path, size);
        int width = codec.Info.Width, height = codec.Info.Height, side = Math.Min(width, height);
        var reduction = 1;
        while (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && reduction < 8 && side >= 4 * size * reduction)
            reduction *= 2;

        var scaled = reduction == 1 ? codec.Info.Size : codec.GetScaledDimensions(1f / reduction);
        if (scaled.Width != (width + reduction - 1) / reduction || scaled.Height != (height + reduction - 1) / reduction)
            (scaled, reduction) = (codec.Info.Size, 1);
        var turned = Turned(OriginOf(codec, data));
        var left = Margin(width - side, turned.MirrorX) / (double)reduction;
        var top = Margin(height - side, turned.MirrorY) / (double)reduction;
        var square = new RgbImage(size, size);
        Decode(codec, data, scaled, path, rgba => AreaResize.OverWhite(rgba, (scaled.Width, scaled.Height),
            (left, top, side / (double)reduction, side / (double)reduction), square));
        return Orient(square, turned);
    }

    /// <summary>
    /// Reads a picture at its own size: turned, laid over white and converted as <see cref="ReadSquare(string, int)"/> does.
    /// </summary>
    /// <exception cref="BadInputException">As <see cref="ReadSquare(string, int)"/>.</exception>
    public static RgbImage Read(string path)
    {
        using var data = Load(path);
        using var codec = Open(data, path, SmallestSide);
        var size = codec.Info.Size;
        var stored = new RgbImage(size.Width, size.Height);
        Decode(codec, data, size, path, rgba => AreaResize.OverWhite(rgba, (size.Width, size.Height), (0, 0, size.Width, size.Height),
            stored));
        return Orient(stored, Turned(OriginOf(codec, data)));
    }

    /// <summary>The middle square of a picture, averaged over areas.</summary>
    public static RgbImage Square(RgbImage image, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var side = Math.Min(image.Width, image.Height);
        var square = new RgbImage(size, size);
        AreaResize.OverWhite(ToRgba(image), (image.Width, image.Height),
            (Margin(image.Width - side, false), Margin(image.Height - side, false), side, side), square);
        return square;
    }

    /// <summary>Each pixel as a square of so many pixels.</summary>
    public static RgbImage Enlarged(RgbImage image, int factor)
    {
        var enlarged = new RgbImage(image.Width * factor, image.Height * factor);
        for (var y = 0; y < enlarged.Height; y++)
        {
            for (var x = 0; x < enlarged.Width; x++)
            {
                image.Pixels.AsSpan((y / factor * image.Width + x / factor) * 3, 3)
                    .CopyTo(enlarged.Pixels.AsSpan((y * enlarged.Width + x) * 3));
            }
        }

        return enlarged;
    }

    /// <summary>Width and height in pixels, turned as the EXIF orientation says, from the header alone.</summary>
    /// <exception cref="BadInputException">As <see cref="ReadSquare(string, int)"/>, as far as the header shows it.</exception>
    public static (int Width, int Height) ReadSize(string path)
    {
        using var data = Load(path);
        using var codec = Open(data, path, SmallestSide);
        return Turned(OriginOf(codec, data)).Transpose ? (codec.Info.Height, codec.Info.Width) : (codec.Info.Width, codec.Info.Height);
    }

    /// <summary>Writes a PNG file, whole or not at all.</summary>
    /// <exception cref="BadInputException">The file cannot be written.</exception>
    public static void WritePng(string path, RgbImage image)
    {
        using var picture = ToSkia(image);
        WritePng(path, picture);
    }

    internal static SKImage ToSkia(RgbImage image) =>
        SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), ToRgba(image));

    internal static void WritePng(string path, SKImage picture)
    {
        using var encoded = EncodePng(picture);
        AtomicFile.Write(path, encoded.SaveTo);
    }

    /// <summary>What a PNG file of it has.</summary>
    internal static SKData EncodePng(SKImage picture)
    {
        using var pixels = picture.PeekPixels() ?? throw new InvalidOperationException("the picture is not in memory");
        return pixels.Encode(Quickly) ?? throw new InvalidOperationException("SkiaSharp could not encode a PNG");
    }

    private static byte[] ToRgba(RgbImage image)
    {
        var rgba = new byte[checked(image.Width * image.Height * 4)];
        for (int i = 0, o = 0; i < image.Pixels.Length; i += 3, o += 4)
            (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        return rgba;
    }

    private static SKData Load(string path) => SourceFile.Read(path, "picture", stream =>
    {
        var length = stream.Length;
        if (length > LargestBytes)
            throw new BadInputException($"{path}: has {length >> 20} MiB, more than a picture should; make it smaller");

        // No copy but the one that the decoder reads from.
        return SKData.Create(stream, length)
            ?? throw new BadInputException($"{path}: became shorter while it was read; let whatever writes it finish first");
    });

    private static SKCodec Open(SKData data, string path, int size)
    {
        if (PictureHeader.FormatOf(data.AsSpan()) is not { } format)
            throw new BadInputException(PictureHeader.OtherFormatOf(data.AsSpan()) is { } other
                ? $"{path}: is {other}, and only {PictureHeader.Formats} are read; convert it to one of these"
                : $"{path}: is not an image ({PictureHeader.Formats}); remove it or convert it");
        var codec = SKCodec.Create(data)
            ?? throw new BadInputException($"{path}: is cut short or damaged in its header; copy or export the file again");
        try
        {
            int width = codec.Info.Width, height = codec.Info.Height, least = Math.Min(SmallestSide, size);
            if (Math.Min(width, height) < least)
                throw new BadInputException($"{path}: has {width} × {height} pixels, too few to show anything; give a picture of at least "
                    + $"{SmallestSide} × {SmallestSide}");
            var most = format == PictureFormat.Jpeg && JpegScans.AreSequential(data.AsSpan()) ? LargestSequentialPixels
                : Math.Min(LargestPixels, LargestMemory / (4 + PictureHeader.DecoderBytes(format, data.AsSpan())));
            if ((long)width * height > most)
                throw TooLarge(path, codec, most);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static BadInputException TooLarge(string path, SKCodec codec, long most) =>
        new($"{path}: claims {codec.Info.Width} × {codec.Info.Height} pixels, more than the {most / 1_000_000} million that are "
            + "read of its kind; make it smaller");

    /// <summary>
    /// What a decoder of JPEG keeps besides the pixels, at most: three components of 16 bits, or four for CMYK, which are as many bytes as
    /// its pixels twice.
    /// </summary>
    private static long CoefficientBytes(SKCodec codec, SKData data) =>
        codec.EncodedFormat != SKEncodedImageFormat.Jpeg || JpegScans.AreSequential(data.AsSpan())
            ? 0 : 8L * codec.Info.Width * codec.Info.Height;

    /// <summary>How the picture is turned. Skia reads EXIF of JPEG and WebP, and not that of PNG.</summary>
    private static SKEncodedOrigin OriginOf(SKCodec codec, SKData data) =>
        codec.EncodedFormat == SKEncodedImageFormat.Png ? (SKEncodedOrigin)PictureHeader.OrientationOfPng(data.AsSpan())
            : codec.EncodedOrigin;

    /// <summary>Decodes at a size that the codec knows, and hands the RGBA pixels on.</summary>
    private static unsafe void Decode(SKCodec codec, SKData data, SKSizeI size, string path, Action<byte[]> use)
    {
        if ((long)size.Width * size.Height > LargestPixels)
            throw TooLarge(path, codec, LargestPixels);
        if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && JpegData.Damage(data.AsSpan()) is { } damage)
            throw new BadInputException($"{path}: {damage}; copy or export the file again");
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        using var colors = SKColorSpace.CreateSrgb();
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, alpha, colors);
        var alone = info.BytesSize64 + CoefficientBytes(codec, data) > AloneFromBytes;
        if (alone)
            Alone.Wait();
        var pixels = ArrayPool<byte>.Shared.Rent(info.BytesSize);
        try
        {
            SKCodecResult result;
            fixed (byte* first = pixels)
                result = codec.GetPixels(info, (IntPtr)first);
            if (result is SKCodecResult.IncompleteInput)
                throw new BadInputException($"{path}: is cut short; copy or export the file again");
            if (result is not SKCodecResult.Success)
                throw new BadInputException($"{path}: is damaged and cannot be decoded ({result}); copy or export the file again");
            use(pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
            if (alone)
                Alone.Release();
        }
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
        var shown = turned.Transpose ? new RgbImage(stored.Height, stored.Width) : new RgbImage(stored.Width, stored.Height);
        for (var y = 0; y < shown.Height; y++)
        {
            for (var x = 0; x < shown.Width; x++)
            {
                var (column, row) = turned.Transpose ? (y, x) : (x, y);
                column = turned.MirrorX ? stored.Width - 1 - column : column;
                row = turned.MirrorY ? stored.Height - 1 - row : row;
                stored.Pixels.AsSpan((row * stored.Width + column) * 3, 3).CopyTo(shown.Pixels.AsSpan((y * shown.Width + x) * 3));
            }
        }

        return shown;
    }
}
