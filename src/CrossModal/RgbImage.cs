using CrossModal.Imaging;

namespace CrossModal;

/// <summary>A picture of 8-bit red, green and blue, black at first.</summary>
/// <param name="width">Pixels in a row.</param>
/// <param name="height">Rows.</param>
public sealed class RgbImage(int width, int height)
{
    /// <summary>Pixels in a row.</summary>
    public int Width { get; } = width;

    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>Height × width × 3 bytes, rows from the top, sRGB.</summary>
    public byte[] Pixels { get; } = new byte[checked(width * height * 3)];

    /// <summary>
    /// Reads a JPEG, PNG, WebP or BMP picture, turned as its EXIF orientation says and laid over white where it is transparent.
    /// </summary>
    /// <exception cref="Kernels.BadInputException">
    /// The file is missing, damaged or no picture, or it has more than 100 million pixels or a side of fewer than 16.
    /// </exception>
    public static RgbImage Load(string path) => ImageFile.Read(path);

    /// <summary>
    /// Reads the middle square of a picture as the networks see it, averaged over areas. As <see cref="Load"/>, but a large picture takes
    /// little memory.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="side">Width and height of the result in pixels, at least 1.</param>
    /// <exception cref="Kernels.BadInputException">The file is missing, damaged, too large, too small or no picture.</exception>
    public static RgbImage LoadSquare(string path, int side) => ImageFile.ReadSquare(path, side);

    /// <summary>The middle square, averaged over areas; the picture itself where it has that size.</summary>
    /// <param name="side">Width and height of the result in pixels, at least 1.</param>
    public RgbImage Square(int side) => Width == side && Height == side ? this : ImageFile.Square(this, side);

    /// <summary>
    /// Writes a PNG file, whole or not at all; its folder is made where it is missing, and a file of that name is replaced.
    /// </summary>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public void Save(string path) => ImageFile.WritePng(path, this);
}
