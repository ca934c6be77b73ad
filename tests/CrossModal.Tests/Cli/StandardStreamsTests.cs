using System.Diagnostics;
using CrossModal.Cli;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Cli;

/// <summary>Streams that are closed, full, or gone with the terminal, and a working folder that is gone.</summary>
public sealed class StandardStreamsTests(TinyRun tiny) : RunTests(tiny)
{
    private const string Full =
        "error: stdout cannot be written (No space left on device); what was to be shown is lost, all else is done\n";

    [Theory]
    [InlineData("devices >/dev/full", 1, Full)]
    [InlineData("--version >/dev/full", 1, Full)]
    [InlineData("devices >&-", 1, "error: stdout is closed; send it to a file, or to /dev/null\n")]
    [InlineData("devices >&- 2>&-", 1, "")]
    [InlineData("devices 2>&- >/dev/null", 0, "")]
    [InlineData("nonsense 2>/dev/full", 2, "")]
    [InlineData("nonsense 2>&-", 2, "")]
    [InlineData("nonsense >/dev/full 2>/dev/null", 2, "")]
    public void AStreamThatFailsIsNamed(string line, int code, string error) => Assert.Equal((code, error), Shell($"$PROGRAM {line}"));

    [Fact]
    public void AReaderThatHasEnoughIsNoFailure() =>
        Assert.Equal((0, ""), Shell("{ $PROGRAM devices; code=$?; } | head -1 >/dev/null; exit $code"));

    [Fact]
    public void WithoutAWorkingFolderNothingIsWritten()
    {
        var written = Path.Combine(Tiny.Root, $"{Guid.NewGuid():N}.json");
        Assert.Equal((1, "error: the working folder was removed; change to one that is there\n"),
            Shell($"cd \"$(mktemp -d)\" && rmdir \"$PWD\" && $PROGRAM bench step --batch 1 --steps 1 --json {written}"));
        Assert.False(File.Exists(written));
    }

    /// <summary>The terminal goes away: the stream to it fails and the run is saved.</summary>
    [Theory]
    [InlineData("HUP")]
    [InlineData("QUIT")]
    public async Task TheEndOfTheTerminalEndsTrainingSaved(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals");
        IgnoredSignals.Heed(IgnoredSignals.Hangup);
        IgnoredSignals.Heed(IgnoredSignals.Quit);
        var folder = WithClassifiers();
        folder.Write(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 10_000 } });
        using var process = Invocation.Start(Tiny.Cache, "train", "s2i", "--resume", folder.Path, "--device", "cpu", "--threads", "1");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var end = patience.Token.Register(process.Kill);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (!File.Exists(folder.Last) && !process.HasExited)
            await Task.Delay(2, TestContext.Current.CancellationToken);
        process.StandardOutput.Close();
        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            kill.WaitForExit();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.Stopped, process.ExitCode);
        Assert.Matches($"^stopped at step [0-9]+; continue with --resume {folder.Path}\n$", await error);
    }

    private (int ExitCode, string Error) Shell(string line)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's");
        var start = new ProcessStartInfo("bash", ["-c", line])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["NO_COLOR"] = "1",
                ["CROSSMODAL_CACHE"] = Tiny.Cache,
                ["PROGRAM"] = $"dotnet exec {Path.Combine(AppContext.BaseDirectory, "crossmodal.dll")}",
            },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, error);
    }
}
