using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace CrossModal.Kernels.Cpu;

/// <summary>Who leaves the first argument where, and which registers must be as they were at the end.</summary>
internal enum CodeConvention
{
    /// <summary>System V: Linux, macOS.</summary>
    SystemV,

    Windows,
}

/// <summary>
/// Writes the machine code of a tile: <see cref="TileCall"/> in, sums of bfloat16 products out. The unit of both operands is a pair of
/// neighboring depths, the earlier one in the upper half. <c>vdpbf16ps</c> adds to each of sixteen float32 sums the product of the upper
/// halves and then that of the lower ones, each sum rounded by itself to the nearest, denormal numbers taken as zero and written as zero
/// (Intel, "Software Developer's Manual", volume 2): the sums are those of float32 multiply-adds in the order of the depths.
/// </summary>
internal static class TileAssembler
{
    private static readonly AssemblerRegisterZMM[] Vectors =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23,
    ];

    /// <summary>What Windows wants back.</summary>
    private static readonly AssemblerRegisterXMM[] Kept = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    /// <summary>The registers of the sums of the largest tile; a smaller one takes the first of them.</summary>
    public static IReadOnlyList<AssemblerRegisterZMM> Sums => Vectors;

    /// <summary>The convention of this system.</summary>
    public static CodeConvention Native => OperatingSystem.IsWindows() ? CodeConvention.Windows : CodeConvention.SystemV;

    /// <summary>The code of a tile; it may lie anywhere.</summary>
    public static byte[] Assemble(TileForm form, CodeConvention convention) =>
        Encode(a => Write(a, form, convention == CodeConvention.Windows));

    /// <summary>The bytes of what <paramref name="write"/> asks for.</summary>
    public static byte[] Encode(Action<Assembler> write)
    {
        var assembler = new Assembler(64);
        write(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    private static void Write(Assembler a, TileForm form, bool windows)
    {
        var sums = form.Rows * form.Vectors;
        // Registers that no convention wants back: r11 the arguments; rax, rcx and rdx walk along A, B and what comes next; r8 counts.
        a.mov(r11, windows ? rcx : rdi);
        for (var i = 0; windows && i < Math.Min(Kept.Length, sums - 6); i++)
            a.vmovups(__[r11 + Place(nameof(TileCall.Saved)) + 16 * i], Kept[i]);
        FetchRows(a, form);
        a.mov(rax, Argument(nameof(TileCall.A)));
        a.mov(rcx, Argument(nameof(TileCall.B)));
        a.mov(rdx, Argument(nameof(TileCall.Ahead)));
        a.mov(r9, Argument(nameof(TileCall.BStep)));
        a.mov(r10, Argument(nameof(TileCall.AheadStep)));
        for (var i = 0; i < sums; i++)
            a.vpxord(Vectors[i], Vectors[i], Vectors[i]);

        var (run, step, done) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
        a.Label(ref run);
        a.mov(r8, Argument(nameof(TileCall.Depth)));
        a.cmp(r8, Argument(nameof(TileCall.Run)));
        a.cmovg(r8, Argument(nameof(TileCall.Run)));
        a.Label(ref step);
        MultiplyPairs(a, form);
        a.dec(r8);
        a.jnz(step);
        a.mov(r8, Argument(nameof(TileCall.Depth)));
        a.sub(r8, Argument(nameof(TileCall.Run)));
        a.jle(done);
        a.mov(Argument(nameof(TileCall.Depth)), r8);
        a.add(rax, Argument(nameof(TileCall.Skip)));
        a.jmp(run);

        a.Label(ref done);
        Store(a, form);
        for (var i = 0; windows && i < Math.Min(Kept.Length, sums - 6); i++)
            a.vmovups(Kept[i], __[r11 + Place(nameof(TileCall.Saved)) + 16 * i]);
        a.vzeroupper();
        a.ret();
    }

    /// <summary>C is needed only when the loop is through; it may come from far away meanwhile.</summary>
    private static void FetchRows(Assembler a, TileForm form)
    {
        a.mov(r10, Argument(nameof(TileCall.C)));
        a.mov(r9, Argument(nameof(TileCall.Offsets)));
        for (var row = 0; row < form.Rows; row++)
        {
            a.mov(rax, __qword_ptr[r9 + 8 * row]);
            for (var vector = 0; vector < form.Vectors; vector++)
                a.prefetcht1(__byte_ptr[r10 + rax * 4 + 64 * vector]);
        }
    }

    /// <summary>One pair of depths: a vector or two of B, and each row's pair of A taken out of memory for all sixteen columns.</summary>
    private static void MultiplyPairs(Assembler a, TileForm form)
    {
        AssemblerRegisterZMM[] columns = [zmm24, zmm25];
        for (var vector = 0; vector < form.Vectors; vector++)
            a.vmovups(columns[vector], __[rcx + 64 * vector]);
        for (var row = 0; row < form.Rows; row++)
        {
            for (var vector = 0; vector < form.Vectors; vector++)
                a.vdpbf16ps(Vectors[row * form.Vectors + vector], columns[vector], __dword_bcst[rax + 4 * row * form.RowStride]);
        }

        a.prefetcht1(__byte_ptr[rdx]);
        a.add(rdx, r10);
        a.add(rax, 4 * form.Step);
        a.add(rcx, r9);
    }

    private static void Store(Assembler a, TileForm form)
    {
        a.mov(r10, Argument(nameof(TileCall.C)));
        a.mov(r9, Argument(nameof(TileCall.Offsets)));
        for (var row = 0; row < form.Rows; row++)
        {
            a.mov(rax, __qword_ptr[r9 + 8 * row]);
            a.lea(rax, __[r10 + rax * 4]);
            for (var vector = 0; vector < form.Vectors; vector++)
            {
                var sum = Vectors[row * form.Vectors + vector];
                if (form.Accumulate)
                    a.vaddps(sum, sum, __[rax + 64 * vector]);
                a.vmovups(__[rax + 64 * vector], sum);
            }
        }
    }

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[r11 + Place(field)];

    private static int Place(string field) => (int)Marshal.OffsetOf<TileCall>(field);
}
