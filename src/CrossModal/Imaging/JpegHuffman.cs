namespace CrossModal.Imaging;

/// <summary>A table of Huffman codes of a JPEG file (ITU-T T.81, annex C).</summary>
internal sealed class JpegHuffman
{
    private const int FastBits = 9;

    /// <summary>By the next bits: the length of the code in the upper byte and its symbol in the lower; 0 where it is longer.</summary>
    private readonly ushort[] _fast = new ushort[1 << FastBits];

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
                if (length <= FastBits && code < 1 << length)
                    _fast.AsSpan(code << FastBits - length, 1 << FastBits - length).Fill((ushort)(length << 8 | symbols[place]));
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
}

/// <summary>
/// The bits of a scan of a JPEG file up to the next marker (ITU-T T.81, F.2.2.5): 0xFF is followed by 0, which is left out.
/// </summary>
internal ref struct JpegBits(ReadOnlySpan<byte> file, int start)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private ulong _held;
    private int _count, _at = start;

    /// <summary>Where the next byte would be read; once the bits are used up, where the marker stands, or the end.</summary>
    public readonly int Position => _at;

    /// <summary>Whether the file ends without a marker.</summary>
    public readonly bool IsAtEnd => _at >= _file.Length;

    /// <summary>The next 16 bits, zeros behind the last; they stay.</summary>
    public int Peek()
    {
        while (_count <= 48 && _at < _file.Length)
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
            _held = _held << 8 | value;
            _count += 8;
        }

        return _count >= 16 ? (int)(_held >> _count - 16) & 0xFFFF : (int)(_held << 16 - _count) & 0xFFFF;
    }

    /// <summary>Steps over bits; false where there are not so many.</summary>
    public bool Skip(int bits)
    {
        if (bits > _count)
            Peek();
        _count -= bits;
        return _count >= 0;
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
}
