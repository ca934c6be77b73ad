using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda.Libraries;

/// <summary>
/// The functions of NCCL that the engine calls, with the numbers of nccl.h; read in the header of NCCL 2.31, and the same since 2.10, where
/// nothing else is said. Which file they are in is for <see cref="CudaLibrary"/> to find.
/// </summary>
internal static unsafe partial class NcclFunctions
{
    private const string Library = CudaLibrary.NcclName;

    /// <summary>ncclResult_t: ncclSuccess; ncclInProgress is no error.</summary>
    public const int Success = 0, InProgress = 7;

    /// <summary>ncclDataType_t.</summary>
    public const int Float32 = 7, Float64 = 8;

    /// <summary>ncclRedOp_t: ncclSum.</summary>
    public const int Sum = 0;

    /// <param name="version">As in 22705 for 2.27.5.</param>
    [LibraryImport(Library, EntryPoint = "ncclGetVersion")]
    public static partial int GetVersion(out int version);

    [LibraryImport(Library, EntryPoint = "ncclGetUniqueId")]
    public static partial int GetUniqueId(NcclUniqueId* id);

    /// <summary>Waits for the other ranks. The GPU is that of the thread's current context.</summary>
    [LibraryImport(Library, EntryPoint = "ncclCommInitRank")]
    public static partial int CommInitRank(out nint communicator, int ranks, NcclUniqueId id, int rank);

    /// <summary>Puts the work into the stream.</summary>
    [LibraryImport(Library, EntryPoint = "ncclAllReduce")]
    public static partial int AllReduce(nint from, nint to, nuint count, int type, int operation, nint communicator, nint stream);

    /// <summary>From here on work is collected.</summary>
    [LibraryImport(Library, EntryPoint = "ncclGroupStart")]
    public static partial int GroupStart();

    /// <summary>Puts what was collected into its streams, together.</summary>
    [LibraryImport(Library, EntryPoint = "ncclGroupEnd")]
    public static partial int GroupEnd();

    /// <param name="result">What went wrong since, perhaps while the GPU worked.</param>
    [LibraryImport(Library, EntryPoint = "ncclCommGetAsyncError")]
    public static partial int CommGetAsyncError(nint communicator, out int result);

    /// <summary>Ends work that is under way, and frees.</summary>
    [LibraryImport(Library, EntryPoint = "ncclCommAbort")]
    public static partial int CommAbort(nint communicator);

    /// <summary>Frees, when all ranks call it.</summary>
    [LibraryImport(Library, EntryPoint = "ncclCommDestroy")]
    public static partial int CommDestroy(nint communicator);

    /// <summary>What a result means, a constant of the library's.</summary>
    [LibraryImport(Library, EntryPoint = "ncclGetErrorString")]
    public static partial byte* GetErrorString(int result);

    /// <summary>What happened last, in the library's words. Since 2.13.</summary>
    /// <param name="communicator">Of no meaning yet; 0 is allowed.</param>
    [LibraryImport(Library, EntryPoint = "ncclGetLastError")]
    public static partial byte* GetLastError(nint communicator);
}

/// <summary>ncclUniqueId: what the ranks of one communicator find one another by.</summary>
internal unsafe struct NcclUniqueId
{
    public const int Size = 128;

    private fixed byte _bytes[Size];
}
