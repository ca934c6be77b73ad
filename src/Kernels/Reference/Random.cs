namespace CrossModal.Kernels.Reference;

/// <summary>
/// Random numbers by position. The uniform number is the float32 that <see cref="Philox.ToUniform"/> makes of a word, on every device;
/// what follows from it is computed here in float64.
/// </summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void Random(in RandomNumbers numbers, ulong seed, ulong stream, DeviceArray position, DeviceArray y)
    {
        var (distribution, a, b) = numbers;
        var output = y.Float64;
        var first = (ulong)position.Int64[0];
        for (var i = 0L; i < y.Count; i++)
        {
            var (word0, word1, word2, word3) = Philox.Block(seed, first + (ulong)(i / 4), stream);
            var lane = (int)(i % 4);
            double uniform = Philox.ToUniform(lane switch { 0 => word0, 1 => word1, 2 => word2, _ => word3 });
            output[i] = distribution switch
            {
                RandomDistribution.Uniform => a + (b - a) * uniform,
                RandomDistribution.Normal =>
                    a + b * (lane < 2 ? Normal(word0, word1, sine: lane == 1) : Normal(word2, word3, sine: lane == 3)),

                // Compared in float32, so that every device draws the same line.
                RandomDistribution.Bernoulli => uniform < (float)a ? b : 0,
                _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "no such distribution"),
            };
        }

        position.Int64[0] += (y.Count + 3) / 4;
    }

    /// <summary>One of the two standard normal numbers that Box and Muller's transform makes of two words.</summary>
    private static double Normal(uint radiusWord, uint angleWord, bool sine)
    {
        var radius = Math.Sqrt(-2 * Math.Log(Philox.ToUniform(radiusWord)));
        var angle = 2 * Math.PI * Philox.ToUniform(angleWord);
        return radius * (sine ? Math.Sin(angle) : Math.Cos(angle));
    }
}
