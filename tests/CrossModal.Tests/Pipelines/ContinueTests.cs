using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tests.Cli;

namespace CrossModal.Tests.Pipelines;

/// <summary><c>--out DIR --continue</c>: one line that begins a run, goes on with it, and leaves a finished one alone.</summary>
public sealed class ContinueTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>The line begins a run through a process's command line, is stopped, goes on, and has nothing left to do.</summary>
    [Fact]
    public void OneLineBeginsGoesOnAndEnds()
    {
        var folder = NewFolder();
        string[] line = ["train", "s2i", "--data", Tiny.Data, "--preset", "tiny", "--batch", "4", "--device", "cpu", "--threads", "1",
            "--out", folder.Path, "--continue"];
        var begun = Invocation.InProcess([.. line, "--steps", "5"]);
        Assert.Equal((0, ""), (begun.ExitCode, begun.Error));
        Assert.Contains($"{folder.Path}: begins, there is no run in it yet", begun.Output);

        var goesOn = Invocation.InProcess([.. line, "--steps", "7"]);
        Assert.Equal((0, ""), (goesOn.ExitCode, goesOn.Error));
        Assert.Contains($"{folder.Path}: goes on after step 5 of the GAN", goesOn.Output);

        var files = Contents(folder);
        var finished = Invocation.InProcess([.. line, "--steps", "7"]);
        Assert.Equal((0, ""), (finished.ExitCode, finished.Error));
        Assert.Contains($"{folder.Path}: is finished, all 7 steps of it, and measured: nothing is left to do", finished.Output);
        Assert.Contains("named right", finished.Output);
        Assert.Contains("look at: ", finished.Output);
        Assert.Equal(files, Contents(folder));

        Assert.StartsWith($"error: --continue {folder.Path}: that run has seed 2017; leave seed out",
            Invocation.InProcess([.. line, "--steps", "7", "--seed", "9"]).Failure());
        Assert.Equal(files, Contents(folder));
    }

    [Fact]
    public void ARunThatWasStoppedEndsAsOneThatNeverWas()
    {
        var folder = WithClassifiers();
        var (reporter, token) = RecordingReporter.CancelAt("GAN", 9);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(Tiny.Settings, folder, reporter, token));
        var listener = new RecordingReporter();
        Continue(folder, listener);
        Assert.Equal($"{folder.Path}: goes on after step 9 of the GAN", listener.Messages[0]);
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
    }

    [Fact]
    public void ARunThatWasStoppedBeforeItsGanGoesOnThere()
    {
        var folder = NewFolder();
        var (reporter, token) = RecordingReporter.CancelAt("sound classifier", 7);
        Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Train(Tiny.Settings, folder, reporter, token));
        var listener = new RecordingReporter();
        Continue(folder, listener);
        Assert.Equal($"{folder.Path}: goes on where its GAN is not begun yet", listener.Messages[0]);
        AssertSameRun(Tiny.Whole, folder);
    }

    /// <summary>Killed in the evaluation: all steps are there, and what was measured is not, or is of before.</summary>
    [Fact]
    public void StepsThatWereNotMeasuredAreNotTheEnd()
    {
        var folder = CopyOfWhole();
        Assert.Equal([], Continue(folder).Stages);
        File.Delete(folder.Evaluation);
        Assert.Contains("evaluation", Continue(folder).Stages);
        AssertSameRun(Tiny.Whole, folder);

        File.WriteAllText(folder.Evaluation, File.ReadAllText(folder.Evaluation).Replace("\"step\": 18", "\"step\": 12"));
        Assert.Contains("evaluation", Continue(folder).Stages);
        AssertSameRun(Tiny.Whole, folder);
    }

    /// <summary>Its data may be gone by then.</summary>
    [Fact]
    public void AFinishedRunNeedsNeitherItsDataNorItsDevice()
    {
        var folder = CopyOfWhole();
        folder.Write(RunSettings.Read(folder.Settings) with { Data = Path.Combine(folder.Path, "gone") });
        Assert.Equal([$"{folder.Path}: is finished, all 18 steps of it, and measured: nothing is left to do"],
            Continue(folder, options: options => options with { Device = new DeviceSettings("cuda") }).Messages);
    }

    [Fact]
    public void MoreEpochsAreSomethingToDo()
    {
        var folder = WithClassifiers();
        TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = 2 } }, folder);
        Continue(folder, options: options => options with { Epochs = 3 });
        AssertSameRun(Tiny.Whole, folder, classifierMetrics: false);
    }

    /// <summary>Seven steps are an epoch and a part of one: two whole ones are more.</summary>
    [Fact]
    public void APartOfAnEpochIsNoEpoch()
    {
        var folder = WithClassifiers();
        TinyRun.Train(Tiny.Settings with { Gan = Tiny.Settings.Gan with { Epochs = int.MaxValue, Steps = 7 } }, folder);
        Assert.Equal([], Continue(folder).Stages);
        Assert.Contains("GAN", Continue(folder, options: options => options with { Epochs = 2 }).Stages);
        Assert.Equal(12, GanProgress.Read(folder.Last).Step);
        Assert.Equal([], Continue(folder, options: options => options with { Epochs = 2 }).Stages);
    }

    [Fact]
    public void AFolderThatAnotherProcessTrainsInIsRefused()
    {
        var folder = CopyOfWhole();
        using var held = folder.Hold();
        Assert.Contains("another process is training in this folder", Assert.ThrowsAny<BadInputException>(() => Continue(folder)).Message);
    }

    [Fact]
    public void ItNeedsTheFolder() => Assert.Contains("--continue: needs --out DIR, the folder of the run",
        Invocation.InProcess("train", "s2i", "--continue").WrongUsage());

    private static RecordingReporter Continue(RunFolder folder, RecordingReporter? reporter = null,
        Func<RunOptions, RunOptions>? options = null)
    {
        reporter ??= new RecordingReporter();
        var standard = new RunOptions { Out = folder.Path, Continue = true, Device = new DeviceSettings("cpu", 1) };
        GanTraining.Train(RunKind.SoundToImage, options?.Invoke(standard) ?? standard, reporter, TestContext.Current.CancellationToken);
        return reporter;
    }

    private static (string, string)[] Contents(RunFolder folder) =>
        [.. Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (file, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))))];
}
