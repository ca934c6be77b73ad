using System.Buffers.Binary;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>
/// The loop of a kernel that does its products, found in the machine code: how many instructions a warp issues for one of them. NVIDIA
/// documents no encoding; what is used of it was read off code of 8.0 and 9.0, and where a branch leads is checked against the endless loop
/// that every kernel ends with. What is not recognized counts as unknown.
/// </summary>
internal static class MainLoop
{
    private const int InstructionBytes = 16;
    private const ulong OpcodeBits = 0xfff, Branch = 0x947, HighOfOffset = 0x3ffff;
    private static readonly ulong[] Mma = [0x23c], Ffma = [0x223, 0x423, 0x823, 0xc23];

    /// <summary>Products in a loop that make it one of products: less is a polynomial.</summary>
    private const int LeastMma = 8, LeastFfma = 64;

    /// <summary>Instructions of a warp for each <c>mma</c>, or null where no loop has any.</summary>
    public static double? InstructionsPerMma(ReadOnlySpan<byte> code) => InstructionsPer(code, Mma, LeastMma);

    /// <summary>Instructions of a warp for each multiply-add of float32, or null where no loop has many.</summary>
    public static double? InstructionsPerFfma(ReadOnlySpan<byte> code) => InstructionsPer(code, Ffma, LeastFfma);

    /// <summary>Of the loop with the most of these instructions, and of several with as many the innermost.</summary>
    private static double? InstructionsPer(ReadOnlySpan<byte> code, ulong[] opcodes, int least)
    {
        if (OffsetFormat(code) is not { } inWords)
            return null;
        var before = new int[code.Length / InstructionBytes + 1];
        for (var i = 0; i + 1 < before.Length; i++)
            before[i + 1] = before[i] + (opcodes.Contains(Low(code, i) & OpcodeBits) ? 1 : 0);
        var (most, length) = (0, 0);
        for (var i = 0; i + 1 < before.Length; i++)
        {
            if ((Low(code, i) & OpcodeBits) != Branch)
                continue;
            var target = i + 1 + Offset(code, i, inWords) / InstructionBytes;
            if (target < 0 || target > i)
                continue;
            var products = before[i + 1] - before[target];
            var instructions = (int)(i + 1 - target);
            if (products > most || (products == most && instructions < length))
                (most, length) = (products, instructions);
        }

        return most >= least ? (double)length / most : null;
    }

    /// <summary>Whether branches say their distance in words, as those of 9.0 do, or in bytes; null for neither.</summary>
    private static bool? OffsetFormat(ReadOnlySpan<byte> code)
    {
        for (var i = code.Length / InstructionBytes - 1; i >= 0; i--)
        {
            if ((Low(code, i) & OpcodeBits) != Branch)
                continue;
            return Offset(code, i, inWords: true) == -InstructionBytes ? true
                : Offset(code, i, inWords: false) == -InstructionBytes ? false
                : null;
        }

        return null;
    }

    /// <summary>Bytes from the end of a branch to where it leads.</summary>
    private static long Offset(ReadOnlySpan<byte> code, int index, bool inWords)
    {
        var low = Low(code, index);
        var high = BinaryPrimitives.ReadUInt64LittleEndian(code[(index * InstructionBytes + 8)..]) & HighOfOffset;

        // Fifty bits from bit 32 on, with their sign.
        var field = (long)((low >> 32 | high << 32) << 14) >> 14;
        return inWords ? ((field >> 2) * 256 + (long)(low >> 16 & 0xff)) * 4 : field;
    }

    private static ulong Low(ReadOnlySpan<byte> code, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(code[(index * InstructionBytes)..]);
}
