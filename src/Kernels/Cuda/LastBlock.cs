using System.Numerics;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
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
            var room = (long)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 4096));
            _counters = new DeviceArray(Scratch.Allocate(room * sizeof(int), "counters").Address, room, ElementType.Int32);
            _driver.Clear(_counters.Address, _counters.Bytes, _stream);
        }

        return _counters.Slice(0, count);
    }
}
