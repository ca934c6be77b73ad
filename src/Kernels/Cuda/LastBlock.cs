using System.Numerics;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <summary>Columns of a block that sums: few, so that a column has few parts, and the block that joins them is soon done.</summary>
    private const int SummedColumns = 32;

    /// <summary>
    /// By which the blocks of a launch find out who is last (kernels/last_block.cuh). Every launch leaves them zero, so all share them, one
    /// after the other in the stream.
    /// </summary>
    private DeviceArray _counters;

    /// <summary>So many counters, all zero. A graph goes on using those it was captured with, so none are ever given back.</summary>
    private DeviceArray ZeroCounters(int count)
    {
        if (_counters.Count < count)
        {
            var room = (long)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 65536));
            _counters = new DeviceArray(Scratch.Allocate(room * sizeof(int), "counters").Address, room, ElementType.Int32);
            _driver.Clear(_counters.Address, _counters.Bytes, _stream);
        }

        return _counters.Slice(0, count);
    }

    /// <summary>As <see cref="TileColumns"/>, in blocks of at most <see cref="SummedColumns"/>.</summary>
    private (ColumnTiling Tiling, Dim3 Block) TileSums(int groups, int rows, int columns, int width)
    {
        var threads = Math.Min((columns + width - 1) / width, SummedColumns / width);
        var across = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(threads, 1));
        var tiles = (columns + across * width - 1) / (across * width);
        var down = BlockSize / across;
        var (parts, length) = Parts((long)groups * tiles, rows, multiple: down, least: 4 * down);
        return (new ColumnTiling(rows, columns, tiles, parts, length), new Dim3(across, down));
    }
}
