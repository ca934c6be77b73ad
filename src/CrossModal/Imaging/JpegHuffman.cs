using System.Buffers.Binary;

namespace CrossModal.Imaging;

/// <summary>A table of Huffman codes of a JPEG file (ITU-T T.81, annex C).</summary>
internal sealed class JpegHuffman
{
    /// <summary>Marks the step behind which a block has no more coefficients.</summary>
    public const int End = 0x80;

    private const int FastBits = 10;

    /// <summary>By the next bits: the length of the code in the upper byte and its symbol in the lower; 0 where it is longer.</summary>
    private readonly ushort[] _fast = new ushort[1 << FastBits];

    /// <summary>The same as steps (<see cref="StepOf"/>); 0 where the code is longer.</summary>
    private readonly ushort[] _steps = new ushort[1 << FastBits];

    /// <summary>By length: the code behind the last one, and what to add to a code for the place of its symbol.</summary>
    private readonly int[] _end = new int[17], _offset = new int[17];
    private readonly byte[] _symbols;

    private JpegHuffman(ReadOnlySpan<byte> lengths, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        var (code, place) = (0, 0);
        for (var length = 1; length <= 16; length++, code <<= 1)
        {
            _offset[length] = place - code;
            for (var i = 0; i < lengths[length - 1]; i++, code++, place++)
            {
                if (length > FastBits || code >= 1 << length)
                    continue;
                var (first, count) = (code << FastBits - length, 1 << FastBits - length);
                _fast.AsSpan(first, count).Fill((ushort)(length << 8 | symbols[place]));
                _steps.AsSpan(first, count).Fill(StepOf(length, symbols[place]));
            }

            _end[length] = code;
        }
    }

    /// <summary>The table at the beginning of a segment of tables; null where it is not whole.</summary>
    /// <param name="used">Bytes that it takes.</param>
    public static JpegHuffman? Read(ReadOnlySpan<byte> segment, out int used)
    {
        used = 17;
        if (segment.Length < used)
            return null;
        var lengths = segment.Slice(1, 16);
        var count = 0;
        foreach (var of in lengths)
            count += of;
        used += count;
        return count <= 256 && segment.Length >= used ? new JpegHuffman(lengths, segment.Slice(17, count)) : null;
    }

    /// <summary>The length and the symbol of the code that 16 bits begin with; length 0 where there is none.</summary>
    public (int Length, int Symbol) Find(int bits)
    {
        if (_fast[bits >> 16 - FastBits] is not 0 and var fast)
            return (fast >> 8, fast & 0xFF);
        for (var length = FastBits + 1; length <= 16; length++)
        {
            var code = bits >> 16 - length;
            if (code < _end[length])
                return code + _offset[length] is >= 0 and var place && place < _symbols.Length ? (length, _symbols[place]) : (0, 0);
        }

        return (0, 0);
    }

    /// <summary>
    /// The step that 64 bits begin with: in the upper byte how many bits a coefficient takes, its code included, and in the lower one how
    /// many places it goes on, zeros included; 0 where there is no such code.
    /// </summary>
    public int Step(ulong bits)
    {
        if (_steps[bits >> 64 - FastBits] is not 0 and var step)
            return step;
        var (length, symbol) = Find((int)(bits >> 48));
        return length == 0 ? 0 : StepOf(length, symbol);
    }

    /// <summary>
    /// A symbol counts zeros in its upper half and the bits of the coefficient behind them in its lower; none but 15 zeros mean that
    /// nothing follows.
    /// </summary>
    private static ushort StepOf(int length, int symbol)
    {
        var (zeros, size) = (symbol >> 4, symbol & 15);
        return (ushort)(length + size << 8 | (size == 0 && zeros < 15 ? End | zeros : zeros + 1));
    }
}

