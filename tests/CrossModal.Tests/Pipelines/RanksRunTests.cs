using System.Diagnostics;
using System.Runtime.InteropServices;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tests.Adversarial;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>
/// Runs that several processes train together, started by <c>mpirun</c>. Skipped where there is none, unless <c>CROSSMODAL_REQUIRE</c>
/// names mpi.
/// </summary>
public sealed class RanksRunTests(TinyRun tiny) : RunTests(tiny)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Relative, after 18 steps. Nothing but the order of sums differs.</summary>
    private const double Tolerance = 1e-5;

    [Fact]
    public void TwoRanksTrainTheSameBitsTwiceAndWhatOneTrainsButForRounding()
    {
        var (first, second) = (Prepared(sync: true), Prepared(sync: true));
        foreach (var folder in new[] { first, second })
        {
            var (code, output, error) = Launch(2, Train(folder));
            Assert.Equal((0, ""), (code, error));
            Assert.Contains("2 ranks of 1 thread", output);

            // One of them speaks.
            Assert.Single(output.Split('\n'), line => line.StartsWith("draw a sound", StringComparison.Ordinal));
        }

        AssertSameRun(first, second);
        Assert.Equal("18", Checkpoint.ReadMetadata(first.Last)["step"]);
        Assert.Equal(18, File.ReadAllLines(first.Steps).Length);
        Assert.InRange(Distance(Tiny.Whole, first), 0, Tolerance);

        // Without synchronized statistics it is another training.
        var own = Prepared(sync: false);
        Assert.Equal(0, Launch(2, Train(own)).Code);
        Assert.NotInRange(Distance(Tiny.Whole, own), 0, 100 * Tolerance);
    }

    /// <summary>A rank that dies takes the others with it, and the same line goes on from the checkpoint, with other ranks too.</summary>
    [Fact]
    public async Task AKilledRankEndsAllAndOtherRanksGoOn()
    {
        var folder = Prepared(sync: true, epochs: 2000);
        using var run = MpiRun.Start(2, Tiny.Cache, Train(folder));
        var (output, error) = MpiRun.Said(run);
        var rank = await Until(() => File.Exists(folder.Last), run) ? RankOf(folder, 1) : null;
        Assert.True(rank is not null, $"the run never came to a checkpoint: {(run.HasExited ? await output + await error : "")}");
        var killed = Stopwatch.StartNew();
        rank.Kill();
        Assert.True(run.WaitForExit(Patience));
        Assert.NotEqual(0, run.ExitCode);
        Assert.InRange(killed.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.False(File.Exists(folder.Evaluation));

        var reached = int.Parse(Checkpoint.ReadMetadata(folder.Last)["step"]);
        var (code, said, complained) = Launch(4, [.. Train(folder), "--steps", $"{reached + 3}"]);
        Assert.Equal((0, ""), (code, complained));
        Assert.Contains("4 ranks", said);
        Assert.Equal($"{reached + 3}", Checkpoint.ReadMetadata(folder.Last)["step"]);
        Assert.True(File.Exists(folder.Evaluation));
    }

    /// <summary>Ctrl-C comes to all ranks, at different moments, and they stop at one step that is saved.</summary>
    [Fact]
    public async Task StoppedRanksStopAtOneStepAndSave()
    {
        var folder = Prepared(sync: false, epochs: 2000);
        using var run = MpiRun.Start(2, Tiny.Cache, Train(folder));
        var (output, error) = MpiRun.Said(run);
        Assert.True(await Until(() => File.Exists(folder.Last), run), "the run never came to a checkpoint");
        Process.Start("kill", ["-INT", $"{run.Id}"])!.WaitForExit();
        Assert.True(run.WaitForExit(Patience));
        var (said, complained) = (await output, await error);
        Assert.NotEqual(0, run.ExitCode);
        var step = Checkpoint.ReadMetadata(folder.Last)["step"];
        Assert.Contains($"stopped at step {step}; continue with", complained);
        Assert.Contains("saving…", said);
    }

    [Fact]
    public void ABatchThatRanksCannotShareIsRefusedInOneLine()
    {
        var (code, _, error) = Launch(3, Train(Prepared(sync: false)));
        Assert.NotEqual(0, code);
        Assert.Single(error.Split('\n'), line => line.StartsWith("error:", StringComparison.Ordinal));
        Assert.Contains("error: --batch 4: is not shared out equally among 3 ranks; choose a multiple of 3", error);
    }

    [Fact]
    public void WhatRunsInOneProcessSaysSo()
    {
        var (code, _, error) = Launch(2, ["evaluate", "--run", Tiny.Whole.Path]);
        Assert.NotEqual(0, code);
        Assert.Contains("error: mpirun of Open MPI started this 2 times, and evaluate runs in one process; start it alone", error);
    }

    /// <summary>Another implementation of MPI has other handles.</summary>
    [Fact]
    public void MpichsRanksTrainToo()
    {
        var folder = Prepared(sync: true);
        var (code, output, error) = Launch(2, Train(folder), "mpirun.mpich");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("MPICH", output);
        Assert.InRange(Distance(Tiny.Whole, folder), 0, Tolerance);
    }

    /// <summary>A run with trained classifiers, whose GAN is not begun.</summary>
    private RunFolder Prepared(bool sync, int epochs = 3)
    {
        var (folder, run) = (WithClassifiers(), RunSettings.Read(Tiny.Whole.Settings));
        folder.Write(run with { Gan = run.Gan with { SyncBatchNorm = sync, Epochs = epochs } });
        return folder;
    }

    private static string[] Train(RunFolder folder) => ["train", "s2i", "--resume", folder.Path, "--device", "cpu", "--threads", "1"];

    private (int Code, string Output, string Error) Launch(int ranks, string[] arguments, string launcher = MpiRun.Launcher)
    {
        using var process = MpiRun.Start(ranks, Tiny.Cache, arguments, launcher);
        var (output, error) = MpiRun.Said(process);
        Assert.True(process.WaitForExit(Patience));
        return (process.ExitCode, output.Result, error.Result);
    }

    private static async Task<bool> Until(Func<bool> holds, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!holds() && !process.HasExited && clock.Elapsed < Patience)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        return holds();
    }

    /// <summary>The process of a rank of the run in a folder, as the environment says that MPI gave it.</summary>
    private static Process? RankOf(RunFolder folder, int rank)
    {
        foreach (var process in Process.GetProcessesByName("dotnet"))
        {
            var (arguments, variables) = ($"/proc/{process.Id}/cmdline", $"/proc/{process.Id}/environ");
            if (File.Exists(arguments) && File.ReadAllText(arguments).Contains(folder.Path)
                && File.ReadAllText(variables).Split('\0').Contains($"OMPI_COMM_WORLD_RANK={rank}"))
                return process;
        }

        return null;
    }

    /// <summary>The largest distance of a weight tensor of two runs, relative to its norm.</summary>
    private static double Distance(RunFolder expected, RunFolder actual)
    {
        var (one, other) = (TinyGan.StoredTensors(expected.Last), TinyGan.StoredTensors(actual.Last));
        return one.Where(tensor => tensor.Key.EndsWith(".weight", StringComparison.Ordinal)).Max(tensor => WeightDistance.Relative(
            MemoryMarshal.Cast<byte, float>(tensor.Value), MemoryMarshal.Cast<byte, float>(other[tensor.Key])));
    }
}
