using System.Runtime.InteropServices;

namespace CrossModal.Layers;

/// <summary>How floats of a file lie there in half of their bytes; they are float32 once they are read.</summary>
internal enum NarrowFloat
{
    /// <summary>They do not.</summary>
    None,

    /// <summary>IEEE 754 binary16: 11 significant bits, up to 65504.</summary>
    Half,

    /// <summary>bfloat16: 8 significant bits, and the range of float32.</summary>
    BFloat16,
}

/// <summary>Floats in half of their bytes and back.</summary>
internal static class NarrowFloats
{
    public const int Bytes = 2;

    /// <summary>As safetensors names it; null where the floats are whole.</summary>
    public static string? Name(this NarrowFloat narrow) => narrow switch
    {
        NarrowFloat.Half => "F16",
        NarrowFloat.BFloat16 => "BF16",
        _ => null,
    };

    /// <summary>Whether all of <paramref name="values"/> have a nearest half, none of them infinity.</summary>
    public static bool FitHalf(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (!(MathF.Abs(value) <= (float)Half.MaxValue))
                return false;
        }

        return true;
    }

    /// <summary>Each rounded to the nearest half.</summary>
    public static byte[] ToHalves(ReadOnlySpan<float> values)
    {
        var halves = new Half[values.Length];
        for (var i = 0; i < halves.Length; i++)
            halves[i] = (Half)values[i];
        return MemoryMarshal.AsBytes<Half>(halves).ToArray();
    }

    /// <summary>The bytes of float32 that the bytes of a file stand for.</summary>
    public static byte[] Widen(this NarrowFloat narrow, byte[] stored)
    {
        if (narrow == NarrowFloat.None)
            return stored;
        var values = new float[stored.Length / Bytes];
        if (narrow == NarrowFloat.Half)
        {
            var halves = MemoryMarshal.Cast<byte, Half>(stored);
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)halves[i];
        }
        else
        {
            // bfloat16 is the upper half of float32.
            var upper = MemoryMarshal.Cast<byte, ushort>(stored);
            for (var i = 0; i < values.Length; i++)
                values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
        }

        return MemoryMarshal.AsBytes<float>(values).ToArray();
    }
}
