using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Where a task's sums grow: in C itself where that is float32; where it is bfloat16, in float32 beside the task's panels, and what is
/// complete is rounded into C.
/// </summary>
internal readonly unsafe struct ProductSums
{
    private readonly long* _rows, _places;
    private readonly float* _sums;

    /// <param name="most">The most rows and columns of a task.</param>
    /// <param name="memory"><see cref="Floats"/> of them.</param>
    public ProductSums(in ProductShape shape, ProductBlocks most, float* memory)
    {
        _rows = _places = (long*)memory;
        if (shape.C.Kind != OperandKind.BFloat16)
            return;
        var table = Table(most);
        _places = (long*)(memory + table);
        _sums = memory + 2 * table;
        for (var i = 0; i < most.Rows; i++)
            _places[i] = (long)i * most.Columns;
    }

    public static int Floats(in ProductShape shape, ProductBlocks most) => shape.C.Kind != OperandKind.BFloat16 ? Table(most)
        : checked(2 * Table(most) + MatrixProductBlocking.RoundUp(most.Rows * most.Columns, Lanes.Width));

    /// <summary>Where the rows of the next task begin.</summary>
    public void Begin<TRows>(in TRows rows, int first, int count) where TRows : struct, IProductRows => rows.Fill(first, count, _rows);

    /// <param name="c">The first column of the task in C.</param>
    /// <param name="column">Of the task.</param>
    /// <param name="accumulate">Whether these are not the first products of their sums.</param>
    public ProductTarget Target(Operand c, int column, bool accumulate) =>
        new((_sums == null ? (float*)c.Address : _sums) + column, _places, accumulate);

    /// <summary>The sums of so many rows and columns are complete.</summary>
    public void End(Operand c, int rows, int columns)
    {
        if (_sums == null)
            return;
        for (var i = 0; i < rows; i++)
            Round(_sums + _places[i], (BFloat16*)c.Address + _rows[i], columns);
    }

    /// <summary>Rounds a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* sums, BFloat16* row, int count)
    {
        var i = 0;
        for (; Avx512BW.IsSupported && i + 32 <= count; i += 32)
            BFloat16Element.Narrow(Vector512.Load(sums + i), Vector512.Load(sums + i + 16)).Store((ushort*)row + i);
        for (; i + 16 <= count; i += 16)
            BFloat16Element.Narrow(Vector512.Load(sums + i)).Store((ushort*)row + i);
        for (; i < count; i++)
            row[i] = BFloat16.Round(sums[i]);
    }

    /// <summary>Floats that hold the place of each row.</summary>
    private static int Table(ProductBlocks most) => MatrixProductBlocking.RoundUp(2 * most.Rows, Lanes.Width);
}

/// <summary>c[i] = Σ over the slices, from the first to the last.</summary>
internal readonly unsafe struct SumSlicesBody(float* slices, int count, long stride, Operand c) : IRangeBody
{
    private const int Piece = 1024;

    [SkipLocalsInit]
    public void Run(int first, int end)
    {
        var narrow = c.Kind == OperandKind.BFloat16;
        var aside = stackalloc float[narrow ? Piece : 0];
        for (; first < end; first += Piece)
        {
            var length = Math.Min(Piece, end - first);
            var sums = narrow ? aside : (float*)c.Address + first;
            var sum = new Span<float>(sums, length);
            for (var slice = 0; slice < count; slice++)
            {
                var part = new ReadOnlySpan<float>(slices + slice * stride + first, length);
                if (slice == 0)
                    part.CopyTo(sum);
                else
                    Add(sum, part);
            }

            if (narrow)
                ProductSums.Round(sums, (BFloat16*)c.Address + first, length);
        }
    }

    private static void Add(Span<float> sum, ReadOnlySpan<float> part)
    {
        var i = 0;
        for (; i + Vector<float>.Count <= sum.Length; i += Vector<float>.Count)
            (new Vector<float>(sum[i..]) + new Vector<float>(part[i..])).CopyTo(sum[i..]);
        for (; i < sum.Length; i++)
            sum[i] += part[i];
    }
}
