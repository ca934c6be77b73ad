using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Changes a training example a little, in place: (values, a block of random words).</summary>
internal delegate void Augmentation(Span<float> values, Span<float> room, (uint A, uint B, uint C, uint D) bits);

/// <summary>The small changes that training examples undergo.</summary>
internal static class Augmentations
{
    /// <summary>How far a training sound's level moves: ±0.1 of [−1, 1] is ±4 dB.</summary>
    private const float LevelShift = 0.1f;

    /// <summary>How far a training picture's contrast and brightness move.</summary>
    private const float ContrastShift = 0.15f, BrightnessShift = 0.15f;

    /// <summary>Moves a spectrogram a little along both axes, and its level.</summary>
    /// <param name="shape">Of a spectrogram: [frames, mels, 1].</param>
    public static Augmentation OfSounds(ClassifierSettings settings, Shape shape) =>
        ShiftAndLevel(shape[0], shape[1], 1, settings.Shift, 0, LevelShift);

    /// <summary>Moves a picture a little, and its contrast and brightness; where asked for also mirrors and zooms it.</summary>
    /// <param name="shape">Of a picture: [height, width, 3].</param>
    public static Augmentation OfImages(ClassifierSettings settings, Shape shape)
    {
        var shift = ShiftAndLevel(shape[0], shape[1], shape[2], settings.Shift, ContrastShift, BrightnessShift);
        return settings.Zoom > 0 ? MirrorAndZoom(shape[0], shape[1], shape[2], (float)settings.Zoom) + shift : shift;
    }

    /// <summary>
    /// Moves an image [height, width, channels] by up to ±<paramref name="shift"/> along both axes, the edge repeated, and scales and
    /// offsets all values a little.
    /// </summary>
    /// <param name="gain">Values are multiplied by 1 ± gain.</param>
    /// <param name="offset">Values are moved by ± offset.</param>
    public static Augmentation ShiftAndLevel(int height, int width, int channels, int shift, float gain, float offset) =>
        (values, room, bits) =>
    {
        var (down, right) = (Signed(bits.A, shift), Signed(bits.B, shift));
        var (scale, level) = (1 + gain * Symmetric(bits.C), offset * Symmetric(bits.D));
        values.CopyTo(room);
        for (var y = 0; y < height; y++)
        {
            var from = Math.Clamp(y - down, 0, height - 1);
            for (var x = 0; x < width; x++)
            {
                var source = (from * width + Math.Clamp(x - right, 0, width - 1)) * channels;
                for (var c = 0; c < channels; c++)
                    values[(y * width + x) * channels + c] = Math.Clamp(room[source + c] * scale + level, -1f, 1f);
            }
        }
    };

    /// <summary>Mirrors every other image [height, width, channels], left for right.</summary>
    public static Augmentation Mirror(int width, int channels) => (values, _, bits) =>
    {
        if (Symmetric(bits.A) < 0)
            return;
        for (var row = 0; row < values.Length; row += width * channels)
        {
            for (var (left, right) = (row, row + (width - 1) * channels); left < right; left += channels, right -= channels)
            {
                for (var c = 0; c < channels; c++)
                    (values[left + c], values[right + c]) = (values[right + c], values[left + c]);
            }
        }
    };

    /// <summary>
    /// Mirrors every other image [height, width, channels], left for right, and magnifies or reduces it by a factor between 1 / (1 + zoom)
    /// and 1 + zoom, interpolated, the edge repeated. The part that is seen lies anywhere in the image, or the image anywhere in what is
    /// seen.
    /// </summary>
    public static Augmentation MirrorAndZoom(int height, int width, int channels, float zoom) => (values, room, bits) =>
    {
        var random = new CountedRandom((ulong)(bits.A ^ bits.C) << 32 | (bits.B ^ bits.D), RandomStreams.Zoom);
        var mirrored = random.NextUniform(-1, 1) < 0;
        var step = MathF.Pow(1 + zoom, random.NextUniform(-1, 1));
        var (top, left) = (Freedom(height), Freedom(width));
        values.CopyTo(room);
        for (var y = 0; y < height; y++)
        {
            var (above, below, down) = Between(top + y * step, height);
            for (var x = 0; x < width; x++)
            {
                var (before, behind, right) = Between(left + (mirrored ? width - 1 - x : x) * step, width);
                for (var c = 0; c < channels; c++)
                {
                    var upper = room[(above * width + before) * channels + c] * (1 - right)
                        + room[(above * width + behind) * channels + c] * right;
                    var lower = room[(below * width + before) * channels + c] * (1 - right)
                        + room[(below * width + behind) * channels + c] * right;
                    values[(y * width + x) * channels + c] = upper * (1 - down) + lower * down;
                }
            }
        }

        // Where the first row or column is read: what is left over of the image (or, below zero, of the view) lies on both sides at random.
        float Freedom(int size) => (size - 1) * (1 - step) * random.NextUniform();
    };

    /// <summary>The two places around <paramref name="at"/>, and how far it lies from the first to the second.</summary>
    private static (int First, int Second, float Share) Between(float at, int size)
    {
        at = Math.Clamp(at, 0, size - 1);
        var first = (int)at;
        return (first, Math.Min(first + 1, size - 1), at - first);
    }

    private static int Signed(uint bits, int bound) => (int)(((ulong)bits * (ulong)(2 * bound + 1)) >> 32) - bound;

    private static float Symmetric(uint bits) => 2 * Philox.ToUniform(bits) - 1;
}
