using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Studio;

namespace CrossModal.Tests.Studio;

/// <summary>Memory stays flat however long a training is watched. Alone, because the heap that is measured is the process's.</summary>
[Collection("cache")]
public sealed class StudioMemoryTests
{
    [Fact]
    public void AMillionStepsLeaveMemoryFlat()
    {
        var series = new StepSeries(StepSeries.StandardPoints);
        var (step, made) = (0, LongRun.Step(1));
        Push(100_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Push(1_000_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 2 << 20);
        Assert.InRange(series.Read().Points.Length, StepSeries.StandardPoints / 2, StepSeries.StandardPoints);

        void Push(int steps)
        {
            for (var end = step + steps; step < end;)
                series.Add(StepPoint.Of(made with { Step = ++step }));
        }
    }

    /// <summary>What a stream of changes sends is made anew for each look: nothing piles up, however much has changed.</summary>
    [Fact]
    public async Task AnHourOfEventsLeavesMemoryFlat()
    {
        using var desk = new TrainDesk(new RunShelf(Path.GetTempPath(), null), new DeviceSettings("cpu", 1), TimeProvider.System);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        context.RequestAborted = stop.Token;
        context.Response.Body = Stream.Null;
        var (step, made, before) = (0, LongRun.Step(1), 0L);

        // A million steps, a thousand between two looks.
        var sending = Answers.Changes(context, TimeSpan.FromMilliseconds(1), () =>
        {
            for (var end = step + 1000; step < end;)
                desk.Step(made with { Step = ++step });
            if (step == 200_000)
                before = GC.GetTotalMemory(forceFullCollection: true);
            if (step == 1_200_000)
                stop.Cancel();
            return (desk.Now.Version, desk.Now.State.ToString());
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal(1_200_000, step);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 << 20);
    }
}
