using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Where the numbers of a point's matrix lie: in blocks of some rows and <see cref="Width"/> columns, row by row, first the columns and
/// then the rows. Widths are multiples of sixteen channels.
/// </summary>
internal readonly struct WinogradLayout
{
    /// <summary>
    /// The matrices of the points begin a cache line more than a multiple of a page apart: a transform stores one vector in each, and they
    /// must not share a set of the cache.
    /// </summary>
    private const int Page = 1024, Line = 16;

    private readonly int _blockRows;
    private readonly long _rowBlockStride;

    /// <summary>
    /// Blocks of all rows: a block is a panel of the second operand of a product; of all columns too, it is an ordinary matrix.
    /// </summary>
    public WinogradLayout(int rows, int columns, int width)
        : this(rows, columns, width, rows)
    {
    }

    private WinogradLayout(int rows, int columns, int width, int blockRows)
    {
        (Width, _blockRows) = (width, blockRows);
        BlockStride = (long)blockRows * width;
        _rowBlockStride = BlockStride * MatrixProductBlocking.DivideUp(columns, width);
        var size = _rowBlockStride * MatrixProductBlocking.DivideUp(rows, blockRows);
        PointStride = (size + Page - 1) / Page * Page + Line;
    }

    public int Width { get; }

    /// <summary>From a block to the one on its right.</summary>
    public long BlockStride { get; }

    /// <summary>From one point's matrix to the next one's.</summary>
    public long PointStride { get; }

    /// <summary>Blocks of as many rows as a kernel takes, sixteen columns wide: the first operand of a product.</summary>
    public static WinogradLayout Rows<TKernel>(int rows, int columns) where TKernel : struct, IMicroKernel =>
        new(rows, columns, Lanes.Width, TKernel.Rows);

    /// <summary>Where sixteen columns of a row begin.</summary>
    public long At(int row, int column) =>
        row / _blockRows * _rowBlockStride + column / Width * BlockStride + (long)(row % _blockRows) * Width + column % Width;

    /// <summary>Floats of all points, and what a kernel may read behind the last row.</summary>
    public long Floats(int points) => points * PointStride + 16L * Width;
}

/// <summary>Some of the tiles, or of the columns.</summary>
internal readonly record struct Part(int First, int Count);

/// <summary>The matrices of all points, in a layout.</summary>
internal readonly unsafe struct WinogradMatrices(in WinogradLayout layout, float* points)
{
    private readonly WinogradLayout _layout = layout;

    /// <summary>The first point's matrix.</summary>
    public float* Points => points;

    public WinogradLayout Layout => _layout;

    /// <summary>One point's matrix.</summary>
    public float* this[int point] => points + point * _layout.PointStride;

    /// <summary>From row <paramref name="row"/> on.</summary>
    public WinogradMatrices FromRow(int row) => new(_layout, points + _layout.At(row, 0));
}

/// <summary>
/// The kernel's way through <see cref="WinogradLayout.Rows"/>: sixteen channels of a row lie side by side, and behind them those of the
/// next row.
/// </summary>
internal readonly struct WinogradRows : IRowLayout
{
    public static int RowStride => Lanes.Width;

    public static int Step => 1;
}

/// <summary>
/// The kernel's way through rows that lie side by side, <see cref="Count"/> of them: whole tiles of every kernel, and whole vectors.
/// </summary>
internal readonly struct WinogradRowsAside : IRowLayout
{
    public const int Count = 48;

    public static int RowStride => 1;

    public static int Step => Count;
}

/// <summary>Goes along a row of the points' matrices, sixteen columns a step.</summary>
internal unsafe struct WinogradCursor
{
    private readonly int _width;
    private readonly long _toNextBlock;
    private int _left;

    public WinogradCursor(in WinogradMatrices matrices, int row, int column)
    {
        var layout = matrices.Layout;
        Address = matrices.Points + layout.At(row, column);
        (_width, _left) = (layout.Width, layout.Width - column % layout.Width);
        _toNextBlock = layout.BlockStride - layout.Width;
    }

    /// <summary>Of the first point.</summary>
    public float* Address { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance()
    {
        Address += Lanes.Width;
        _left -= Lanes.Width;
        if (_left > 0)
            return;
        Address += _toNextBlock;
        _left = _width;
    }
}
