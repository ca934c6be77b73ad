using System.Buffers.Binary;

namespace CrossModal.Imaging;

/// <summary>
/// Walks through the Huffman codes of a JPEG file without decoding the picture (ITU-T T.81, annexes F and G). Decoders fill up with gray
/// what is missing and say nothing; here it is found.
/// </summary>
internal ref struct JpegData
{
    private const byte EndOfImage = 0xD9, StartOfScan = 0xDA, RestartInterval = 0xDD, HuffmanTables = 0xC4, Progressive = 0xC2;

    private readonly ReadOnlySpan<byte> _file;
    private readonly JpegHuffman?[] _tables = new JpegHuffman?[8];
    private Component[] _components = [];
    private (int X, int Y) _units;
    private bool _progressive;
    private int _interval;

    /// <param name="Id">By which scans name it.</param>
    /// <param name="H">Blocks of a unit from left to right.</param>
    /// <param name="V">From top to bottom.</param>
    /// <param name="Columns">Blocks from left to right in a scan of its own.</param>
    /// <param name="Rows">From top to bottom.</param>
    private sealed record Component(byte Id, int H, int V, int Columns, int Rows)
    {
        /// <summary>Which of the 64 coefficients of each block are known not to be 0; refining scans depend on it.</summary>
        public ulong[] Known { get; set; } = [];

        public bool HasScan { get; set; }
    }

    /// <summary>What a scan brings.</summary>
    private readonly record struct Scan(int First, int Last, bool Refines);

    private JpegData(ReadOnlySpan<byte> file) => _file = file;

    /// <summary>
    /// What is wrong with the data of a file that a decoder takes for JPEG, as in "is cut short"; null where they are whole, or of a kind
    /// that is not walked through.
    /// </summary>
    public static string? Damage(ReadOnlySpan<byte> file) => new JpegData(file).Walk();

    private string? Walk()
    {
        const string cut = "is cut short", damaged = "is damaged";
        for (var at = 2; at + 4 <= _file.Length;)
        {
            if (_file[at] != 0xFF)
                return damaged;
            var marker = _file[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker == EndOfImage)
                break;
            var length = BinaryPrimitives.ReadUInt16BigEndian(_file[(at + 2)..]);
            if (length < 2)
                return damaged;
            if (at + 2 + length > _file.Length)
                return cut;
            var segment = _file.Slice(at + 4, length - 2);
            at += 2 + length;
            switch (marker)
            {
                case HuffmanTables when !ReadTables(segment):
                    return damaged;
                case RestartInterval when segment.Length >= 2:
                    _interval = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case 0xC0 or 0xC1 or Progressive when _components.Length == 0:
                    if (!ReadFrame(segment, marker == Progressive))
                        return null;
                    if (Least() > _file.Length)
                        return $"{cut}: its {_file.Length} bytes cannot hold as many pixels as it claims";
                    break;
                case >= 0xC0 and <= 0xCF and not (HuffmanTables or 0xC8 or 0xCC):
                    return null;
                case StartOfScan:
                    var bits = new JpegBits(_file, at);
                    if (ReadScan(segment, ref bits) is < 1 and var done)
                        return bits.IsAtEnd ? cut
                            : $"{damaged}: the data of its picture end or make no sense after {Math.Floor(100 * done)} %";
                    at = NextMarker(bits.Position);
                    break;
            }
        }

        var ended = _file.LastIndexOf((ReadOnlySpan<byte>)[0xFF, EndOfImage]) >= 0;
        return _components.Length > 0 && (_components.Any(component => !component.HasScan) || _progressive && !ended) ? cut : null;
    }

    /// <summary>Bytes that the picture takes at least: a block has a code for its mean, and in one pass another for its end.</summary>
    private readonly long Least()
    {
        var blocks = 0L;
        foreach (var component in _components)
            blocks += (long)component.Columns * component.Rows;
        return blocks * (_progressive ? 1 : 2) / 8;
    }

    private readonly bool ReadTables(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 0)
        {
            var place = segment[0];
            if ((place & 0xEC) != 0 || JpegHuffman.Read(segment, out var used) is not { } table)
                return false;
            _tables[place >> 2 | place & 3] = table;
            segment = segment[used..];
        }

        return true;
    }

    /// <summary>False for what decoders refuse by themselves, and where the height comes later.</summary>
    private bool ReadFrame(ReadOnlySpan<byte> segment, bool progressive)
    {
        if (segment.Length < 6 || segment[0] != 8)
            return false;
        int height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        var count = segment[5];
        if (height == 0 || width == 0 || count is 0 or > 4 || segment.Length < 6 + 3 * count)
            return false;
        int mostH = 1, mostV = 1;
        for (var c = 0; c < count; c++)
        {
            var (h, v) = (segment[7 + 3 * c] >> 4, segment[7 + 3 * c] & 15);
            if (h is 0 or > 4 || v is 0 or > 4)
                return false;
            (mostH, mostV) = (Math.Max(mostH, h), Math.Max(mostV, v));
        }

        (_progressive, _components) = (progressive, new Component[count]);
        _units = (Parts(width, 8 * mostH), Parts(height, 8 * mostV));
        for (var c = 0; c < count; c++)
        {
            var (h, v) = (segment[7 + 3 * c] >> 4, segment[7 + 3 * c] & 15);
            _components[c] = new Component(segment[6 + 3 * c], h, v, Parts(Parts(width * h, mostH), 8), Parts(Parts(height * v, mostV), 8));
        }

        return true;

        static int Parts(int whole, int part) => (whole + part - 1) / part;
    }

    /// <summary>Walks through a scan; the share of it that is whole, 1 for all.</summary>
    private readonly double ReadScan(ReadOnlySpan<byte> segment, ref JpegBits bits)
    {
        if (segment.Length < 1 || segment[0] is 0 or > 4 || segment.Length < 4 + 2 * segment[0] || _components.Length == 0)
            return 0;
        var parts = new (Component Component, JpegHuffman? Dc, JpegHuffman? Ac)[segment[0]];
        for (var i = 0; i < parts.Length; i++)
        {
            var (id, tables) = (segment[1 + 2 * i], segment[2 + 2 * i]);
            if (_components.FirstOrDefault(component => component.Id == id) is not { } found || (tables & 0xCC) != 0)
                return 0;
            parts[i] = (found, _tables[tables >> 4], _tables[4 | tables & 15]);
            found.HasScan = true;
        }

        var spectrum = segment[(1 + 2 * parts.Length)..];
        var scan = new Scan(spectrum[0], spectrum[1], spectrum[2] >> 4 != 0);
        var alone = parts.Length == 1;
        if (_progressive && scan.First > 0 && (!alone || scan.Last is > 63 || scan.Last < scan.First))
            return 0;
        if (_progressive && scan.First > 0 && parts[0].Component.Known.Length == 0)
            parts[0].Component.Known = new ulong[parts[0].Component.Columns * parts[0].Component.Rows];
        var units = alone ? (long)parts[0].Component.Columns * parts[0].Component.Rows : (long)_units.X * _units.Y;
        var run = 0;
        for (var unit = 0L; unit < units; unit++)
        {
            if (_interval > 0 && unit > 0 && unit % _interval == 0)
            {
                if (!bits.Restart())
                    return (double)unit / units;
                run = 0;
            }

            foreach (var (component, dc, ac) in parts)
            {
                for (var block = alone ? 1 : component.H * component.V; block > 0; block--)
                {
                    var whole = !_progressive ? dc is not null && ac is not null && bits.SkipBlock(dc, ac)
                        : scan.First == 0 ? scan.Refines ? bits.Skip(1) : Mean(ref bits, dc)
                        : scan.Refines ? Refine(ref bits, ac, scan, ref component.Known[unit], ref run)
                        : First(ref bits, ac, scan, ref component.Known[unit], ref run);
                    if (!whole)
                        return (double)unit / units;
                }
            }
        }

        return 1;
    }

    private static int Symbol(ref JpegBits bits, JpegHuffman? table) =>
        table is not null && table.Find(bits.Peek()) is { Length: > 0 } code && bits.Skip(code.Length) ? code.Symbol : -1;

    private static bool Mean(ref JpegBits bits, JpegHuffman? table) => Symbol(ref bits, table) is >= 0 and <= 15 and var size
        && bits.Skip(size);

    /// <summary>The first bits of some coefficients of a block (figure G.3).</summary>
    /// <param name="run">Blocks that follow without any.</param>
    private static bool First(ref JpegBits bits, JpegHuffman? ac, Scan scan, ref ulong known, ref int run)
    {
        if (run > 0)
        {
            run--;
            return true;
        }

        for (var k = scan.First; k <= scan.Last; k++)
        {
            var symbol = Symbol(ref bits, ac);
            if (symbol < 0)
                return false;
            var (zeros, size) = (symbol >> 4, symbol & 15);
            if (size == 0 && zeros < 15)
                return BeginRun(ref bits, zeros, out run) && run-- > 0;
            k += zeros;
            if (size == 0)
                continue;
            if (k > scan.Last || !bits.Skip(size))
                return false;
            known |= 1UL << k;
        }

        return true;
    }

    /// <summary>One more bit of the coefficients that are known, and new ones among the others (figure G.7).</summary>
    private static bool Refine(ref JpegBits bits, JpegHuffman? ac, Scan scan, ref ulong known, ref int run)
    {
        var k = scan.First;
        for (; run == 0 && k <= scan.Last; k++)
        {
            var symbol = Symbol(ref bits, ac);
            if (symbol < 0)
                return false;
            var (zeros, isNew) = (symbol >> 4, (symbol & 15) != 0);
            if (!isNew && zeros < 15)
            {
                if (!BeginRun(ref bits, zeros, out run))
                    return false;
                break;
            }

            if (isNew && !bits.Skip(1))
                return false;
            for (; k <= scan.Last; k++)
            {
                if ((known >> k & 1) != 0 ? !bits.Skip(1) : --zeros < 0)
                    break;
            }

            if (isNew && k > scan.Last)
                return false;
            if (isNew)
                known |= 1UL << k;
        }

        if (run == 0)
            return true;
        for (; k <= scan.Last; k++)
        {
            if ((known >> k & 1) != 0 && !bits.Skip(1))
                return false;
        }

        run--;
        return true;
    }

    private static bool BeginRun(ref JpegBits bits, int size, out int run)
    {
        var more = size == 0 ? 0 : bits.Read(size);
        run = (1 << size) + more;
        return more >= 0;
    }

    /// <summary>The place of the next marker that begins a segment, or the end of the file.</summary>
    private readonly int NextMarker(int at)
    {
        for (; at + 1 < _file.Length; at++)
        {
            if (_file[at] == 0xFF && _file[at + 1] is not (0 or 0xFF or (>= 0xD0 and <= 0xD7)))
                return at;
        }

        return _file.Length;
    }
}
