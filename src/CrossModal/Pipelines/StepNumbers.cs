using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>The numbers of a tensor, as much of them as one can look at.</summary>
/// <param name="All">Of all of them.</param>
/// <param name="Values">All of them where there are few, else none.</param>
internal sealed record StepNumbers(NumberStatistics All, float[] Values, StepTiles Tiles)
{
    /// <summary>So many numbers can be read one by one.</summary>
    private const int Few = 24;

    /// <summary>Statistics of all elements, and a picture of some.</summary>
    /// <param name="parts">Of how many equal parts the batch is joined: the first example of each is shown.</param>
    public static StepNumbers Of(Shape shape, float[] values, bool isWeight, int parts) => new(NumberStatistics.Of(values),
        values.Length <= Few ? values : [], StepTiles.Of(shape, values, isWeight, parts));
}

/// <summary>Part of a tensor as tiles side by side.</summary>
/// <param name="Count">How many tiles there are.</param>
/// <param name="Row">How many belong side by side.</param>
/// <param name="Channels">3 where a tile is a color picture, else 1.</param>
/// <param name="What">What the tiles are, for a caption.</param>
/// <param name="Values">Tile after tile: height × width × channels.</param>
internal sealed record StepTiles(int Count, int Row, int Height, int Width, int Channels, string What, float[] Values)
{
    private const int MostTiles = 24, MostChannels = 8, MostRows = 64, MostColumns = 256;

    public static StepTiles Of(Shape shape, float[] values, bool isWeight, int parts)
    {
        if (shape.Rank != 4)
            return Matrix(shape, values);
        var (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3]);
        if (channels is 1 or 3 || isWeight)
        {
            var (count, shown) = (Math.Min(batch, MostTiles), channels == 3 ? 3 : 1);
            var what = !isWeight ? $"{count} of {batch} examples"
                : $"{count} of {batch} kernels" + (channels == shown ? "" : ", of the first channel each");
            return new StepTiles(count, isWeight ? Math.Min(count, 8) : Math.Max(1, batch / parts), height, width, shown, what,
                [.. Enumerable.Range(0, count).SelectMany(i => Tile(i, 0, shown))]);
        }

        var seen = Math.Min(channels, MostChannels);
        int[] examples = [.. Enumerable.Range(0, parts).Select(part => part * (batch / parts))];
        return new StepTiles(examples.Length * seen, seen, height, width, 1,
            $"{seen} of {channels} channels of {(parts > 1 ? "the first example of each part" : "the first example")}",
            [.. examples.SelectMany(i => Enumerable.Range(0, seen).SelectMany(channel => Tile(i, channel, 1)))]);

        float[] Tile(int example, int channel, int count)
        {
            var tile = new float[height * width * count];
            for (var i = 0; i < tile.Length; i++)
                tile[i] = values[((long)example * height * width + i / count) * channels + channel + i % count];
            return tile;
        }
    }

    /// <summary>The last axis to the right, all others down.</summary>
    private static StepTiles Matrix(Shape shape, float[] values)
    {
        var width = shape.Rank == 0 ? 1 : Math.Max(1, shape[-1]);
        var height = values.Length / width;
        var (rows, columns) = (Math.Min(height, MostRows), Math.Min(width, MostColumns));
        var what = rows == height && columns == width ? "all numbers" : $"{rows} of {height} rows, {columns} of {width} columns";
        return new StepTiles(1, 1, rows, columns, 1, what,
            [.. Enumerable.Range(0, rows).SelectMany(row => values.AsSpan(row * width, columns).ToArray())]);
    }
}

/// <summary>A parameter before and behind a step.</summary>
/// <param name="Network"><c>generator</c> or <c>discriminator</c>.</param>
/// <param name="Norm">The root of the sum of its squares, before.</param>
/// <param name="Change">The same of the difference.</param>
/// <param name="GradientNorm">The same of its gradient; null where none came to it.</param>
/// <param name="Edge">Histograms reach from −this to this.</param>
/// <param name="Before">How many numbers lie in each of equal bins.</param>
internal sealed record WeightChange(string Network, string Name, Shape Shape, double Norm, double NormAfter, double Change,
    double? GradientNorm, float Edge, int[] Before, int[] After)
{
    private const int Bins = 25;

    public static WeightChange Of(string network, NamedTensor parameter, float[] before, double? gradientNorm)
    {
        var after = parameter.Tensor.ToArray();
        var (edge, squares, squaresAfter, changes) = (0f, 0.0, 0.0, 0.0);
        for (var i = 0; i < before.Length; i++)
        {
            var (old, now) = (before[i], after[i]);
            edge = Math.Max(edge, Math.Max(Math.Abs(old), Math.Abs(now)));
            squares += (double)old * old;
            squaresAfter += (double)now * now;
            changes += ((double)now - old) * ((double)now - old);
        }

        return new WeightChange(network, parameter.Name, parameter.Tensor.Shape, Math.Sqrt(squares), Math.Sqrt(squaresAfter),
            Math.Sqrt(changes), gradientNorm, edge, Histogram(before), Histogram(after));

        int[] Histogram(float[] values)
        {
            var bins = new int[Bins];
            foreach (var value in values)
                bins[edge == 0 ? Bins / 2 : Math.Clamp((int)((value / edge + 1) / 2 * Bins), 0, Bins - 1)]++;
            return bins;
        }
    }
}
