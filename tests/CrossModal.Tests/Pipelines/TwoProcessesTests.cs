using System.Diagnostics;
using CrossModal.Runs;

namespace CrossModal.Tests.Pipelines;

/// <summary>Two that begin at the same moment, as a script starts them.</summary>
public sealed class TwoProcessesTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>On an empty cache one decodes the data and the other waits for it; each has a run folder of its own.</summary>
    [Fact]
    public async Task TheyShareACacheAndNoFolder()
    {
        var place = Directory.CreateDirectory(NewFolder().Path).FullName;
        var both = Enumerable.Range(0, 2).Select(_ => Start(place)).ToArray();
        var said = both.Select(process => (Output: process.StandardOutput.ReadToEndAsync(), Error: process.StandardError.ReadToEndAsync()))
            .ToArray();
        foreach (var (process, streams) in both.Zip(said))
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal((0, ""), (process.ExitCode, await streams.Error));
            process.Dispose();
        }

        var runs = Directory.GetDirectories(Path.Combine(place, "runs"));
        Assert.Equal(2, runs.Length);
        foreach (var run in runs.Select(path => new RunFolder(path)))
        {
            Assert.Equal(File.ReadAllText(new RunFolder(runs[0]).Evaluation), File.ReadAllText(run.Evaluation));
            Assert.False(File.Exists(Path.Combine(run.Path, "run.lock")));
        }

        Assert.Single(Directory.GetFileSystemEntries(Path.Combine(place, "cache", "samples")));
    }

    private Process Start(string place) => Process.Start(new ProcessStartInfo("dotnet",
    [
        "exec", Path.Combine(AppContext.BaseDirectory, "crossmodal.dll"), "train", "image-classifier", "--data", Tiny.Data, "--preset",
        "tiny", "--epochs", "1", "--device", "cpu", "--threads", "1",
    ])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = place,
        Environment = { ["NO_COLOR"] = "1", ["CROSSMODAL_CACHE"] = Path.Combine(place, "cache") },
    })!;
}
