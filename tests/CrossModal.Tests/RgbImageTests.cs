using CrossModal.Kernels;

namespace CrossModal.Tests;

public sealed class RgbImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-image-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatIsSavedIsLoadedAgainPixelByPixel()
    {
        var image = new RgbImage(37, 21);
        for (var i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)(i * 41 % 253);
        var path = Path.Combine(_folder, "made", "a.png");
        image.Save(path);
        var loaded = RgbImage.Load(path);
        Assert.Equal((37, 21), (loaded.Width, loaded.Height));
        Assert.Equal(image.Pixels, loaded.Pixels);
        Assert.Equal(RgbImage.LoadSquare(path, 8).Pixels, loaded.Square(8).Pixels);
        Assert.Contains("no such file", Assert.ThrowsAny<BadInputException>(() => RgbImage.Load(Path.Combine(_folder, "b.png"))).Message);
    }

    [Fact]
    public void ASquareOfTheRightSizeIsThePictureItself()
    {
        var image = new RgbImage(16, 16);
        Assert.Same(image, image.Square(16));
        Assert.Equal((4, 4), (image.Square(4).Width, image.Square(4).Height));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Square(0));
    }
}
