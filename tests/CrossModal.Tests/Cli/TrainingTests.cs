using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrossModal.Tests.Cli;

/// <summary>One tiny run from its first step to its pictures, through real processes.</summary>
public sealed partial class TrainingTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-run-").FullName;

    private string Cache => Path.Combine(_folder, "cache");

    private string Run => Path.Combine(_folder, "run");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ARunIsStoppedByCtrlCResumedEvaluatedAndDrawnFrom()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no command that sends Ctrl-C to one process");
        var stopped = InterruptedTraining();
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains("saving…", stopped.Output);
        var at = StoppedAt().Match(stopped.Error);
        Assert.True(at.Success, stopped.Error);
        Assert.True(File.Exists(Path.Combine(Run, "checkpoints", "last.safetensors")));

        var refused = Invocation.Process(Cache, "train", "s2i", "--out", Run, "--pairs", "13");
        Assert.Contains("--resume", refused.Failure());

        var steps = int.Parse(at.Groups[1].Value) + 1;
        var resumed = Invocation.Process(Cache, "train", "s2i", "--resume", Run, "--steps", $"{steps}");
        Assert.Equal("", resumed.Error);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Contains("look at: ", resumed.Output);
        Assert.DoesNotContain('\u001b', resumed.Output);

        var evaluation = Path.Combine(Run, "evaluation.json");
        File.Delete(evaluation);
        var evaluated = Invocation.Process(Cache, "evaluate", "--run", Run);
        Assert.Equal("", evaluated.Error);
        Assert.Equal(0, evaluated.ExitCode);
        using (var json = JsonDocument.Parse(File.ReadAllText(evaluation)))
            Assert.InRange(json.RootElement.GetProperty("validation").GetProperty("accuracy").GetDouble(), 0, 1);

        var picture = Path.Combine(_folder, "picture.png");
        var sound = Directory.GetFiles(Cache, "*.wav", SearchOption.AllDirectories)[0];
        var drawn = Invocation.Process(Cache, "generate", "s2i", "--run", Run, "--input", sound, "--output", picture);
        Assert.Equal("", drawn.Error);
        Assert.Equal(0, drawn.ExitCode);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(picture)[..4]);
    }

    /// <summary>Starts a run that would take for ever, and interrupts it once the GAN trains.</summary>
    private Invocation InterruptedTraining()
    {
        IgnoredSignals.Heed(IgnoredSignals.Interrupt);
        using var process = Invocation.Start(Cache, "train", "s2i", "--pairs", "13", "--batch", "13", "--steps", "1000000", "--out", Run);
        var error = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        using var end = patience.Token.Register(process.Kill);
        var output = "";
        while (process.StandardOutput.ReadLine() is { } line)
        {
            output += line + "\n";
            if (!line.StartsWith("GAN: 1000000", StringComparison.Ordinal))
                continue;
            using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
            kill.WaitForExit();
        }

        process.WaitForExit();
        Assert.False(patience.IsCancellationRequested, $"training did not begin or Ctrl-C did not end it within {Patience}: {output}");
        return new Invocation(process.ExitCode, output, error.Result);
    }

    [GeneratedRegex(@"^stopped at step (\d+); continue with --resume ")]
    private static partial Regex StoppedAt();
}
