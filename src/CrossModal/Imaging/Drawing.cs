using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>A drawing on a white surface that is not drawn yet.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
internal sealed record Drawing(int Width, int Height, Action<SKCanvas> Draw)
{
    /// <summary>Draws it into a PNG file, whole or not at all.</summary>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public void Write(string path) => DrawingStyle.Write(path, Width, Height, Draw);

    /// <summary>Draws it; gives what a PNG file of it has.</summary>
    public byte[] ToPng()
    {
        using var surface = DrawingStyle.DrawOnPaper(Width, Height, Draw);
        using var picture = surface.Snapshot();
        using var encoded = ImageFile.EncodePng(picture);
        return encoded.ToArray();
    }
}
