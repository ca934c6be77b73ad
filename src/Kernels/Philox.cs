namespace CrossModal.Kernels;

/// <summary>
/// The counted random generator Philox 4x32-10 of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
/// A number is a pure function of key and position, so the same seed gives the same noise on every device and in any order of evaluation.
/// </summary>
internal static class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>
    /// The four 32-bit words at <paramref name="position"/> of the stream named by <paramref name="seed"/> and <paramref name="stream"/>.
    /// </summary>
    public static (uint A, uint B, uint C, uint D) Block(ulong seed, ulong position, ulong stream = 0)
    {
        uint c0 = (uint)position, c1 = (uint)(position >> 32), c2 = (uint)stream, c3 = (uint)(stream >> 32);
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = (ulong)Multiplier0 * c0;
            var p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>
    /// A uniform number in the open interval (0, 1) from 32 random bits: 23 of them kept, moved off zero by half a step, which float32
    /// holds exactly.
    /// </summary>
    public static float ToUniform(uint bits) => ((bits >> 9) + 0.5f) * (1f / 8388608f);
}
