namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>
    /// The shorter side from which a transposition goes through tiles in shared memory: below it most threads of a tile would have nothing
    /// to do.
    /// </summary>
    private const int TransposedFrom = 16;

    private const int TileSide = 32, TileRows = 8;

    /// <summary>For elements of 2, 4 and 8 bytes.</summary>
    private static readonly string[] CopyKernels = ["movement_copy_2", "movement_copy_4", "movement_copy_8"],
        TransposeKernels = ["movement_transpose_2", "movement_transpose_4", "movement_transpose_8"];

    public override void Fill(DeviceArray y, double value)
    {
        if (y.Count == 0)
            return;
        var bits = y.Type switch
        {
            ElementType.Float32 => BitConverter.SingleToUInt32Bits((float)value),
            ElementType.Float64 => BitConverter.DoubleToUInt64Bits(value),
            ElementType.BFloat16 => BFloat16.Round(value).Bits,
            ElementType.Int32 => (uint)(int)value,
            _ => (ulong)(long)value,
        };
        var vectors = InVectors(y) ? y.Count / 4 : 0;
        if (bits == 0)
        {
            _driver.Clear(y.Address, y.Bytes, _stream);
            Touched(y.Address, y.Bytes);
        }
        else if (y.Type == ElementType.BFloat16)
            Kernel("movement_bf16", "movement_fill_2").Array(y).Value(y.Count).Value((int)bits).Run(Blocks(y.Count), BlockSize);
        else if (y.Type.Size() == sizeof(int))
            Kernel("movement", "movement_fill_4").Array(y).Value(y.Count).Value(vectors).Value((uint)bits)
                .Run(BlocksOfFours(y.Count, vectors), BlockSize);
        else
            Kernel("movement", "movement_fill_8").Array(y).Value(y.Count).Value(bits).Run(Blocks(y.Count), BlockSize);
    }

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (x.Type != y.Type)
            throw new ArgumentException($"strided copy: {x.Type} cannot be copied to {y.Type}");
        if (geometry.Count == 0)
            return;
        var size = x.Type.Size();
        var family = size == 2 ? "movement_bf16" : "movement";
        if (Transposition(geometry) is { } tiles)
            Transpose(tiles, family, TransposeKernels[size / 4], x, y);
        else if (geometry.Rank == 1 && geometry.StridesA[0] == 1 && geometry.StridesOut[0] == 1)
        {
            _driver.CopyOnDevice(y.Address, x.Address, geometry.Count * size, _stream);
            Touched(y.Address, y.Bytes);
        }
        else if (InUnits(geometry, x, y, 16) is { } wide)
            Walk(wide, "movement", "movement_copy_16", x, y);
        else if (size < 8 && InUnits(geometry, x, y, 8) is { } twice)
            Walk(twice, "movement", "movement_copy_8", x, y);
        else if (size < 4 && InUnits(geometry, x, y, 4) is { } once)
            Walk(once, "movement", "movement_copy_4", x, y);
        else
            Walk(geometry, family, CopyKernels[size / 4], x, y);
    }

    /// <inheritdoc/>
    public override void Convert(DeviceArray x, DeviceArray y)
    {
        var kernel = (x.Type, y.Type) switch
        {
            (ElementType.Float32, ElementType.BFloat16) => "movement_narrow",
            (ElementType.BFloat16, ElementType.Float32) => "movement_widen",
            _ => null,
        };
        if (kernel is null)
        {
            base.Convert(x, y);
            return;
        }

        var vectors = InVectors(x, y) ? y.Count / 4 : 0;
        Kernel("movement_bf16", kernel).Array(x).Array(y).Value(y.Count).Value(vectors).Run(BlocksOfFours(y.Count, vectors), BlockSize);
    }

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y) =>
        Kernel("movement", "movement_one_hot").Array(labels).Array(y).Value(y.Count).Value(classes).Run(Blocks(y.Count), BlockSize);

    public override void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y)
    {
        if (geometry.Count == 0)
            return;
        var (grid, block) = RowWalk(geometry.RowCount, (long)geometry.Batch * geometry.Height);
        Kernel("movement", "movement_shift").Array(x).Array(offsets).Array(y).Value(geometry.Batch).Value(geometry.Height)
            .Value(geometry.Width).Value(geometry.Channels)
            .Run(grid, block);
    }

    private void Walk(in StridedGeometry geometry, string family, string kernel, DeviceArray x, DeviceArray y)
    {
        var (grid, block) = RowWalk(geometry);
        Kernel(family, kernel).Value(geometry).Array(x).Array(y).Run(grid, block);
    }

    private void Transpose(in StridedGeometry geometry, string family, string kernel, DeviceArray x, DeviceArray y)
    {
        var (rows, columns) = ((long)geometry.Extents[geometry.Rank - 2], (long)geometry.Extents[geometry.Rank - 1]);
        var tiles = (rows + TileSide - 1) / TileSide * ((columns + TileSide - 1) / TileSide);
        var most = 16L * Gpu.Multiprocessors;
        var across = Math.Min(tiles, most);
        var images = Math.Clamp(geometry.Count / (rows * columns), 1, Math.Min(Math.Max(1, most / across), ushort.MaxValue));
        Kernel(family, kernel).Value(geometry).Array(x).Array(y).Run(new Dim3((int)across, (int)images), new Dim3(TileSide, TileRows));
    }

    /// <summary>
    /// The geometry with the axis that is contiguous in x as its last but one and the axis that is contiguous in y as its last, if there
    /// are two such axes, long enough for tiles.
    /// </summary>
    private static StridedGeometry? Transposition(in StridedGeometry geometry)
    {
        var (row, column) = (-1, -1);
        for (var axis = 0; axis < geometry.Rank; axis++)
        {
            if (geometry.StridesA[axis] == 1 && geometry.StridesOut[axis] != 1 && geometry.Extents[axis] >= TransposedFrom)
                row = axis;
            if (geometry.StridesOut[axis] == 1 && geometry.StridesA[axis] is not (0 or 1) && geometry.Extents[axis] >= TransposedFrom)
                column = axis;
        }

        if (row < 0 || column < 0)
            return null;
        StridedGeometry ordered = default;
        for (var axis = 0; axis < geometry.Rank; axis++)
        {
            if (axis != row && axis != column)
                Append(ref ordered, geometry, axis);
        }

        Append(ref ordered, geometry, row);
        Append(ref ordered, geometry, column);
        return ordered;

        static void Append(ref StridedGeometry ordered, in StridedGeometry from, int axis)
        {
            (ordered.Extents[ordered.Rank], ordered.StridesA[ordered.Rank], ordered.StridesOut[ordered.Rank]) =
                (from.Extents[axis], from.StridesA[axis], from.StridesOut[axis]);
            ordered.Rank++;
        }
    }

    /// <summary>
    /// The same copy in units of <paramref name="bytes"/> bytes, if every row is contiguous on both sides, begins on a unit and is made of
    /// whole ones.
    /// </summary>
    private static StridedGeometry? InUnits(in StridedGeometry geometry, DeviceArray x, DeviceArray y, int bytes)
    {
        var inner = geometry.Rank - 1;
        var each = bytes / x.Type.Size();
        if (geometry.StridesA[inner] != 1 || geometry.StridesOut[inner] != 1 || geometry.Extents[inner] % each != 0
            || (x.Address | y.Address) % bytes != 0)
            return null;
        var units = geometry;
        units.Extents[inner] /= each;
        for (var axis = 0; axis < inner; axis++)
        {
            if (geometry.StridesA[axis] % each != 0 || geometry.StridesOut[axis] % each != 0)
                return null;
            units.StridesA[axis] /= each;
            units.StridesOut[axis] /= each;
        }

        return units;
    }
}
