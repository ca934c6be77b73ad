using System.Diagnostics;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tests.Cli;

namespace CrossModal.Tests.Pipelines;

/// <summary>The program itself, ended without warning as by a power cut (on Unix by SIGKILL).</summary>
public sealed class KillTests(TinyRun tiny) : RunTests(tiny)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Killed once its first checkpoint is there, and once more when the pictures of the second epoch are, which is just before the
    /// checkpoint that belongs to them. Continued twice, it ends with the very weights, figures and pictures of a run that was left alone.
    /// </summary>
    [Fact]
    public async Task AKilledRunContinuesBitForBit()
    {
        // The data are decoded and the classifiers trained already: only the GAN is to be interrupted, and it has quick's networks.
        var (whole, killed) = (WithClassifiers(), WithClassifiers());
        foreach (var folder in new[] { whole, killed })
            folder.Write(RunSettings.Read(Tiny.Whole.Settings) with { Model = Presets.Quick.Model });
        string[] Train(RunFolder folder) => ["train", "s2i", "--resume", folder.Path, "--device", "cpu", "--threads", "1"];

        using var alone = Invocation.Start(Tiny.Cache, Train(whole));
        var said = alone.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var complained = alone.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await KillOnceThereIs(killed.Last, Train(killed));
        Assert.NotEqual("18", Checkpoint.ReadMetadata(killed.Last)["step"]);
        Assert.False(File.Exists(killed.Evaluation));
        await KillOnceThereIs(killed.Sample(2), "train", "s2i", "--resume", killed.Path, "--threads", "1");
        Assert.False(File.Exists(killed.Evaluation));

        var resumed = Invocation.Process(Tiny.Cache, "train", "s2i", "--resume", killed.Path, "--threads", "2");
        Assert.Equal("", resumed.Error);
        Assert.Equal(0, resumed.ExitCode);
        Assert.True(alone.WaitForExit(Patience));
        Assert.Equal((0, ""), (alone.ExitCode, await complained));
        TestContext.Current.TestOutputHelper?.WriteLine(await said);
        Assert.Equal("18", Checkpoint.ReadMetadata(whole.Last)["step"]);
        AssertSameRun(whole, killed);
    }

    /// <summary>Starts the program and ends it as soon as the file is there.</summary>
    private static async Task KillOnceThereIs(string file, params string[] arguments)
    {
        using var process = Invocation.Start(Environment.GetEnvironmentVariable("CROSSMODAL_CACHE"), arguments);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        while (!File.Exists(file) && !process.HasExited && clock.Elapsed < Patience)
            await Task.Delay(2, TestContext.Current.CancellationToken);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(file), $"{file} never came; the program said: {await output}{await error}");
        Assert.NotEqual(0, process.ExitCode);
    }
}
