namespace CrossModal.Kernels.Cpu;

/// <summary>
/// How a strided copy is cut into tasks. Rows that are contiguous on both sides are copied whole, many at a time. Otherwise two axes are
/// walked in square tiles, the innermost and the one that is contiguous where the innermost is not: a transposition then uses whole cache
/// lines on both sides.
/// </summary>
internal unsafe struct CopyPlan
{
    /// <summary>
    /// A tile of 64 by 64 elements of four bytes touches 64 pages on each side, as many as the processor's first table of addresses holds,
    /// and 256 bytes of each.
    /// </summary>
    private const int TileSize = 64;

    private fixed int _extents[StridedGeometry.MaximumRank];
    private fixed long _from[StridedGeometry.MaximumRank];
    private fixed long _to[StridedGeometry.MaximumRank];
    private readonly int _outerRank;
    private readonly int _rows, _columns, _rowSize, _columnSize, _rowTiles, _columnTiles;

    public CopyPlan(in StridedGeometry geometry)
    {
        var columnAxis = geometry.Rank - 1;
        Contiguous = geometry.StridesA[columnAxis] == 1 && geometry.StridesOut[columnAxis] == 1;
        var rowAxis = Contiguous ? geometry.Rank - 2 : RowAxis(geometry);

        // Columns are the axis that is contiguous in the output, if there is one.
        if (rowAxis >= 0 && !Contiguous && geometry.StridesOut[rowAxis] == 1)
            (rowAxis, columnAxis) = (columnAxis, rowAxis);
        for (var axis = 0; axis < geometry.Rank; axis++)
        {
            if (axis == rowAxis || axis == columnAxis)
                continue;
            (_extents[_outerRank], _from[_outerRank], _to[_outerRank]) =
                (geometry.Extents[axis], geometry.StridesA[axis], geometry.StridesOut[axis]);
            _outerRank++;
        }

        (_columns, ColumnFrom, ColumnTo) = (geometry.Extents[columnAxis], geometry.StridesA[columnAxis], geometry.StridesOut[columnAxis]);
        _rows = 1;
        if (rowAxis >= 0)
            (_rows, RowFrom, RowTo) = (geometry.Extents[rowAxis], geometry.StridesA[rowAxis], geometry.StridesOut[rowAxis]);
        if (Contiguous)
        {
            _columnSize = Math.Min(_columns, Lanes.Grain);
            _rowSize = Math.Clamp(Lanes.HeavyGrain / _columnSize, 1, _rows);
        }
        else
        {
            // A side that is shorter than the tile leaves its room to the other.
            _rowSize = Math.Min(_rows, Math.Max(TileSize, TileSize * TileSize / _columns));
            _columnSize = Math.Min(_columns, Math.Max(TileSize, TileSize * TileSize / _rowSize));
        }

        _rowTiles = (_rows + _rowSize - 1) / _rowSize;
        _columnTiles = (_columns + _columnSize - 1) / _columnSize;
        Tasks = checked((int)(geometry.Count / ((long)_rows * _columns) * _rowTiles * _columnTiles));
    }

    /// <summary>Whether the rows of a task are contiguous on both sides.</summary>
    public bool Contiguous { get; }

    public long RowFrom { get; }

    public long RowTo { get; }

    public long ColumnFrom { get; }

    public long ColumnTo { get; }

    public int Tasks { get; }

    public readonly int ElementsPerTask => _rowSize * _columnSize;

    /// <summary>Where task number <paramref name="task"/> starts on both sides, and its size.</summary>
    public readonly (long From, long To, int Rows, int Columns) Task(int task)
    {
        var column = task % _columnTiles * _columnSize;
        task /= _columnTiles;
        var row = task % _rowTiles * _rowSize;
        task /= _rowTiles;
        var from = row * RowFrom + column * ColumnFrom;
        var to = row * RowTo + column * ColumnTo;
        for (var axis = _outerRank - 1; axis >= 0; axis--)
        {
            var index = task % _extents[axis];
            task /= _extents[axis];
            from += index * _from[axis];
            to += index * _to[axis];
        }

        return (from, to, Math.Min(_rowSize, _rows - row), Math.Min(_columnSize, _columns - column));
    }

    /// <summary>
    /// The axis to tile together with the innermost: one of stride 1 on either side, else the next to the innermost, else none (−1).
    /// </summary>
    private static int RowAxis(in StridedGeometry geometry)
    {
        for (var axis = geometry.Rank - 2; axis >= 0; axis--)
        {
            if (geometry.StridesA[axis] == 1 || geometry.StridesOut[axis] == 1)
                return axis;
        }

        return geometry.Rank - 2;
    }
}
