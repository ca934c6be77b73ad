namespace CrossModal.Imaging;

/// <summary>A picture of 8-bit red, green and blue.</summary>
public sealed class RgbImage(int width, int height)
{
    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>Height × width × 3 bytes, rows from the top, sRGB.</summary>
    public byte[] Pixels { get; } = new byte[checked(width * height * 3)];
}
