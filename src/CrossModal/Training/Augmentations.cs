namespace CrossModal.Training;

/// <summary>The small changes that training examples undergo.</summary>
internal static class Augmentations
{
    /// <summary>Moves an image [height, width, channels] by up to ±<paramref name="shift"/> along both axes, the edge repeated, and scales and offsets all values a little.</summary>
    /// <param name="gain">Values are multiplied by 1 ± gain.</param>
    /// <param name="offset">Values are moved by ± offset.</param>
    public static Augmentation ShiftAndLevel(int height, int width, int channels, int shift, float gain, float offset) => (values, room, bits) =>
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

    private static int Signed(uint bits, int bound) => (int)(((ulong)bits * (ulong)(2 * bound + 1)) >> 32) - bound;

    private static float Symmetric(uint bits) => 2 * Kernels.Philox.ToUniform(bits) - 1;
}
