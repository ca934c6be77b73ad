using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Communication;

/// <summary>
/// The functions of MPI that are used here, and the values that stand for its communicators, types and operations, which differ from one
/// implementation to the next: numbers in MPI 5's standard interface (MPI 5.0, chapter 20) and in MPICH and what follows its interface
/// (Intel MPI, MVAPICH, Cray MPI), addresses of variables in Open MPI.
/// </summary>
internal sealed unsafe partial class MpiLibrary
{
    /// <summary>The environment variable that names the library, where the search would take another.</summary>
    public const string PathVariable = "CROSSMODAL_MPI";

    private readonly string _path;

    private MpiLibrary(nint handle, string path)
    {
        _path = path;
        if (NativeLibrary.TryGetExport(handle, "ompi_mpi_comm_world", out var world))
        {
            (World, SumOperation) = (world, Export("ompi_mpi_op_sum"));
            (Float, Double, Byte) = (Export("ompi_mpi_float"), Export("ompi_mpi_double"), Export("ompi_mpi_byte"));
            InPlace = (void*)1;
            IgnoredStatus = null;
        }
        else if (NativeLibrary.TryGetExport(handle, "MPI_Abi_get_version", out _) && Path.GetFileName(path).Contains("abi",
            StringComparison.Ordinal))
        {
            (World, SumOperation) = (0x101, 0x21);
            (Float, Double, Byte) = (0x210, 0x214, 0x247);
            InPlace = (void*)1;
            IgnoredStatus = null;
        }
        else
        {
            (World, SumOperation) = (0x44000000, 0x58000003);
            (Float, Double, Byte) = (0x4c00040a, 0x4c00080b, 0x4c00010d);
            InPlace = (void*)(-1);
            IgnoredStatus = (void*)1;
        }

        Init = (delegate* unmanaged<void*, void*, int>)Export("MPI_Init");
        Finish = (delegate* unmanaged<int>)Export("MPI_Finalize");
        AbortAll = (delegate* unmanaged<nint, int, int>)Export("MPI_Abort");
        CommRank = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_rank");
        CommSize = (delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_size");
        AllReduce = (delegate* unmanaged<void*, void*, int, nint, nint, nint, int>)Export("MPI_Allreduce");
        BeginAllReduce = (delegate* unmanaged<void*, void*, int, nint, nint, nint, nint*, int>)Export("MPI_Iallreduce");
        BeginBroadcast = (delegate* unmanaged<void*, int, nint, int, nint, nint*, int>)Export("MPI_Ibcast");
        BeginBarrier = (delegate* unmanaged<nint, nint*, int>)Export("MPI_Ibarrier");
        Test = (delegate* unmanaged<nint*, int*, void*, int>)Export("MPI_Test");
        LibraryVersion = (delegate* unmanaged<byte*, int*, int>)Export("MPI_Get_library_version");

        nint Export(string name) => NativeLibrary.TryGetExport(handle, name, out var address) ? address
            : throw new BadInputException($"{path}: has no {name}; it is no library of MPI 3.1 or later");
    }

    // Values of this implementation.

    public nint World { get; }

    public nint Float { get; }

    public nint Double { get; }

    public nint Byte { get; }

    public nint SumOperation { get; }

    public void* InPlace { get; }

    public void* IgnoredStatus { get; }

    // Functions, by what they do here.

    public delegate* unmanaged<void*, void*, int> Init { get; }

    public delegate* unmanaged<int> Finish { get; }

    public delegate* unmanaged<nint, int, int> AbortAll { get; }

    public delegate* unmanaged<nint, int*, int> CommRank { get; }

    public delegate* unmanaged<nint, int*, int> CommSize { get; }

    public delegate* unmanaged<void*, void*, int, nint, nint, nint, int> AllReduce { get; }

    public delegate* unmanaged<void*, void*, int, nint, nint, nint, nint*, int> BeginAllReduce { get; }

    public delegate* unmanaged<void*, int, nint, int, nint, nint*, int> BeginBroadcast { get; }

    public delegate* unmanaged<nint, nint*, int> BeginBarrier { get; }

    public delegate* unmanaged<nint*, int*, void*, int> Test { get; }

    public delegate* unmanaged<byte*, int*, int> LibraryVersion { get; }

    /// <summary>Opens the first library of a list that is there.</summary>
    /// <param name="names">File names that the system's linker looks for, or paths.</param>
    /// <exception cref="BadInputException">None is there.</exception>
    public static MpiLibrary Open(params IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (TryLoad(name, out var handle))
                return new MpiLibrary(handle, name);
        }

        throw new BadInputException($"this process was started by MPI, and its library was not found (looked for "
            + $"{string.Join(", ", names)}); name it in the environment variable {PathVariable}");
    }

    /// <exception cref="BadInputException">The function gave an error.</exception>
    public void Require(string function, int result)
    {
        if (result != 0)
            throw new BadInputException($"{function} of {_path} failed with error {result}");
    }

    /// <summary>Opens a library so that the parts that it opens itself find its symbols, as Open MPI's need.</summary>
    private static bool TryLoad(string name, out nint handle)
    {
        if (!OperatingSystem.IsLinux())
            return NativeLibrary.TryLoad(name, out handle);
        const int now = 2, global = 0x100;
        handle = OpenLinked(name, now | global);
        return handle != 0;
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenLinked(string path, int flags);
}
