using System.Runtime.InteropServices;
using CrossModal.Kernels.Communication;
using static CrossModal.Kernels.Cuda.Libraries.NcclFunctions;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// Ranks with a GPU each: sums are done by NCCL in the GPUs' memory, as work of a stream; everything else goes the way of the ranks that it
/// stands before. Rank 0 decides whether NCCL is used, and the others hear of it at the first sum, the first thing that all of them do.
/// Belongs to whoever made it, as those ranks do.
/// </summary>
/// <param name="stream">Of the GPU whose arrays are summed.</param>
/// <param name="problem">Why this rank cannot use NCCL; null where it can.</param>
internal sealed unsafe class NcclCommunicator(Communicator ranks, nint stream, string? problem) : Communicator
{
    /// <summary>2.10: earlier ones are not captured into graphs reliably.</summary>
    private const int MinimumVersion = 21000;

    private bool _asked;

    /// <summary>Why NCCL cannot be used here, in one line; null where it can.</summary>
    public static string? Problem
    {
        get
        {
            var library = CudaLibrary.Nccl;
            if (library.Lookup.Problem is { } missing)
                return missing;
            try
            {
                return VersionCode() >= MinimumVersion ? null
                    : $"NCCL {Version} is too old: 2.10 is needed; {library.Remedy}; {library.Otherwise}";
            }
            catch (EntryPointNotFoundException error)
            {
                return $"{library.Lookup.Name} is no NCCL: {error.Message}; {library.Remedy}; {library.Otherwise}";
            }
        }
    }

    /// <summary>The library's version, like <c>2.27.5</c>.</summary>
    /// <exception cref="DllNotFoundException">It is not there.</exception>
    public static string Version
    {
        get
        {
            // Two digits for the minor version since 2.9, one before.
            var code = VersionCode();
            return code >= 10000 ? $"{code / 10000}.{code / 100 % 100}.{code % 100}" : $"{code / 1000}.{code / 100 % 10}.{code % 100}";
        }
    }

    /// <summary>The library's communicator; 0 where there is none.</summary>
    public nint Handle { get; private set; }

    /// <inheritdoc/>
    public override int Rank => ranks.Rank;

    /// <inheritdoc/>
    public override int Size => ranks.Size;

    /// <inheritdoc/>
    public override int LocalSize => ranks.LocalSize;

    /// <inheritdoc/>
    public override int LocalRank => ranks.LocalRank;

    /// <inheritdoc/>
    public override string Description => TakesDeviceMemory ? $"{ranks.Description}, NCCL {Version}" : ranks.Description;

    /// <inheritdoc/>
    public override bool TakesDeviceMemory => Handle != 0;

    /// <summary>
    /// Whether sums are NCCL's. The first call connects the GPUs, with the rank's own as the current one, and waits for the other ranks.
    /// </summary>
    /// <exception cref="CudaException">Rank 0 has NCCL and this rank does not, or it refuses to start.</exception>
    public bool Join()
    {
        if (_asked)
            return TakesDeviceMemory;
        _asked = true;
        NcclUniqueId id;
        var bytes = new Span<byte>(&id, NcclUniqueId.Size);
        if (IsFirst && problem is null)
            Check(GetUniqueId(&id), "ncclGetUniqueId");
        var shared = ranks.Share(IsFirst && problem is null ? bytes.ToArray() : []);
        if (shared.Length == 0)
            return false;
        if (problem is not null)
            throw new CudaException($"rank 0 sums with NCCL, and here: {problem}", DeviceProblem.Unavailable);
        shared.CopyTo(bytes);
        Check(CommInitRank(out var communicator, Size, id, Rank), "ncclCommInitRank");
        Handle = communicator;
        return true;
    }

    /// <exception cref="CudaException">Something went wrong since the last call; NCCL's work has been ended.</exception>
    public void RequireHealthy()
    {
        if (Handle == 0)
            return;
        Check(CommGetAsyncError(Handle, out var result), "ncclCommGetAsyncError");
        if (result is Success or InProgress)
            return;
        var error = Error(result, "sums over ranks by NCCL");

        // Else a kernel that waits for a lost rank keeps the stream, and whoever waits for that, for ever.
        _ = CommAbort(Handle);
        Handle = 0;
        throw error;
    }

    /// <inheritdoc/>
    protected override void SumEach(ReadOnlySpan<DeviceArray> arrays)
    {
        if (!TakesDeviceMemory)
        {
            ranks.Sum(arrays);
            return;
        }

        foreach (var array in arrays)
            _ = TypeOf(array);
        RequireHealthy();

        // Small arrays cost time and not bandwidth; together they cost it once.
        Check(GroupStart(), "ncclGroupStart");
        var result = Success;
        for (var i = 0; i < arrays.Length && result == Success; i++)
        {
            var (address, count) = (arrays[i].Address, (nuint)arrays[i].Count);
            result = AllReduce(address, address, count, TypeOf(arrays[i]), NcclFunctions.Sum, Handle, stream);
        }

        var end = GroupEnd();
        Check(result, "ncclAllReduce");
        Check(end, "ncclGroupEnd");
    }

    /// <inheritdoc/>
    protected override void SumOf(DeviceArray array) => SumEach([array]);

    /// <inheritdoc/>
    public override bool Any(bool value) => ranks.Any(value);

    /// <inheritdoc/>
    public override byte[] Share(byte[] bytes) => ranks.Share(bytes);

    /// <inheritdoc/>
    public override void Abort(int exitCode) => ranks.Abort(exitCode);

    /// <summary>Frees what NCCL holds. All ranks must do so; the ranks behind this one stay.</summary>
    public override void Dispose()
    {
        if (Handle != 0)
            _ = CommDestroy(Handle);
        Handle = 0;
    }

    private static int TypeOf(DeviceArray array) => array.Type switch
    {
        ElementType.Float32 => Float32,
        ElementType.Float64 => Float64,
        _ => throw new ArgumentException($"a sum over ranks of {array.Type}"),
    };

    private static int VersionCode()
    {
        Check(GetVersion(out var version), "ncclGetVersion");
        return version;
    }

    private static void Check(int result, string function)
    {
        if (result != Success)
            throw Error(result, function);
    }

    private static CudaException Error(int result, string function)
    {
        var detail = "";
        try
        {
            detail = OneLine(GetLastError(0));
        }
        catch (EntryPointNotFoundException)
        {
            // Before 2.13 it says no more than the code.
        }

        return new CudaException($"{function}: {OneLine(GetErrorString(result))} (ncclResult_t {result})"
            + (detail.Length > 0 ? $": {detail}" : "") + "; NCCL_DEBUG=INFO says more");
    }

    private static string OneLine(byte* text) => string.Join(' ',
        (Marshal.PtrToStringUTF8((nint)text) ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
