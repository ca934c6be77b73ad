using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Studio;
using CrossModal.Tests.Cli;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>Trainings that the page begins, stops and continues, and the series of their steps.</summary>
public sealed class TrainDeskTests(TinyRun tiny)
{
    private static readonly TrainRequest Request = new("s2i", "tiny", "", 2, null, 3, "desk", null);

    [Fact]
    public void ARunIsBegunStoppedContinuedAndFinished()
    {
        var shelf = new RunShelf(Path.Combine(tiny.Root, "desk-runs"), null);
        using var desk = new TrainDesk(shelf, new DeviceSettings("cpu", 1), TimeProvider.System);
        desk.Begin(Request with { Epochs = 40 });
        Assert.Equal("training", desk.Now.State.State);
        Assert.Contains("stop it first", Assert.Throws<BadInputException>(() => desk.Begin(Request)).Message, StringComparison.Ordinal);
        SpinWait.SpinUntil(() => desk.Now.State.Step is { Step: > 3 } || desk.Now.State.State == "failed", TimeSpan.FromMinutes(2));
        desk.Stop();
        SpinWait.SpinUntil(() => desk.Now.State.State is "stopped" or "failed", TimeSpan.FromMinutes(1));
        Assert.Equal("stopped", desk.Now.State.State);
        var folder = shelf.Find("desk").Folder;
        Assert.True(File.Exists(folder.Last));

        desk.Begin(Request with { Continue = "desk", Epochs = 2 });
        SpinWait.SpinUntil(() => desk.Now.State.State is "finished" or "failed", TimeSpan.FromMinutes(2));
        Assert.Equal(("finished", null), (desk.Now.State.State, desk.Now.State.Message));
        Assert.True(File.Exists(folder.Evaluation));
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("/tmp/elsewhere")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    public void ANameLeadsNowhereElse(string name)
    {
        using var desk = new TrainDesk(new RunShelf(tiny.Root, null), new DeviceSettings("cpu", 1), TimeProvider.System);
        Assert.Throws<BadInputException>(() => desk.Begin(Request with { Name = name }));
    }

    [Fact]
    public void AFailureIsASentenceAndTheNextRunCanBegin()
    {
        // The name is taken, which is found when the training begins.
        var shelf = new RunShelf(Path.Combine(tiny.Root, "desk-failed"), null);
        StudioFixture.Copy(tiny.Whole.Path, Path.Combine(shelf.Folder, "taken"));
        using var desk = new TrainDesk(shelf, new DeviceSettings("cpu", 1), TimeProvider.System);
        desk.Begin(Request with { Name = "taken" });
        SpinWait.SpinUntil(() => desk.Now.State.State == "failed", TimeSpan.FromMinutes(1));
        Assert.Contains("taken", desk.Now.State.Message, StringComparison.Ordinal);
        Assert.Throws<SettingException>(() => desk.Begin(Request with { Preset = "no-such" }));
        desk.Begin(Request with { Name = "taken" });
    }

    [Fact]
    public void APausedTrainingWaitsAndGoesOnOrStops()
    {
        var shelf = new RunShelf(Path.Combine(tiny.Root, "desk-paused"), null);
        using var desk = new TrainDesk(shelf, new DeviceSettings("cpu", 1), TimeProvider.System);
        desk.Begin(Request with { Epochs = 4000 });
        Until(desk, () => desk.Now.State.Step is { Step: > 3 });
        desk.Pause();
        Until(desk, () => desk.Now.State.State == "paused");
        var (state, version) = desk.Now;
        Assert.Equal(version, desk.Now.Version);
        Assert.Throws<BadInputException>(() => desk.Begin(Request));
        desk.Resume();
        Until(desk, () => desk.Now.State.Step!.Step > state.Step!.Step + 3);
        desk.Pause();
        Until(desk, () => desk.Now.State.State == "paused");
        var made = desk.Now.State.Step!.Step;
        desk.Stop();
        Until(desk, () => desk.Now.State.State == "stopped");
        Assert.Equal($"stopped at step {made}", desk.Now.State.Message);
        Assert.Equal(made, StepLog.Read(shelf.Find("desk").Folder.Steps).Sum(point => point.Steps));
    }

    [Fact]
    public void StepsBringDetailsWhileSomebodyLooks()
    {
        var shelf = new RunShelf(Path.Combine(tiny.Root, "desk-watched"), null);
        using var desk = new TrainDesk(shelf, new DeviceSettings("cpu", 1), TimeProvider.System);
        desk.Begin(Request with { Epochs = 4000 });
        Until(desk, () => desk.Now.State.Step is { Step: > 3 });
        Assert.Null(desk.Now.State.Step!.GeneratorGradient);
        Until(desk, () => desk.SampledAfter(0).Count > 0);
        var sampled = desk.SampledAfter(0);
        Assert.NotEmpty(sampled[^1].Wrong);
        Assert.Equal(sampled[^1].Real.Length, sampled[^1].Fake.Length);
        Assert.True(desk.Now.State.Step!.GeneratorGradient > 0);
        Assert.True(desk.SampledAfter(sampled[^1].Step).All(step => step.Step > sampled[^1].Step));
        desk.Stop();
    }

    private static void Until(TrainDesk desk, Func<bool> condition)
    {
        SpinWait.SpinUntil(() => condition() || desk.Now.State.State == "failed", TimeSpan.FromMinutes(2));
        Assert.True(condition(), desk.Now.State.ToString());
    }
}
