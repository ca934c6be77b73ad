using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>A rectangle of a picture, in pixels, or of a spectrogram, in frames and mels.</summary>
/// <param name="X">The first column, or the first frame.</param>
/// <param name="Y">The first row from the top, or the lowest mel.</param>
internal readonly record struct Region(int X, int Y, int Width, int Height);

/// <summary>
/// Which part of a sound moves which pixels of its picture, and which pixels a part of the sound moves: through encoder and generator at
/// once, for a noise that stays.
/// </summary>
internal sealed class SoundAndPixels(LiveRun run)
{
    /// <summary>What a level of a spectrogram is in silence: −80 dB and below.</summary>
    private const float Silence = -1;

    /// <summary>Frames and mels of a cell that is silenced at once.</summary>
    private const int CellFrames = 4, CellMels = 8;

    /// <summary>Spectrograms with a cell silenced that are drawn in one pass.</summary>
    private const int Batch = 32;

    /// <summary>
    /// Which levels of the sound's spectrogram move a patch of the picture, and which way: the gradient of the patch's mean brightness by
    /// each level (Simonyan et al. 2013), or its integral on the way from silence, times how far each level lies above silence
    /// (Sundararajan et al. 2017, integrated gradients).
    /// </summary>
    /// <param name="steps">Points of the way from silence; 1 for the plain gradient at the sound itself.</param>
    /// <returns>Frames × mels.</returns>
    /// <exception cref="BadInputException">The patch lies outside of the picture.</exception>
    public float[] Gradient(float[] window, float[] noise, Region patch, int steps = 1)
    {
        RequirePatch(patch);
        using var scope = new Scope();
        var spectrogram = run.Spectrogram(window);
        var sum = new float[spectrogram.Count];
        for (var i = 1; i <= steps; i++)
        {
            using var step = new Scope();

            // The point on the way lies at that share of each level above silence.
            var point = spectrogram.Affine((double)i / steps, Silence + (double)i / steps * -Silence).Detach();
            point.RequiresGradient = true;
            var gradient = Tape.Gradients(Brightness(run.Picture(point, noise), patch), [point])[0].ToArray();
            for (var k = 0; k < sum.Length; k++)
                sum[k] += gradient[k] / steps;
        }

        if (steps == 1)
            return sum;
        var levels = spectrogram.ToArray();
        return [.. sum.Select((gradient, k) => gradient * (levels[k] - Silence))];
    }

    /// <summary>
    /// How much darker a patch of the picture gets when a cell of the spectrogram, 4 frames × 8 mels, is silenced: occlusion (Zeiler and
    /// Fergus 2014, 4.1). No slope is taken, so what saturated layers hide from a gradient is seen too.
    /// </summary>
    /// <returns>Cells in time × cells in frequency.</returns>
    /// <exception cref="BadInputException">The patch lies outside of the picture.</exception>
    public (Shape Cells, float[] Darker) Occlusion(float[] window, float[] noise, Region patch)
    {
        RequirePatch(patch);
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var (frames, mels) = (run.Layout.Frames, run.Layout.Mels);
        var spectrogram = run.Spectrogram(window);
        var levels = spectrogram.ToArray();
        Shape cells = [(frames + CellFrames - 1) / CellFrames, (mels + CellMels - 1) / CellMels];
        var darker = new float[cells.Count];

        // What is silent already needs no picture.
        var sounding = Enumerable.Range(0, darker.Length).Where(cell => Levels(Cell(cell)).Any(level => levels[level] > Silence)).ToArray();
        var before = Brightness(run.Picture(spectrogram, noise), patch).Item();
        foreach (var part in sounding.Chunk(Batch))
        {
            using var step = new Scope();
            var spectrograms = part.SelectMany(cell => Silenced(levels, Cell(cell))).ToArray();
            var pictures = run.Picture(Tensor.From(run.Device, [part.Length, frames, mels, 1], spectrograms), noise);
            var after = pictures.Slice(1, patch.Y, patch.Height).Slice(2, patch.X, patch.Width).Mean([1, 2, 3]).ToArray();
            for (var i = 0; i < part.Length; i++)
                darker[part[i]] = (float)(before - after[i]);
        }

        return (cells, darker);

        Region Cell(int cell) => Inside(new Region(cell / cells[1] * CellFrames, cell % cells[1] * CellMels, CellFrames, CellMels));

        Region Inside(Region region) =>
            region with { Width = Math.Min(region.Width, frames - region.X), Height = Math.Min(region.Height, mels - region.Y) };
    }

