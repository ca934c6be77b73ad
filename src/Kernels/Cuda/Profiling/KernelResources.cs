using System.Buffers.Binary;
using System.Text;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>What the compiler gave a kernel, read from its cubin.</summary>
/// <param name="Registers">Of each thread.</param>
/// <param name="StackBytes">Local memory of each thread: spilled registers, and arrays that are indexed.</param>
/// <param name="SharedBytes">Shared memory that the kernel declares.</param>
/// <param name="PerMma">Instructions that a warp issues for each <c>mma</c> (<see cref="MainLoop"/>); null where that is not known.</param>
/// <param name="PerFfma">Instructions that a warp issues for each multiply-add of float32; null where that is not known.</param>
internal sealed record KernelResources(int Registers, int StackBytes, int SharedBytes, double? PerMma = null, double? PerFfma = null)
{
    // ELF for 64 bits: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html. What CUDA puts into it stands in the CUDA binary
    // utilities' output, and is read here as cuobjdump shows it: a kernel's code is the section .text.NAME, and .nv.info has records of
    // format, attribute, length, symbol and value.
    private const int SectionBytes = 64, SymbolBytes = 24;
    private const byte HasValue = 4, FrameSize = 0x11, RegisterCount = 0x2f;
    private const string Code = ".text.", Shared = ".nv.shared.";

    /// <summary>The kernels of a cubin by name; none where it is none, but PTX.</summary>
    public static Dictionary<string, KernelResources> Of(ReadOnlySpan<byte> cubin)
    {
        var found = new Dictionary<string, KernelResources>();
        if (cubin.Length < 64 || !cubin[..4].SequenceEqual("\u007fELF"u8))
            return found;
        var sections = Sections(cubin);
        var values = Values(cubin, sections);
        foreach (var name in sections.Keys.Where(name => name.StartsWith(Code, StringComparison.Ordinal)))
        {
            var kernel = name[Code.Length..];
            var shared = sections.TryGetValue(Shared + kernel, out var own) ? (int)own.Bytes : 0;
            if (values.TryGetValue((kernel, RegisterCount), out var registers))
            {
                var code = cubin.Slice((int)sections[name].Offset, (int)sections[name].Bytes);
                found[kernel] = new KernelResources(registers, values.GetValueOrDefault((kernel, FrameSize)), shared,
                    MainLoop.InstructionsPerMma(code), MainLoop.InstructionsPerFfma(code));
            }
        }

        return found;
    }

    private readonly record struct Section(long Offset, long Bytes);

    private static Dictionary<string, Section> Sections(ReadOnlySpan<byte> elf)
    {
        var table = (int)BinaryPrimitives.ReadInt64LittleEndian(elf[40..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[60..]), names = BinaryPrimitives.ReadUInt16LittleEndian(elf[62..]);
        static Section At(ReadOnlySpan<byte> header) => new(BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]));
        var texts = (int)At(elf[(table + names * SectionBytes)..]).Offset;
        var sections = new Dictionary<string, Section>();
        for (var i = 0; i < count; i++)
        {
            var header = elf[(table + i * SectionBytes)..];
            sections[Text(elf, texts + BinaryPrimitives.ReadInt32LittleEndian(header))] = At(header);
        }

        return sections;
    }

    private static Dictionary<(string Kernel, byte Attribute), int> Values(ReadOnlySpan<byte> elf, Dictionary<string, Section> sections)
    {
        var values = new Dictionary<(string, byte), int>();
        if (!sections.TryGetValue(".nv.info", out var info) || !sections.TryGetValue(".symtab", out var symbols)
            || !sections.TryGetValue(".strtab", out var texts))
            return values;
        var records = elf.Slice((int)info.Offset, (int)info.Bytes);
        while (records.Length >= 4)
        {
            // Other formats have their value in the record's own four bytes.
            var length = records[0] == HasValue ? 4 + BinaryPrimitives.ReadUInt16LittleEndian(records[2..]) : 4;
            if (records[0] == HasValue && records[1] is FrameSize or RegisterCount)
            {
                var symbol = (int)symbols.Offset + BinaryPrimitives.ReadInt32LittleEndian(records[4..]) * SymbolBytes;
                values[(Text(elf, (int)texts.Offset + BinaryPrimitives.ReadInt32LittleEndian(elf[symbol..])), records[1])] =
                    BinaryPrimitives.ReadInt32LittleEndian(records[8..]);
            }

            records = records[Math.Min(length, records.Length)..];
        }

        return values;
    }

    private static string Text(ReadOnlySpan<byte> elf, int offset)
    {
        var text = elf[offset..];
        return Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
    }
}
