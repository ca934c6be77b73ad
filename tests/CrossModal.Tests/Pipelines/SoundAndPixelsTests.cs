using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Tests.Pipelines;

/// <summary>What of a sound moves which pixels, against differences of pictures that are really drawn.</summary>
public sealed class SoundAndPixelsTests : IDisposable
{
    private static readonly Region Patch = new(8, 48, 24, 12), Part = new(3, 20, 9, 40);

    private readonly Device _device = Device.Open("cpu", 1);
    private readonly LiveRun _run;
    private readonly float[] _window = BuiltInInstrument.Find("violin").Note(69, 1)[5000..27050];
    private readonly float[] _levels, _noise;

    public SoundAndPixelsTests(TinyRun tiny)
    {
        _run = new LiveRun(_device, SavedRun.Open(tiny.Whole.Path, RunKind.All));
        _levels = _run.Hear(_window).Spectrogram;
        var random = new CountedRandom(2, 0);
        _noise = [.. Enumerable.Range(0, _run.NoiseSize).Select(_ => random.NextNormal())];
    }

    private SoundAndPixels Between => new(_run);

    public void Dispose()
    {
        _run.Dispose();
        _device.Dispose();
    }

    [Theory]
    [InlineData(0, 44)]
    [InlineData(0, 22)]
    [InlineData(22, 44)]
    public void TheGradientIsTheSlopeOfThePatchByTheLevels(int first, int end)
    {
        // One level by itself moves the patch of this little network by less than float32 can tell: some frames together, each level the
        // way that makes the patch brighter.
        const float Step = 0.0005f;
        var slopes = Between.Gradient(_window, _noise, Patch);
        var slope = slopes[(first * 128)..(end * 128)].Sum(Math.Abs);
        var difference = (Brightness(Moved(Step), Patch) - Brightness(Moved(-Step), Patch)) / (2 * Step);
        Assert.True(slope > 1e-4);
        Assert.Equal(slope, difference, 0.05 * slope);

        float[] Moved(float change) => [.. _levels.Select((level, i) =>
            i / 128 >= first && i / 128 < end ? level + change * Math.Sign(slopes[i]) : level)];
    }

    [Fact]
    public void IntegratedGradientsAddUpToWhatTheSoundChanges()
    {
        var parts = Between.Gradient(_window, _noise, Patch, steps: 200);
        var silence = new float[_levels.Length];
        Array.Fill(silence, -1);
        var change = Brightness(_levels, Patch) - Brightness(silence, Patch);
        Assert.Equal(change, parts.Sum(), 0.05 * Math.Abs(change) + 1e-6);
    }

    [Fact]
    public void OcclusionIsTheDifferenceThatASilentCellMakes()
    {
        var (cells, darker) = Between.Occlusion(_window, _noise, Patch);
        Assert.Equal([11, 16], cells.Extents.ToArray());
        foreach (var cell in Enumerable.Range(0, darker.Length).OrderByDescending(i => Math.Abs(darker[i])).Take(3))
        {
            var silenced = Silenced(new Region(cell / 16 * 4, cell % 16 * 8, 4, 8));
            Assert.Equal(Brightness(_levels, Patch) - Brightness(silenced, Patch), darker[cell], 1e-5);
            Assert.NotEqual(0, darker[cell]);
        }
    }

    [Fact]
    public void PixelsOfSilenceAreTheDifferenceOfTwoPictures()
    {
        var darker = Between.PixelsOfSilence(_window, _noise, Part);
        var (before, after) = (Pixels(_levels), Pixels(Silenced(Part)));
        Assert.All(darker.Index(), pixel => Assert.Equal(before[pixel.Index] - after[pixel.Index], pixel.Item, 1e-5));
        Assert.Contains(darker, pixel => pixel != 0);
    }

    [Fact]
    public void PixelsOfTheGradientAreTheirSlopesAlongTheRegion()
    {
        // So small that hardly a ReLU has its kink within the step.
        const float Step = 0.0025f;
        var slopes = Between.PixelsOfGradient(_window, _noise, Part);
        var (up, down) = (Pixels(Raised(Step)), Pixels(Raised(-Step)));
        var largest = slopes.Max(Math.Abs);
        Assert.True(largest > 0);
        Assert.All(slopes.Index(),
            slope => Assert.Equal((up[slope.Index] - down[slope.Index]) / (2 * Step), slope.Item, 0.1 * largest));

        // Both directions read the same Jacobian: the patch's slope along the region, from either side.
        var fromPixels = Enumerable.Range(Patch.Y, Patch.Height)
            .SelectMany(row => slopes[(row * 64 + Patch.X)..(row * 64 + Patch.X + Patch.Width)]).Average(slope => (double)slope);
        var fromLevels = Between.Gradient(_window, _noise, Patch);
        var along = Levels(Part).Sum(level => (double)fromLevels[level]);
        Assert.Equal(along, fromPixels, 1e-4 * largest);

        float[] Raised(float by)
        {
            var raised = (float[])_levels.Clone();
            foreach (var level in Levels(Part))
                raised[level] += by;
            return raised;
        }
    }

    [Theory]
    [InlineData(60, 0, 8, 8)]
    [InlineData(-1, 0, 8, 8)]
    [InlineData(0, 0, 0, 8)]
    [InlineData(1, 1, int.MaxValue, 8)]
    public void APlaceOutsideIsRefused(int x, int y, int width, int height)
    {
        var place = new Region(x, y, width, height);
        Assert.Throws<BadInputException>(() => Between.Gradient(_window, _noise, place));
        Assert.Throws<BadInputException>(() => Between.Occlusion(_window, _noise, place));
        Assert.Throws<BadInputException>(() => Between.PixelsOfSilence(_window, _noise, place));
        Assert.Throws<BadInputException>(() => Between.PixelsOfGradient(_window, _noise, place));
    }

    private static IEnumerable<int> Levels(Region region) => Enumerable.Range(region.X, region.Width)
        .SelectMany(frame => Enumerable.Range(frame * 128 + region.Y, region.Height));

    private float[] Silenced(Region region)
    {
        var changed = (float[])_levels.Clone();
        foreach (var level in Levels(region))
            changed[level] = -1;
        return changed;
    }

    /// <summary>The brightness of each pixel of a picture that is drawn of levels, counted here by hand.</summary>
    private float[] Pixels(float[] levels)
    {
        using var pause = Tape.Paused();
        using var scope = new Scope();
        return [.. _run.Picture(Tensor.From(_device, [1, 44, 128, 1], levels), _noise).ToArray().Chunk(3).Select(color => color.Average())];
    }

    private double Brightness(float[] levels, Region patch)
    {
        var pixels = Pixels(levels);
        return Enumerable.Range(patch.Y, patch.Height)
            .SelectMany(row => Enumerable.Range(patch.X, patch.Width).Select(column => (double)pixels[row * 64 + column])).Average();
    }
}
