using CrossModal.Kernels.Communication;

namespace CrossModal.Kernels.Tests;

/// <summary>What launchers leave in the environment of the processes that they start.</summary>
public class ParallelLaunchTests
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=0", "mpirun of Open MPI", 4, 2, 0)]
    [InlineData("PMI_SIZE=3 PMI_RANK=1 MPI_LOCALNRANKS=3 MPI_LOCALRANKID=1", "mpiexec", 3, 3, 1)]
    [InlineData("PMI_SIZE=3 PMI_RANK=1", "mpiexec", 3, 3, null)]
    [InlineData("SLURM_STEP_NUM_TASKS=8 SLURM_PROCID=5 SLURM_STEP_TASKS_PER_NODE=4(x2) PMI_SIZE=8 SLURM_LOCALID=1", "srun", 8, 4, 1)]
    [InlineData("WORLD_SIZE=2 RANK=0 LOCAL_RANK=0 LOCAL_WORLD_SIZE=2", "torchrun", 2, 2, 0)]
    public void LaunchersAreKnown(string environment, string launcher, int size, int local, int? localRank)
    {
        var launch = Read(environment);
        Assert.NotNull(launch);
        Assert.Equal((launcher, size, local, localRank), (launch.Launcher, launch.Size, launch.LocalSize, launch.LocalRank));
        Assert.Equal(launcher == "torchrun", launch.Libraries.Count == 0);
    }

    /// <summary>A batch script of Slurm has the numbers of its allocation, but is one process.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("OMPI_COMM_WORLD_SIZE=1")]
    [InlineData("SLURM_NTASKS=8 SLURM_PROCID=0")]
    [InlineData("WORLD_SIZE=many RANK=0")]
    public void OneProcessStandsAlone(string environment) => Assert.Null(Read(environment));

    [Fact]
    public void AVariableNamesTheLibrary() =>
        Assert.Equal(["/opt/mpi/libmpi.so"], Read("OMPI_COMM_WORLD_SIZE=2 CROSSMODAL_MPI=/opt/mpi/libmpi.so")!.Libraries);

    [Fact]
    public void ALibraryThatIsNotThereIsNamed()
    {
        var error = Assert.Throws<BadInputException>(() => MpiLibrary.Open("libnothing.so.1", "libnone.so"));
        Assert.Contains("libnothing.so.1, libnone.so", error.Message);
        Assert.Contains("CROSSMODAL_MPI", error.Message);
    }

    private static ParallelLaunch? Read(string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return ParallelLaunch.Read(variables.GetValueOrDefault);
    }
}
