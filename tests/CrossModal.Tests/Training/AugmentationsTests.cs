using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Tests.Training;

public sealed class AugmentationsTests
{
    private const int Height = 5, Width = 6, Channels = 2;
    private const uint Middle = 0x8000_0000, Least = 0, Most = uint.MaxValue;

    /// <summary>The words at both ends of their range move by the whole shift, with the edge repeated.</summary>
    [Theory]
    [InlineData(Middle, Middle, 0, 0)]
    [InlineData(Most, Middle, 2, 0)]
    [InlineData(Least, Middle, -2, 0)]
    [InlineData(Middle, Most, 0, 2)]
    [InlineData(Least, Least, -2, -2)]
    public void AShiftMovesAndRepeatsTheEdge(uint a, uint b, int down, int right)
    {
        var values = Picture();
        Augmentations.ShiftAndLevel(Height, Width, Channels, 2, 0, 0)(values, new float[values.Length], (a, b, Middle, Middle));
        var before = Picture();
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                for (var c = 0; c < Channels; c++)
                {
                    var (fromY, fromX) = (Math.Clamp(y - down, 0, Height - 1), Math.Clamp(x - right, 0, Width - 1));
                    Assert.Equal(before[(fromY * Width + fromX) * Channels + c], values[(y * Width + x) * Channels + c]);
                }
            }
        }
    }

    [Fact]
    public void LevelsAreScaledMovedAndHeldInRange()
    {
        float[] values = [-1, -0.5f, 0, 0.5f, 1];
        Augmentations.ShiftAndLevel(5, 1, 1, 0, 0.2f, 0.1f)(values, new float[5], (0, 0, Most, Most));
        float[] expected = [-1, -0.5f, 0.1f, 0.7f, 1];
        Assert.All(values.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        float[] least = [-1, 0, 1];
        Augmentations.ShiftAndLevel(3, 1, 1, 0, 0.2f, 0.1f)(least, new float[3], (0, 0, Least, Least));
        expected = [-0.9f, -0.1f, 0.7f];
        Assert.All(least.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
    }

    /// <summary>Without a zoom an image comes out as it is or mirrored, each about half of the time.</summary>
    /// <summary>Columns change places, channels do not; the other half of the images stays as it is.</summary>
    [Fact]
    public void AMirroredImageIsTurnedLeftForRight()
    {
        var (values, before) = (Picture(), Picture());
        Augmentations.Mirror(Width, Channels)(values, [], (0, 1, 2, 3));
        Assert.Equal(before, values);
        Augmentations.Mirror(Width, Channels)(values, [], (Most, 1, 2, 3));
        for (var i = 0; i < values.Length; i++)
        {
            var (row, column, c) = (i / Channels / Width, i / Channels % Width, i % Channels);
            Assert.Equal(before[(row * Width + Width - 1 - column) * Channels + c], values[i]);
        }
    }

    [Fact]
    public void EveryOtherImageIsMirrored()
    {
        var mirrored = 0;
        for (uint i = 0; i < 64; i++)
        {
            var values = Picture();
            Augmentations.MirrorAndZoom(Height, Width, Channels, 0)(values, new float[values.Length], (i, 0, 0, 0));
            var isMirrored = values[0] != Picture()[0];
            mirrored += isMirrored ? 1 : 0;
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    for (var c = 0; c < Channels; c++)
                        Assert.Equal(Picture()[(y * Width + (isMirrored ? Width - 1 - x : x)) * Channels + c],
                            values[(y * Width + x) * Channels + c]);
                }
            }
        }

        Assert.InRange(mirrored, 16, 48);
    }

    /// <summary>
    /// A ramp stays one within what is seen: as steep along the columns as along the rows, between 1 / (1 + zoom) and 1 + zoom, flat only
    /// where the edge is repeated.
    /// </summary>
    [Fact]
    public void AZoomStretchesBothAxesAlike()
    {
        const int size = 16;
        const float zoom = 0.5f, slope = 0.02f;
        var (least, most) = (float.MaxValue, 0f);
        for (uint i = 0; i < 64; i++)
        {
            float[] values = [.. Enumerable.Range(0, size * size).SelectMany(at => new[] { slope * (at / size), slope * (at % size) })];
            Augmentations.MirrorAndZoom(size, size, 2, zoom)(values, new float[values.Length], (0, i, 0, 0));
            var down = Math.Abs(values[2 * (8 * size + 8)] - values[2 * (7 * size + 8)]) / slope;
            var right = Math.Abs(values[2 * (8 * size + 8) + 1] - values[2 * (8 * size + 7) + 1]) / slope;
            Assert.Equal(down, right, 1e-3f);
            (least, most) = (Math.Min(least, down), Math.Max(most, down));
            Assert.InRange(values.Min(), 0, slope * (size - 1));
            Assert.InRange(values.Max(), 0, slope * (size - 1) + 1e-6f);
        }

        Assert.InRange(least, 1 / (1 + zoom) - 1e-3f, 0.75f);
        Assert.InRange(most, 1.3f, 1 + zoom + 1e-3f);
    }

    [Fact]
    public void ARowIsNamedByItsLargestLogitTheFirstOfEquals()
    {
        using var device = Device.Open("cpu", 1);
        using var logits = Tensor.From(device, new Shape(4, 3), [0f, 2, 1, -3, -2, -1, 5, 5, 0, 7, 1, 2]);
        Assert.Equal([1, 2, 0, 0], ConfusionMatrix.Named(logits));
    }

    /// <summary>Different in every value, within [−1, 1].</summary>
    private static float[] Picture() => [.. Enumerable.Range(0, Height * Width * Channels).Select(i => i / 40f - 0.7f)];
}
