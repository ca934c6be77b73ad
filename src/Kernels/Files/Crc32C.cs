using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels;

/// <summary>
/// The checksum CRC-32C (Castagnoli; RFC 3720, appendix B.4), for which processors have an instruction: several gigabytes a second. It
/// finds every flipped bit and every burst of up to 32, and of other damage all but one in four billion.
/// </summary>
internal struct Crc32C()
{
    private uint _state = uint.MaxValue;

    /// <summary>The checksum of what was added.</summary>
    public readonly uint Value => ~_state;

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var sum = new Crc32C();
        sum.Add(bytes);
        return sum.Value;
    }

    /// <summary>Eight hexadecimal digits.</summary>
    public readonly override string ToString() => Value.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>Adds bytes behind those that were added before.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        var state = _state;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            state = BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var one in bytes[(words.Length * sizeof(ulong))..])
            state = BitOperations.Crc32C(state, one);
        _state = state;
    }
}
