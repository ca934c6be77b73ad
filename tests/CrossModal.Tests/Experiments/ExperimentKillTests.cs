using System.Diagnostics;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Tests.Pipelines;
using static System.FormattableString;

namespace CrossModal.Tests.Experiments;

/// <summary>
/// The program itself, killed again and again in the middle of an experiment. It ends with the very files of an experiment that was left
/// alone, and knows how long each part took.
/// </summary>
public sealed class ExperimentKillTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>So many kills instead of a few, at moments drawn from a fixed seed.</summary>
    private const string CountVariable = "CROSSMODAL_EXPERIMENT_KILLS";

    /// <summary>At most so many files are written between two kills.</summary>
    private const int MostMoments = 12;

    /// <summary>In a stage, between the pictures and the figures of a run, between its end and the experiment's account of it.</summary>
    private static readonly string[] Few =
        ["7", Path.Combine("pose", "confusion.png"), Path.Combine("pose", "evaluation.json"), "9", "scenarios.json"];

    [Fact]
    public void AnExperimentThatIsKilledAgainAndAgainEndsAsOneThatIsLeftAlone()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable(CountVariable), out var asked) ? asked : 0;
        var random = new CountedRandom(1, 0);
        var moments = count > 0
            ? Enumerable.Range(0, count).Select(_ => Invariant($"{2 + (int)(random.NextUniform(0, 1) * MostMoments)}")) : Few;
        var (alone, killed) = (NewFolder().Path, NewFolder().Path);
        Assert.Equal((0, ""), Run(alone, null));
        var (kills, ends) = (0, 0);
        foreach (var moment in moments)
        {
            // An experiment that came to its end is begun anew: there are as many kills as were asked for.
            while (Run(killed, moment).ExitCode == 0)
            {
                Assert.True(count > 0, $"{moment} never came");
                AssertSame(alone, killed);
                ends++;
                killed = NewFolder().Path;
            }

            kills++;
        }

        Assert.Equal((0, ""), Run(killed, null));
        AssertSame(alone, killed);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {ends + 1} experiments, all equal to the one that was left alone");
    }

    private (int ExitCode, string Error) Run(string folder, string? moment)
    {
        var start = new ProcessStartInfo("dotnet",
        [
            "exec", Path.Combine(AppContext.BaseDirectory, "crossmodal.dll"), "experiment", "scenarios", "--data", Tiny.Data, "--preset",
            "tiny", "--epochs", "2", "--seed", "3", "--device", "cpu", "--threads", "1", "--out", folder,
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NO_COLOR"] = "1", ["CROSSMODAL_CACHE"] = Tiny.Cache },
        };
        if (moment is not null)
        {
            start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(ExperimentKillTests).Assembly.Location;
            start.Environment[StartupHook.Variable] = moment;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, error);
    }

    private static void AssertSame(string expected, string actual)
    {
        string[] Files(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
        Assert.Equal(Files(expected), Files(actual));
        foreach (var file in Files(expected))
        {
            var (theirs, ours) = (Path.Combine(expected, file), Path.Combine(actual, file));
            if (file == "experiment.json")
                Assert.All(JsonNode.Parse(File.ReadAllText(ours))!["seconds"]!.AsObject(),
                    part => Assert.InRange((double)part.Value!, 0.1, 1e4));
            else if (file == "scenarios.json")
                Assert.True(JsonNode.DeepEquals(WithoutSeconds(theirs), WithoutSeconds(ours)));
            else if (file != "scenarios.md" && Path.GetFileName(file) != "steps.jsonl")
                Assert.True(File.ReadAllBytes(theirs).AsSpan().SequenceEqual(File.ReadAllBytes(ours)), $"{file} differs");
        }
    }

    private static JsonNode WithoutSeconds(string file)
    {
        var report = JsonNode.Parse(File.ReadAllText(file))!;
        foreach (var row in report["rows"]!.AsArray())
        {
            var run = row!["run"]!.AsObject();
            Assert.InRange((double)run["seconds"]!, 0.1, 1e4);
            run.Remove("seconds");
        }

        return report;
    }
}
