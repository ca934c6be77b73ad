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
        SpinWait.SpinUntil(() => desk.Steps.Version > 3 || desk.Now.State.State == "failed", TimeSpan.FromMinutes(2));
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
        var shelf = new RunShelf(Path.Combine(tiny.Root, "desk-failed"), null);
        using var desk = new TrainDesk(shelf, new DeviceSettings("cpu", 1), TimeProvider.System);
        desk.Begin(Request with { Preset = "no-such" });
        SpinWait.SpinUntil(() => desk.Now.State.State == "failed", TimeSpan.FromMinutes(1));
        Assert.Contains("no such preset", desk.Now.State.Message, StringComparison.Ordinal);
        desk.Begin(Request with { Preset = "still-none" });
    }

    [Fact]
    public void AnyNumberOfStepsFitsIntoABoundedSeries()
    {
        var time = new ManualTime();
        var series = new StepSeries(16, time);
        for (var step = 1; step <= 100_000; step++)
        {
            series.Add(new TrainingStep(step, 1, step, 2, 0.5, null, 0.25));
            time.Advance(0.003);
        }

        var points = series.ToArray();
        Assert.InRange(points.Length, 8, 16);
        Assert.Equal(points.Select(point => point.Step).Order(), points.Select(point => point.Step));

        // Each point is the mean of the steps since the one before.
        var before = 0L;
        foreach (var point in points)
        {
            Assert.Equal((before + 1 + point.Step) / 2.0, point.DiscriminatorLoss, 1e-6 * point.Step);
            Assert.Equal(3, point.Milliseconds!.Value, 1e-6);
            before = point.Step;
        }
    }
}