    /// <summary>How much darker each pixel gets, the mean of its colors, when a region of the spectrogram is silenced.</summary>
    /// <returns>Height × width of the picture.</returns>
    /// <exception cref="BadInputException">The region lies outside of the spectrogram.</exception>
    public float[] PixelsOfSilence(float[] window, float[] noise, Region region)
    {
        RequireRegion(region);
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var levels = run.Spectrogram(window).ToArray();
        var both = Tensor.From(run.Device, [2, run.Layout.Frames, run.Layout.Mels, 1], [.. levels, .. Silenced(levels, region)]);
        var pixels = run.Picture(both, noise).Mean([3]);
        return (pixels.Slice(0, 0, 1) - pixels.Slice(0, 1, 1)).ToArray();
    }

    /// <summary>
    /// How fast each pixel gets brighter, the mean of its colors, while all levels of a region of the spectrogram rise together: the
    /// Jacobian times a vector. The tape walks backwards, so it is asked twice: the product with any weights u of the pixels is linear in
    /// u, and its slope by u is what is wanted, exactly.
    /// </summary>
    /// <returns>Height × width of the picture; per unit of level, which is 40 dB.</returns>
    /// <exception cref="BadInputException">The region lies outside of the spectrogram.</exception>
    public float[] PixelsOfGradient(float[] window, float[] noise, Region region)
    {
        RequireRegion(region);
        using var scope = new Scope();
        var point = run.Spectrogram(window).Detach();
        point.RequiresGradient = true;
        var pixels = run.Picture(point, noise).Mean([3]);
        var weights = Tensor.Zeros(run.Device, pixels.Shape);
        weights.RequiresGradient = true;
        var pulled = Tape.Gradients((pixels * weights).Sum(), [point], differentiable: true)[0];
        var direction = new float[point.Count];
        foreach (var level in Levels(region))
            direction[level] = 1;
        return Tape.Gradients((pulled * Tensor.From(run.Device, point.Shape, direction)).Sum(), [weights])[0].ToArray();
    }

    private static Tensor Brightness(Tensor picture, Region patch) =>
        picture.Slice(1, patch.Y, patch.Height).Slice(2, patch.X, patch.Width).Mean();

    private float[] Silenced(float[] levels, Region region)
    {
        var changed = (float[])levels.Clone();
        foreach (var level in Levels(region))
            changed[level] = Silence;
        return changed;
    }

    private IEnumerable<int> Levels(Region region) => Enumerable.Range(region.X, region.Width)
        .SelectMany(frame => Enumerable.Range(frame * run.Layout.Mels + region.Y, region.Height));

    private void RequirePatch(Region patch) => Require(patch, run.ImageSize, run.ImageSize, "patch", "pixels");

    private void RequireRegion(Region region) => Require(region, run.Layout.Frames, run.Layout.Mels, "region", "frames and mels");

    private static void Require(Region region, int width, int height, string what, string units)
    {
        var (x, y) = (region.X, region.Y);
        if (x < 0 || y < 0 || region.Width < 1 || region.Height < 1 || region.Width > width - x || region.Height > height - y)
        {
            throw new BadInputException(
                $"a {what} lies within {width} × {height} {units}; this one is {region.Width} × {region.Height} at {x}, {y}");
        }
    }
}
