using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace CrossModal.Kernels.Cpu;

/// <summary>The assembled tile to be read, and how fast it is beside its own instruction.</summary>
internal static unsafe class AssembledListing
{
    /// <summary>The widest tile over packed panels: the one that nearly all products are made of.</summary>
    public static TileForm Form => new(MatrixProductKernelAssembled.Rows, 2, false, PackedRows<MatrixProductKernelAssembled>.RowStride,
        PackedRows<MatrixProductKernelAssembled>.Step);

    /// <summary>
    /// The machine code of <see cref="Form"/> by this system's calling convention, an instruction a line: place, bytes, and what they mean,
    /// read back from the bytes. Any machine can write it.
    /// </summary>
    public static IReadOnlyList<string> Lines()
    {
        var code = TileAssembler.Assemble(Form, TileAssembler.Native);
        var decoder = Decoder.Create(64, code);
        var formatter = new FastFormatter { Options = { SpaceAfterOperandSeparator = true, UppercaseHex = false } };
        var (lines, text) = (new List<string>(), new FastStringOutput());
        while (decoder.IP < (ulong)code.Length)
        {
            var instruction = decoder.Decode();
            text.Clear();
            formatter.Format(instruction, text);
            var bytes = Convert.ToHexStringLower(code, (int)instruction.IP, instruction.Length);
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{instruction.IP:x4}  {bytes,-24}  {text}"));
        }

        return lines;
    }

    /// <summary>
    /// GFLOP/s of one core with both operands in the first-level cache, beside those of the bare instruction on registers and of the
    /// float32 kernel; null where the processor has no such instruction.
    /// </summary>
    public static (double Kernel, double Instruction, double Float32)? Measure()
    {
        if (!MatrixProductKernelAssembled.IsSupported)
            return null;
        const int Rounds = 50;
        var operations = 2.0 * MatrixProductKernelAssembled.Rows * MatrixProductKernelAssembled.Columns;
        return (operations / BFloat16Paths.NanosecondsPerDepth<MatrixProductKernelAssembled>(Rounds), InstructionLimit(Rounds),
            operations / BFloat16Paths.NanosecondsPerDepth<MatrixProductKernel512>(Rounds));
    }

    /// <summary>As many of the instruction as a tile has, over and over, with nothing to load.</summary>
    private static double InstructionLimit(int rounds)
    {
        const int Steps = 10_000;
        var sums = TileAssembler.Sums;
        var code = CodeMemory.Place([TileAssembler.Encode(a =>
        {
            var step = a.CreateLabel();
            a.mov(eax, Steps);
            a.vpxord(zmm24, zmm24, zmm24);
            foreach (var sum in sums)
                a.vpxord(sum, sum, sum);
            a.Label(ref step);
            foreach (var sum in sums)
                a.vdpbf16ps(sum, zmm24, zmm24);
            a.dec(eax);
            a.jnz(step);
            a.vzeroupper();
            a.ret();
        })]) ?? throw new OutOfMemoryException("the system gave no memory for assembled code");
        var best = double.PositiveInfinity;
        for (var round = 0; round < rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            ((delegate* unmanaged<void>)code[0])();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }

        // Each adds two products to sixteen sums.
        return 4.0 * 16 * sums.Count * Steps / best;
    }
}