/// <summary>
/// The bits of a scan of a JPEG file up to the next marker (ITU-T T.81, F.2.2.5): 0xFF is followed by 0, which is left out.
/// </summary>
internal ref struct JpegBits(ReadOnlySpan<byte> file, int start)
{
    private readonly ReadOnlySpan<byte> _file = file;

    /// <summary>The next bits, the first at the top. Of the byte behind the last that counts some may be there already.</summary>
    private ulong _held;
    private int _count, _at = start;

    /// <summary>Where the next byte would be read; once the bits are used up, where the marker stands, or the end.</summary>
    public readonly int Position => _at;

    /// <summary>Whether the file ends without a marker.</summary>
    public readonly bool IsAtEnd => _at >= _file.Length;

    /// <summary>The next 16 bits, zeros behind the last; they stay.</summary>
    public int Peek()
    {
        if (_count < 16)
            Fill();
        return (int)(_held >> 48);
    }

    /// <summary>Steps over bits; false where there are not so many.</summary>
    public bool Skip(int bits)
    {
        if (bits > _count)
            Fill();
        _held <<= bits;
        _count -= bits;
        return _count >= 0;
    }

    /// <summary>
    /// Steps over a block of a sequential scan: its mean and 63 coefficients. False where the codes are none, or the bits end.
    /// </summary>
    public bool SkipBlock(JpegHuffman dc, JpegHuffman ac)
    {
        // Most of the bits of a picture are stepped over here, so the state is held in registers.
        var (held, count) = (_held, _count);
        var table = dc;
        var k = 0;
        while (k < 64)
        {
            if (count < 32)
            {
                (_held, _count) = (held, count);
                Fill();
                (held, count) = (_held, _count);
            }

            var step = table.Step(held);
            if (step == 0 || k == 0 && (step & 0xFF) is not (1 or JpegHuffman.End))
                return false;
            held <<= step >> 8;
            count -= step >> 8;
            k += k == 0 ? 1 : step & 0xFF;
            table = ac;
        }

        (_held, _count) = (held, count);
        return count >= 0 && k is 64 or > JpegHuffman.End;
    }

    /// <summary>Reads up to 15 bits; -1 where there are not so many.</summary>
    public int Read(int bits)
    {
        var value = Peek() >> 16 - bits;
        return Skip(bits) ? value : -1;
    }

    /// <summary>Steps over the marker between two intervals; false where another stands there, or none.</summary>
    public bool Restart()
    {
        (_held, _count) = (0, 0);
        while (_at + 1 < _file.Length && _file[_at] == 0xFF && _file[_at + 1] == 0xFF)
            _at++;
        if (_at + 1 >= _file.Length || _file[_at] != 0xFF || _file[_at + 1] is < 0xD0 or > 0xD7)
            return false;
        _at += 2;
        return true;
    }

    /// <summary>Fetches bytes up to the next marker until 56 bits are held.</summary>
    private void Fill()
    {
        // Most often none of the next eight bytes is 0xFF, which is seen of all at once.
        const ulong ones = 0x0101_0101_0101_0101, tops = ones << 7;
        if (_count is >= 0 and < 56 && _at + sizeof(ulong) <= _file.Length
            && BinaryPrimitives.ReadUInt64BigEndian(_file[_at..]) is var next && (~next - ones & next & tops) == 0)
        {
            _held |= next >> _count;
            var bytes = (63 - _count) >> 3;
            _at += bytes;
            _count += 8 * bytes;
            return;
        }

        while (_count is >= 0 and < 56 && _at < _file.Length)
        {
            var value = _file[_at];
            if (value != 0xFF)
                _at++;
            else if (_at + 1 < _file.Length && _file[_at + 1] == 0)
                _at += 2;
            else if (_at + 1 < _file.Length && _file[_at + 1] == 0xFF)
            {
                // Bytes of 0xFF may fill up before a marker.
                _at++;
                continue;
            }
            else
                break;
            _held |= (ulong)value << 56 - _count;
            _count += 8;
        }
    }
}
