namespace CrossModal.Imaging;

/// <summary>
/// Box averaging: an output pixel is the mean of the source over exactly the area that it covers, source pixels at the border of that area
/// counted by the share that lies inside. Enlarging, the same rule repeats pixels.
/// </summary>
internal static class AreaResize
{
    /// <summary>Averages a part of an RGBA image (not premultiplied) over white.</summary>
    /// <param name="rgba">Source pixels, height × width × 4.</param>
    /// <param name="source">Width and height of the source, in pixels.</param>
    /// <param name="part">The part, in source pixels; its edges need not be whole.</param>
    /// <param name="output">The image to fill with it.</param>
    public static void OverWhite(ReadOnlySpan<byte> rgba, (int Width, int Height) source,
        (double Left, double Top, double Width, double Height) part, RgbImage output)
    {
        var (width, size) = (source.Width, output.Width);
        var (columnFirst, columnWeights) = Boxes(part.Left, part.Width, size, width);
        var (rowFirst, rowWeights) = Boxes(part.Top, part.Height, output.Height, source.Height);
        var columns = columnWeights.Length / size;
        var rows = rowWeights.Length / output.Height;
        var sums = new float[size * 3];
        for (var y = 0; y < output.Height; y++)
        {
            Array.Clear(sums);
            for (var row = 0; row < rows; row++)
            {
                var rowWeight = rowWeights[y * rows + row];
                if (rowWeight == 0)
                    continue;
                var line = rgba.Slice((rowFirst[y] + row) * width * 4, width * 4);
                for (var x = 0; x < size; x++)
                {
                    float red = 0, green = 0, blue = 0;
                    for (var column = 0; column < columns; column++)
                    {
                        var weight = columnWeights[x * columns + column];
                        if (weight == 0)
                            break;
                        var pixel = line.Slice((columnFirst[x] + column) * 4, 4);
                        var alpha = pixel[3] / 255f;
                        var white = 255f - pixel[3];
                        red += weight * (pixel[0] * alpha + white);
                        green += weight * (pixel[1] * alpha + white);
                        blue += weight * (pixel[2] * alpha + white);
                    }

                    sums[3 * x] += rowWeight * red;
                    sums[3 * x + 1] += rowWeight * green;
                    sums[3 * x + 2] += rowWeight * blue;
                }
            }

            for (var i = 0; i < sums.Length; i++)
                output.Pixels[y * size * 3 + i] = (byte)Math.Clamp(sums[i] + 0.5f, 0f, 255f);
        }
    }

    /// <summary>
    /// For each output pixel the first source pixel and the weights of it and its followers, which sum to 1; the same count for all, padded
    /// with 0.
    /// </summary>
    private static (int[] First, float[] Weights) Boxes(double start, double extent, int size, int limit)
    {
        var step = extent / size;
        var count = (int)Math.Ceiling(step) + 1;
        var first = new int[size];
        var weights = new float[size * count];
        for (var i = 0; i < size; i++)
        {
            var low = Math.Clamp(start + i * step, 0, limit);
            var high = Math.Clamp(start + (i + 1) * step, 0, limit);
            first[i] = Math.Min((int)Math.Floor(low), limit - 1);
            for (var k = 0; k < count; k++)
            {
                var share = Math.Min(high, first[i] + k + 1) - Math.Max(low, first[i] + k);
                weights[i * count + k] = first[i] + k < limit && share > 1e-9 ? (float)(share / (high - low)) : 0;
            }
        }

        return (first, weights);
    }
}
