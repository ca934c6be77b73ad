using CrossModal.Tensors;

namespace CrossModal.Imaging;

/// <summary>
/// Samples as pictures: images as they are; spectrograms with time to the right, low frequencies at the bottom, and levels as colors.
/// </summary>
internal static class SamplePicture
{
    /// <summary>One of [height, width, 3] or [frames, mels, 1], values in [−1, 1].</summary>
    public static RgbImage Of(ReadOnlySpan<float> values, Shape shape)
    {
        if (shape[-1] == 1)
            return SpectrogramPlot.ToImage(values, shape[0], shape[1]);
        var image = new RgbImage(shape[1], shape[0]);
        for (var i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)Math.Clamp((int)MathF.Round((values[i] + 1) * 127.5f), 0, 255);
        return image;
    }

    /// <summary>Each of a batch.</summary>
    /// <exception cref="NonFiniteException">A value is not finite.</exception>
    public static RgbImage[] OfBatch(Tensor samples)
    {
        var values = Finite.Require(samples.ToArray(), "the network", "samples");
        var shape = new Shape(samples.Shape.Extents[1..]);
        var length = (int)shape.Count;
        return [.. Enumerable.Range(0, samples.Shape[0]).Select(i => Of(values.AsSpan(i * length, length), shape))];
    }
}
