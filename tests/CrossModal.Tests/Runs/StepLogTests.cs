using CrossModal.Runs;

namespace CrossModal.Tests.Runs;

/// <summary>The series of a training's steps, in memory and in <c>steps.jsonl</c>: bounded, however many there are.</summary>
public sealed class StepLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-steps-").FullName;

    private string Log => Path.Combine(_folder, "steps.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AnyNumberOfStepsFitsIntoABoundedSeries()
    {
        var series = new StepSeries(16);
        for (var step = 1; step <= 100_000; step++)
            series.Add(StepPoint.Of(Step(step)));

        var (points, stride) = series.Read();
        Assert.InRange(points.Length, 8, 16);

        // Each point is the mean of the steps since the one before.
        var before = 0L;
        foreach (var point in points)
        {
            Assert.Equal((stride, before + stride), (point.Steps, point.Step));
            Assert.Equal((before + 1 + point.Step) / 2.0, point.DiscriminatorLoss, 1e-6 * point.Step);
            Assert.Equal(3, point.Milliseconds!.Value, 1e-6);
            Assert.Equal(2 * stride, point.Scores!.Take(StepPoint.Bins).Sum());
            Assert.Equal(0, point.Scores!.Skip(StepPoint.Bins).Take(StepPoint.Bins).Sum());
            before = point.Step;
        }
    }

    [Fact]
    public void TheFileIsBoundedAndSaysWhatTheSeriesHolds()
    {
        using (var log = StepLog.Open(Log, 0))
        {
            for (var step = 1; step <= 5000; step++)
                log.Add(Step(step));
        }

        var points = StepLog.Read(Log).ToArray();
        Assert.InRange(points.Length, StepSeries.StandardPoints / 2, StepSeries.StandardPoints);
        Assert.Equal(5000, points[^1].Step);
        Assert.Equal(5000, points.Sum(point => point.Steps));
        Assert.True(new FileInfo(Log).Length < 1 << 20);
    }

    [Fact]
    public void AResumedRunGoesOnWhereItsCheckpointIs()
    {
        using (var log = StepLog.Open(Log, 0))
        {
            for (var step = 1; step <= 50; step++)
                log.Add(Step(step));
        }

        // A kill cut the last line, and the checkpoint is of step 30.
        File.AppendAllText(Log, "{\"step\":51,\"ste");
        using (var log = StepLog.Open(Log, 30))
        {
            Assert.Equal(30, StepLog.Read(Log).Last().Step);
            log.Add(Step(31));
        }

        Assert.Equal(Enumerable.Range(1, 31), StepLog.Read(Log).Select(point => (int)point.Step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"step\":0}")]
    [InlineData("{\"step\":1,\"steps\":-1}")]
    [InlineData("{\"step\":1,\"scores\":[1,2]}")]
    [InlineData("{\"steps\":1}")]
    [InlineData("{\"step\":1")]
    public void ALineThatIsNoneIsPassedOver(string line)
    {
        File.WriteAllText(Log, $"{line}\n{StepPoint.Of(Step(7)).ToLine()}\n");
        Assert.Equal(7, StepLog.Read(Log).Single().Step);
    }

    [Fact]
    public void ALogThatCannotBeWrittenStopsNoTraining()
    {
        Directory.CreateDirectory(Log);
        using var log = StepLog.Open(Log, 0);
        for (var step = 1; step <= 2000; step++)
            log.Add(Step(step));
    }

    private static TrainingStep Step(int step) => new(step, 1, step, 2, 0.5, null, 0.25)
    {
        Batch = 2,
        Duration = TimeSpan.FromMilliseconds(3),
        Detail = new StepDetail([0.1f, 1], [], [0.5f], 1, 2),
    };
}
