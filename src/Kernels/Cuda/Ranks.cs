using CrossModal.Kernels.Communication;
using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

// Sums over ranks: by NCCL in the GPU's memory and in the stream's order, or else through the host's memory.
internal sealed unsafe partial class CudaBackend
{
    private NcclCommunicator? _nccl;

    /// <inheritdoc/>
    public override Communicator Connect(Communicator ranks, out string? remark)
    {
        remark = null;
        if (ranks.Size == 1)
            return ranks;

        // What the simulator calls device memory is the host's: only tests have a library for that, and name it.
        var isGpu = Name == "cuda";
        var isWanted = isGpu || LibraryPlaces.OfThisMachine.Named(CudaLibrary.Nccl.PathVariable!) is not null;
        var problem = isWanted ? NcclCommunicator.Problem : $"{Name} has no NCCL";
        _nccl = new NcclCommunicator(ranks, _stream, problem);
        ranks.AtTheEnd(_nccl.Dispose);
        remark = isWanted ? problem : null;
        return _nccl;
    }

    /// <inheritdoc/>
    public override void SumOverRanks(Communicator ranks, params ReadOnlySpan<DeviceArray> arrays)
    {
        if (ranks is not NcclCommunicator nccl || !Join(nccl))
        {
            base.SumOverRanks(ranks, arrays);
            return;
        }

        var all = arrays.ToArray();
        _driver.Call(() => nccl.Sum(all), _stream);
    }

    private bool Join(NcclCommunicator nccl)
    {
        _driver.MakeCurrent();
        return nccl.Join();
    }
}
