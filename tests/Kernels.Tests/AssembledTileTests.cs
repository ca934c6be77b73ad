using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrossModal.Kernels.Cpu;
using static Iced.Intel.AssemblerRegisters;

namespace CrossModal.Kernels.Tests;

/// <summary>The assembled tile of bfloat16 pairs beside its twin in C#, and the memory that it lies in.</summary>
public unsafe class AssembledTileTests
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Rows apart and pairs side by side, sixteen of them, with something else between: as in a convolution's picture.</summary>
    private readonly struct RowsApart : IRowLayout
    {
        public static int RowStride => 16;

        public static int Step => 1;
    }

    /// <summary>Exponents from denormal numbers to infinity and NaN: the order of the two sums and the flushing both show.</summary>
    [Theory]
    [InlineData(120, 134)]
    [InlineData(0, 10)]
    [InlineData(56, 72)]
    [InlineData(0, 256)]
    public void GivesTheBitsOfItsTwin(int lowestExponent, int endExponent)
    {
        Assert.SkipUnless(MatrixProductKernelAssembled.IsSupported, "this processor has no vdpbf16ps, or the system lets no code be made");
        var random = new CountedRandom((ulong)endExponent);
        for (var i = 0; i < 300; i++)
        {
            var tile = new TileCase(1 + random.NextInt(40), 1 + random.NextInt(12), 1 + random.NextInt(32), random.NextInt(2) == 1, false);
            Compare<PackedRows<MatrixProductKernelAssembled>>(tile, random, lowestExponent, endExponent);
            Compare<RowsApart>(tile with { Runs = true }, random, lowestExponent, endExponent);
        }
    }

    [Fact]
    public void EveryWholeTileHasCodeOfItsOwn()
    {
        Assert.SkipUnless(MatrixProductKernelAssembled.IsSupported, "this processor has no vdpbf16ps, or the system lets no code be made");
        var random = new CountedRandom(4);
        foreach (var form in TileForm.All(1, 12))
        {
            var tile = new TileCase(17, form.Rows, 16 * form.Vectors, form.Accumulate, false);
            Compare<PackedRows<MatrixProductKernelAssembled>>(tile, random, 100, 150);
        }
    }

    /// <summary>
    /// Windows's convention on any system: a few instructions call the tile as Windows does, with a number in each register that must be as
    /// it was at the end.
    /// </summary>
    [Fact]
    public void TheWindowsConventionKeepsWhatItMust()
    {
        Assert.SkipUnless(MatrixProductKernelAssembled.IsSupported, "this processor has no vdpbf16ps, or the system lets no code be made");
        var convention = TileAssembler.Native;
        Assert.SkipWhen(convention == CodeConvention.Windows, "this is Windows; all tests here follow its convention");
        var form = new TileForm(12, 2, false, 1, 12);
        var tile = CodeMemory.Place([TileAssembler.Assemble(form, CodeConvention.Windows)])![0];
        var kept = new[] { xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15 };
        var through = CodeMemory.Place([TileAssembler.Encode(a =>
        {
            // The registers from rsi on, the call as on Windows with its 32 bytes of stack, and the registers back.
            a.push(rsi);
            for (var i = 0; i < kept.Length; i++)
                a.movups(kept[i], __[rsi + 16 * i]);
            a.mov(rcx, rdi);
            a.sub(rsp, 32);
            a.call(rdx);
            a.add(rsp, 32);
            a.pop(rsi);
            for (var i = 0; i < kept.Length; i++)
                a.movups(__[rsi + 16 * i], kept[i]);
            a.ret();
        })])![0];

        float[] a = Pairs(new CountedRandom(1), 12 * 5, 120, 130), b = Pairs(new CountedRandom(2), 32 * 5, 120, 130);
        float[] expected = new float[12 * 32], c = new float[12 * 32];
        var registers = new byte[160];
        for (var i = 0; i < registers.Length; i++)
            registers[i] = (byte)(i * 7 + 1);
        var before = registers.ToArray();
        var offsets = stackalloc long[12];
        for (var i = 0; i < 12; i++)
            offsets[i] = i * 32;
        fixed (float* pa = a, pb = b, pc = c, pe = expected)
        fixed (byte* pr = registers)
        {
            var operands = TileOperands.Of<MatrixProductKernelAssembled>(pa, pb);
            MatrixProductKernelPairs.Tile<PackedRows<MatrixProductKernelAssembled>>(5, operands, pe, offsets, 12, 32, false);
            var call = new TileCall(5, operands, pc, offsets);
            ((delegate* unmanaged<TileCall*, byte*, nint, void>)through)(&call, pr, tile);
        }

        Assert.Equal(before, registers);
        Assert.Equal(expected, c);
    }

    [Fact]
    public void CodeIsNeverWritable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "only Linux lists a process's memory, and this is code of x64");
        var address = CodeMemory.Place([TileAssembler.Encode(a =>
        {
            a.lea(eax, __[rdi + rdi * 2]);
            a.ret();
        })])![0];
        Assert.Equal(126, ((delegate* unmanaged<int, int>)address)(42));
        var region = File.ReadLines("/proc/self/maps").Single(line =>
        {
            var ends = line.Split(' ')[0].Split('-').Select(end => Convert.ToInt64(end, 16)).ToArray();
            return ends[0] <= address && address < ends[1];
        });
        Assert.Equal("r-xp", region.Split(' ')[1]);
    }

    [Fact]
    public void DenormalNumbersAreZeroAsLongAsIsSaid()
    {
        Assert.SkipUnless(FlushToZero.IsSupported, "this is no x64, or the system lets no code be made");
        var half = 0.5f + Environment.TickCount % 1;
        Assert.NotEqual(0, Halve(SmallestNormal));
        using (new FlushToZero(true))
            Assert.Equal(0, Halve(SmallestNormal));
        using (new FlushToZero(false))
            Assert.NotEqual(0, Halve(SmallestNormal));

        [MethodImpl(MethodImplOptions.NoInlining)]
        float Halve(float value) => value * half;
    }

    /// <param name="Runs">Whether the first operand is read in runs of four pairs with a gap behind each.</param>
    private readonly record struct TileCase(int Depth, int Rows, int Columns, bool Accumulate, bool Runs);

    private static void Compare<TRows>(TileCase tile, CountedRandom random, int lowestExponent, int endExponent)
        where TRows : struct, IRowLayout
    {
        var (depth, rows, columns, accumulate, runs) = tile;
        float[] a = Pairs(random, 2048, lowestExponent, endExponent), b = Pairs(random, 32 * depth, lowestExponent, endExponent);
        var start = Pairs(random, 12 * 40, lowestExponent, endExponent);
        float[] assembled = [.. start], twin = [.. start];
        var offsets = stackalloc long[12];
        for (var i = 0; i < 12; i++)
            offsets[i] = (11 - i) * 40;
        fixed (float* pa = a, pb = b, px = assembled, py = twin)
        {
            var operands = TileOperands.Of<MatrixProductKernelAssembled>(pa, pb);
            if (runs)
                (operands.Run, operands.Skip) = (4, 11);
            using (new FlushToZero(true))
            {
                MatrixProductKernelAssembled.Tile<TRows>(depth, operands, px, offsets, rows, columns, accumulate);
                MatrixProductKernelPairs.Tile<TRows>(depth, operands, py, offsets, rows, columns, accumulate);
            }
        }

        for (var i = 0; i < start.Length; i++)
        {
            var same = BitConverter.SingleToInt32Bits(assembled[i]) == BitConverter.SingleToInt32Bits(twin[i])
                || (float.IsNaN(assembled[i]) && float.IsNaN(twin[i]));
            Assert.True(same, $"{typeof(TRows).Name} {tile}: element {i} is {assembled[i]:R}, of the twin {twin[i]:R}");
        }
    }

    /// <summary>Pairs of bfloat16 of random signs, exponents in a range and fractions.</summary>
    private static float[] Pairs(CountedRandom random, int count, int lowestExponent, int endExponent)
    {
        var pairs = new float[count];
        for (var i = 0; i < count; i++)
            pairs[i] = BitConverter.Int32BitsToSingle(Half() << 16 | Half());
        return pairs;

        int Half() => random.NextInt(2) << 15 | lowestExponent + random.NextInt(endExponent - lowestExponent) << 7 | random.NextInt(128);
    }
}
