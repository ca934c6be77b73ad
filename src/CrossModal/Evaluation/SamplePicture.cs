using CrossModal.Imaging;
using CrossModal.Tensors;

namespace CrossModal.Evaluation;

/// <summary>Samples as pictures: images as they are; spectrograms with time to the right, low frequencies at the bottom, and levels as colours.</summary>
public static class SamplePicture
{
    /// <summary>One of [height, width, 3] or [frames, mels, 1], values in [−1, 1].</summary>
    public static RgbImage Of(ReadOnlySpan<float> values, Shape shape)
    {
        if (shape[-1] == 1)
            return Spectrogram(values, shape[0], shape[1]);
        var image = new RgbImage(shape[1], shape[0]);
        for (var i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)Math.Clamp((int)MathF.Round((values[i] + 1) * 127.5f), 0, 255);
        return image;
    }

    private static RgbImage Spectrogram(ReadOnlySpan<float> values, int frames, int mels)
    {
        var image = new RgbImage(frames, mels);
        for (var frame = 0; frame < frames; frame++)
        {
            for (var mel = 0; mel < mels; mel++)
            {
                var level = (byte)Math.Clamp((int)MathF.Round((values[frame * mels + mel] + 1) * 127.5f), 0, 255);
                image.Pixels.AsSpan(((mels - 1 - mel) * frames + frame) * 3, 3).Fill(level);
            }
        }

        return image;
    }

    /// <summary>Each of a batch.</summary>
    public static RgbImage[] OfBatch(Tensor samples)
    {
        var values = samples.ToFloats();
        var shape = new Shape(samples.Shape.Extents[1..]);
        var length = (int)shape.Count;
        return [.. Enumerable.Range(0, samples.Shape[0]).Select(i => Of(values.AsSpan(i * length, length), shape))];
    }
}
