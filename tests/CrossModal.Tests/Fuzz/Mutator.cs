using System.Buffers.Binary;
using System.Text;

namespace CrossModal.Tests.Fuzz;

/// <summary>
/// Changes valid inputs at random: bits, bytes, lengths, pieces taken from elsewhere, numbers that readers trip over, and the words that
/// text formats are made of. The same seed gives the same inputs.
/// </summary>
/// <param name="seeds">Valid inputs, or nearly so.</param>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> seeds)
{
    private const int Largest = 1 << 16;

    private static readonly long[] Numbers =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 4095, 4096, 32767, 32768, 65535, 65536, 1 << 24,
        int.MaxValue - 1, int.MaxValue, 1L << 31, uint.MaxValue, 1L << 32, 1L << 53, long.MaxValue - 7, long.MaxValue, -1, -2, -128,
        short.MinValue, int.MinValue, long.MinValue,
    ];

    private static readonly string[] Words =
    [
        "null", "true", "false", "0", "-1", "-0", "1e999", "-1e999", "1e-999", "NaN", "\"NaN\"", "Infinity", "0.5", "2147483647",
        "2147483648",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e400000", "\"\"", "\"\\ud800\"",
        "\"\\u0000\"", "\"\\u001b[31m\"", "[]", "{}", "[null]", "{\"\":null}", "[[[[[[[[", "{\"a\":{\"a\":{\"a\":",
        ",", ":", "\"", "\\", "\n", "\r",
        "\t", "\0", "\u202e", "é", "../", "/dev/zero", "C", "train s2i", "test", "validation", ";", " ", "#", "F64", "I64", "BF16",
    ];

    private static readonly byte[][] Encoded =
        [.. Words.Select(Encoding.UTF8.GetBytes), [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF]];

    private readonly Random _random = new(seed);

    /// <summary>Another input.</summary>
    public byte[] Next()
    {
        var input = (byte[])Pick(seeds).Clone();
        for (var changes = 1 << _random.Next(4); changes > 0; changes--)
            input = Change(input);
        return input.Length <= Largest ? input : input[..Largest];
    }

    private byte[] Change(byte[] input)
    {
        var at = _random.Next(input.Length + 1);
        var length = Math.Min(_random.Next(1 << _random.Next(1, 9)), input.Length - at);
        switch (_random.Next(10))
        {
            case 0 when at < input.Length:
                input[at] ^= (byte)(1 << _random.Next(8));
                return input;
            case 1 when at < input.Length:
                input[at] = (byte)_random.Next(256);
                return input;
            case 2:
                return input[..at];
            case 3:
                return [.. input[..at], .. input[(at + length)..]];
            case 4:
                return [.. input[..(at + length)], .. input[at..]];
            case 5:
                return Splice(input, at, length);
            case 6:
                WriteNumber(input.AsSpan(at));
                return input;
            case 7:
                return ReplaceToken(input, at);
            case 8:
                return [.. input[..at], .. Pick(Encoded), .. input[at..]];
            default:
                return [.. input[..at], .. Pick(Encoded), .. input[(at + length)..]];
        }
    }

    /// <summary>A piece of any of the valid inputs in the place of another.</summary>
    private byte[] Splice(byte[] input, int at, int length)
    {
        var other = Pick(seeds);
        var from = _random.Next(other.Length + 1);
        return [.. input[..at], .. other.AsSpan(from, Math.Min(_random.Next(64), other.Length - from)), .. input[(at + length)..]];
    }

    private void WriteNumber(Span<byte> place)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        var big = _random.Next(2) == 0;
        if (big)
            BinaryPrimitives.WriteInt64BigEndian(number, Pick(Numbers));
        else
            BinaryPrimitives.WriteInt64LittleEndian(number, Pick(Numbers));
        var size = 1 << _random.Next(4);
        var used = big ? number[^size..] : number[..size];
        used[..Math.Min(size, place.Length)].CopyTo(place);
    }

    /// <summary>What stands between two marks of a text: a number, a name, a cell.</summary>
    private byte[] ReplaceToken(byte[] input, int at)
    {
        var (from, to) = (at, at);
        while (from > 0 && IsOfToken(input[from - 1]))
            from--;
        while (to < input.Length && IsOfToken(input[to]))
            to++;
        return [.. input[..from], .. Pick(Encoded), .. input[to..]];

        static bool IsOfToken(byte letter) => !",:;[]{}\n\r\t "u8.Contains(letter);
    }

    private T Pick<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];
}
