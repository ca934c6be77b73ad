using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Communication;

/// <summary>
/// What the environment says of who started this process and how many of its kind. Launchers that are known: Open MPI's <c>mpirun</c>,
/// <c>mpiexec</c> of MPICH and its relatives, and Slurm's <c>srun</c>; <c>torchrun</c> starts no MPI and is told so.
/// </summary>
/// <param name="Launcher">As messages call it.</param>
/// <param name="Size">Processes in all.</param>
/// <param name="LocalSize">Of them on this machine.</param>
/// <param name="LocalRank">This one's number among those, from 0; null where the launcher does not say.</param>
/// <param name="Libraries">The names of MPI's library, the likeliest first.</param>
internal sealed partial record ParallelLaunch(string Launcher, int Size, int LocalSize, int? LocalRank, IReadOnlyList<string> Libraries)
{
    private static readonly string[] OpenMpi = OperatingSystem.IsMacOS()
        ? ["libmpi.40.dylib", "libmpi.dylib", "libmpi_abi.0.dylib"] : ["libmpi.so.40", "libmpi.so", "libmpi_abi.so.0"];

    private static readonly string[] Mpich = OperatingSystem.IsMacOS() ? ["libmpi_abi.0.dylib", "libmpi.12.dylib", "libmpi.dylib"]
        : ["libmpi_abi.so.0", "libmpi.so.12", "libmpich.so.12", "libmpi.so"];

    /// <summary>What variables say; null where this process stands alone.</summary>
    /// <param name="variable">Gives a variable of the environment.</param>
    public static ParallelLaunch? Read(Func<string, string?> variable)
    {
        if (Number("OMPI_COMM_WORLD_SIZE") is { } open)
            return Of("mpirun of Open MPI", open, Number("OMPI_COMM_WORLD_LOCAL_SIZE"), "OMPI_COMM_WORLD_LOCAL_RANK", OpenMpi);
        if (Number("SLURM_STEP_NUM_TASKS") is { } tasks && variable("SLURM_PROCID") is not null)
            return Of("srun", tasks, LocalTasks(variable("SLURM_STEP_TASKS_PER_NODE")), "SLURM_LOCALID", [.. OpenMpi[..1], .. Mpich]);
        if (Number("PMI_SIZE") is { } size)
            return Of("mpiexec", size, Number("MPI_LOCALNRANKS"), "MPI_LOCALRANKID", Mpich);
        return Number("WORLD_SIZE") is { } world && variable("RANK") is not null
            ? Of("torchrun", world, Number("LOCAL_WORLD_SIZE"), "LOCAL_RANK", []) : null;

        int? Number(string name, int least = 1) =>
            int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least ? value : null;

        ParallelLaunch? Of(string launcher, int processes, int? local, string localRank, IReadOnlyList<string> libraries) =>
            processes == 1 ? null
                : new(launcher, processes, Math.Clamp(local ?? processes, 1, processes), Number(localRank, least: 0),
                    variable(MpiLibrary.PathVariable) is { Length: > 0 } path ? [path] : libraries);

        // "4(x2),3": the first count; ranks of unequal nodes are rare, and only the number of threads follows from it.
        static int? LocalTasks(string? text) =>
            int.TryParse(text?.Split('(', ',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }

    /// <summary>Joins the processes that this one was started with; <see cref="Communicator.Alone"/> where there are none.</summary>
    /// <exception cref="BadInputException">There are others, and no way to them.</exception>
    public static Communicator Join()
    {
        if (Read(Environment.GetEnvironmentVariable) is not { } launch)
            return Communicator.Alone;
        if (launch.Libraries.Count == 0)
            throw new BadInputException($"{launch.Launcher} started {launch.Size} processes that cannot talk to one another: ranks are "
                + "connected by MPI; start them with mpirun or srun, or start one process");
        var joined = new MpiCommunicator(MpiLibrary.Open(launch.Libraries), launch.LocalSize, launch.LocalRank);
        if (joined.Size == launch.Size)
            return joined;
        var seen = joined.Size;
        joined.Dispose();
        throw new BadInputException($"{launch.Launcher} started {launch.Size} processes, and {joined.Description} sees {seen}: it is not "
            + $"the MPI of the launcher; name the launcher's library in {MpiLibrary.PathVariable}, or choose srun's PMI (pmix, pmi2)");
    }

    /// <summary>
    /// How many threads a rank has where nobody chose: all cores that it is bound to, or its share of the machine's where it is not.
    /// </summary>
    public static int ThreadsOfRank(int localSize)
    {
        var cores = Environment.ProcessorCount;
        return localSize > 1 && !IsBound() ? Math.Max(1, cores / localSize) : cores;
    }

    /// <summary>Whether the launcher keeps this process on some of the cores.</summary>
    private static bool IsBound()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        const int online = 84;
        using var self = Process.GetCurrentProcess();
        return BitOperations.PopCount((ulong)self.ProcessorAffinity) < Math.Min(64, SystemConfiguration(online));
    }

    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial long SystemConfiguration(int name);
}
