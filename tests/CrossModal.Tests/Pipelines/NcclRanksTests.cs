using System.Diagnostics;
using CrossModal.Runs;
using CrossModal.Tests.Adversarial;

namespace CrossModal.Tests.Pipelines;

/// <summary>
/// Processes that train together on simulated GPUs, with a library in NCCL's place that sums in their memory. Skipped where there is no
/// <c>mpirun</c>, unless <c>CROSSMODAL_REQUIRE</c> names mpi.
/// </summary>
public sealed class NcclRanksTests(TinyRun tiny) : RunTests(tiny)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Where compiled kernels are kept for all tests; read before the runs' own cache takes its place.</summary>
    private readonly string _kernels = Environment.GetEnvironmentVariable("CROSSMODAL_CACHE") ?? "";

    /// <summary>The sum of two is the same whoever adds, so the weights are, to the bit.</summary>
    [Fact]
    public async Task TheWeightsAreThoseThatSumsThroughTheHostGive()
    {
        MpiRun.Require();
        var library = StandInNccl.Build(Directory.CreateDirectory(NewFolder().Path).FullName);
        var log = library + ".log";
        var (throughHost, onDevice) = (await Trained("", log), await Trained(library, log));
        TinyGan.AssertSame(throughHost, onDevice);

        // Both were there, once, and not without the library.
        Assert.Equal(["rank 0 of 2", "rank 1 of 2"], File.ReadAllLines(log).Order());
    }

    /// <summary>
    /// The tensors after one step on two ranks. What comes after it, the evaluation by rank 0 alone, would take most of the time.
    /// </summary>
    private async Task<Dictionary<string, byte[]>> Trained(string library, string log)
    {
        var (folder, run) = (WithClassifiers(), RunSettings.Read(Tiny.Whole.Settings));
        folder.Write(run with { Gan = run.Gan with { SyncBatchNorm = true } });
        using var process = MpiRun.Start(2, _kernels,
            ["train", "s2i", "--resume", folder.Path, "--device", "cuda-sim", "--threads", "1", "--steps", "1"], variables:
            [("CROSSMODAL_SIM", "fast"), ("STAND_IN_NCCL_LOG", log), (StandInNccl.Variable, library)]);
        var (output, errors) = MpiRun.Said(process);
        var clock = Stopwatch.StartNew();
        while (!File.Exists(folder.Last) && !process.HasExited && clock.Elapsed < Patience)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        process.Kill(entireProcessTree: true);
        Assert.True(File.Exists(folder.Last), await output + await errors);
        return TinyGan.StoredTensors(folder.Last);
    }
}
