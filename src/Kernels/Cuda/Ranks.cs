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

        var problem = TakesNccl ? NcclCommunicator.Problem : WithoutNccl;
        remark = TakesNccl ? problem : null;
        _nccl = new NcclCommunicator(ranks, _stream, problem);
        ranks.AtTheEnd(_nccl.Dispose);
        return _nccl;
    }

    /// <summary>
    /// Starts NCCL for this process alone and has it sum an array, by itself and in a graph: what can be tried of it on one GPU.
    /// </summary>
    /// <returns>The library's version.</returns>
    /// <exception cref="CudaException">It is not there (<see cref="DeviceProblem.Unavailable"/>), it refuses, or it changes the
    /// numbers.</exception>
    public string TryNccl()
    {
        if ((TakesNccl ? NcclCommunicator.Problem : WithoutNccl) is { } problem)
            throw new CudaException(problem, DeviceProblem.Unavailable);
        using var nccl = new NcclCommunicator(Communicator.Alone, _stream, null);
        float[] given = [1, 2, 3, 4], sums = new float[4];
        var buffer = Memory.Allocate(sizeof(float) * given.Length, "NCCL");
        var array = new DeviceArray(buffer.Address, given.Length, ElementType.Float32);
        try
        {
            Upload<float>(given, array);
            SumOverRanks(nccl, array);
            using (var graph = CaptureGraph(() => SumOverRanks(nccl, array)))
                graph?.Launch();
            Download<float>(array, sums);
        }
        finally
        {
            Memory.Release(buffer);
        }

        return sums.SequenceEqual(given) ? NcclCommunicator.Version
            : throw new CudaException($"NCCL {NcclCommunicator.Version} made {string.Join(", ", sums)} of {string.Join(", ", given)}");
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
        foreach (var array in all)
            Touched(array.Address, array.Bytes);
    }

    /// <summary>What the simulator calls device memory is the host's: only tests have a library for that, and name it.</summary>
    private bool TakesNccl => Name == "cuda" || LibraryPlaces.OfThisMachine.Named(CudaLibrary.Nccl.PathVariable!) is not null;

    private string WithoutNccl => $"{Name} has no NCCL";

    private bool Join(NcclCommunicator nccl)
    {
        _driver.MakeCurrent();
        return nccl.Join();
    }
}
