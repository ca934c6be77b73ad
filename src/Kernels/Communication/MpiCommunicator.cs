using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace CrossModal.Kernels.Communication;

/// <summary>Ranks that were started by MPI (<c>mpirun -n 4 …</c>), over whichever implementation started them.</summary>
internal sealed unsafe class MpiCommunicator : Communicator
{
    /// <summary>A wait of so long is a rank at work, not a message on its way: from then on the processor is left to others.</summary>
    private static readonly TimeSpan Spin = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(1);

    private readonly MpiLibrary _mpi;
    private bool _left;

    /// <summary>Joins the ranks that this process was started with.</summary>
    /// <exception cref="BadInputException">MPI's library is not there, or it does not start.</exception>
    public MpiCommunicator(MpiLibrary mpi, int localSize, int? localRank)
    {
        (_mpi, LocalSize) = (mpi, localSize);
        mpi.Require("MPI_Init", mpi.Init(null, null));
        int rank, size;
        mpi.Require("MPI_Comm_rank", mpi.CommRank(mpi.World, &rank));
        mpi.Require("MPI_Comm_size", mpi.CommSize(mpi.World, &size));
        (Rank, Size) = (rank, size);
        LocalRank = localRank ?? base.LocalRank;
        Description = Version();
    }

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <inheritdoc/>
    public override int LocalSize { get; }

    /// <inheritdoc/>
    public override int LocalRank { get; }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    protected override void SumOf(DeviceArray array)
    {
        var type = array.Type switch
        {
            ElementType.Float32 => _mpi.Float,
            ElementType.Float64 => _mpi.Double,
            _ => throw new ArgumentException($"a sum over ranks of {array.Type}"),
        };

        // A count is an int in MPI.
        const int most = 1 << 28;
        for (var first = 0L; first < array.Count; first += most)
        {
            var part = array.Slice(first, Math.Min(most, array.Count - first));
            _mpi.Require("MPI_Allreduce",
                _mpi.AllReduce(_mpi.InPlace, (void*)part.Address, (int)part.Count, type, _mpi.SumOperation, _mpi.World));
        }
    }

    /// <inheritdoc/>
    public override bool Any(bool value)
    {
        double own = value ? 1 : 0, sum = 0;
        nint request;
        _mpi.Require("MPI_Iallreduce", _mpi.BeginAllReduce(&own, &sum, 1, _mpi.Double, _mpi.SumOperation, _mpi.World, &request));
        Wait(request);
        return sum > 0;
    }

    /// <inheritdoc/>
    public override byte[] Share(byte[] bytes)
    {
        double length = Rank == 0 ? bytes.Length : 0;
        nint request;
        _mpi.Require("MPI_Ibcast", _mpi.BeginBroadcast(&length, 1, _mpi.Double, 0, _mpi.World, &request));
        Wait(request);
        var shared = Rank == 0 ? bytes : new byte[(int)length];
        fixed (byte* first = shared)
        {
            _mpi.Require("MPI_Ibcast", _mpi.BeginBroadcast(first, shared.Length, _mpi.Byte, 0, _mpi.World, &request));
            Wait(request);
        }

        return shared;
    }

    /// <inheritdoc/>
    public override void Abort(int exitCode)
    {
        _left = true;
        _mpi.AbortAll(_mpi.World, exitCode);

        // Where the launcher takes its time to end this process.
        Environment.Exit(exitCode);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_left)
            return;
        _left = true;
        nint request;
        _mpi.Require("MPI_Ibarrier", _mpi.BeginBarrier(_mpi.World, &request));
        Wait(request);
        End();
        _mpi.Require("MPI_Finalize", _mpi.Finish());
    }

    private void Wait(nint request)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            int done;
            _mpi.Require("MPI_Test", _mpi.Test(&request, &done, _mpi.IgnoredStatus));
            if (done != 0)
                return;
            if (Stopwatch.GetElapsedTime(began) > Spin)
                Thread.Sleep(Nap);
        }
    }

    private string Version()
    {
        // The longest that any implementation gives (MPI_MAX_LIBRARY_VERSION_STRING).
        var text = stackalloc byte[8192];
        int length;
        _mpi.Require("MPI_Get_library_version", _mpi.LibraryVersion(text, &length));
        var version = Encoding.UTF8.GetString(text, Math.Clamp(length, 0, 8191)).Split('\n', ',')[0].Trim('\0', ' ');
        return version.Replace(" v", " ", StringComparison.Ordinal).Replace("\t", " ", StringComparison.Ordinal);
    }
}
