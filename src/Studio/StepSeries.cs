namespace CrossModal.Studio;

/// <summary>The means of some steps that follow each other.</summary>
/// <param name="Step">The last of them.</param>
/// <param name="Milliseconds">From one step to the next; null for the first.</param>
internal readonly record struct StepPoint(long Step, double LearningRate, double DiscriminatorLoss, double GeneratorLoss, double Real,
    double? Wrong, double Fake, double? Milliseconds);

/// <summary>
/// The steps of a training, however many, in a bounded number of points. When it is full, neighbors are joined, and each point from then on
/// stands for twice as many steps. Written by one thread and read by others.
/// </summary>
/// <param name="most">Points that are kept at most; an even number.</param>
/// <param name="time">What the time from step to step is told by.</param>
internal sealed class StepSeries(int most, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<StepPoint> _points = new(most);
    private long? _before;
    private int _stride = 1, _open;
    private StepPoint _sum;

    /// <summary>Raised by each step.</summary>
    public long Version { get; private set; }

    public void Add(TrainingStep step)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            double? milliseconds = _before is { } before ? time.GetElapsedTime(before, now).TotalMilliseconds : null;
            _before = now;
            _sum = Join(_sum, new StepPoint(step.Step, step.LearningRate, step.DiscriminatorLoss, step.GeneratorLoss, step.Real, step.Wrong,
                step.Fake, milliseconds), _open, 1);
            Version++;
            if (++_open < _stride)
                return;
            _points.Add(_sum);
            (_sum, _open) = (default, 0);
            if (_points.Count < most)
                return;
            for (var i = 0; i < most / 2; i++)
                _points[i] = Join(_points[2 * i], _points[2 * i + 1], 1, 1);
            _points.RemoveRange(most / 2, most / 2);
            _stride *= 2;
        }
    }

    /// <summary>All points there are.</summary>
    public StepPoint[] ToArray()
    {
        lock (_gate)
            return [.. _points];
    }

    /// <summary>The mean of <paramref name="m"/> steps and <paramref name="n"/> that follow them.</summary>
    private static StepPoint Join(StepPoint a, StepPoint b, int m, int n)
    {
        return m == 0 ? b : new StepPoint(b.Step, Mean(a.LearningRate, b.LearningRate), Mean(a.DiscriminatorLoss, b.DiscriminatorLoss),
            Mean(a.GeneratorLoss, b.GeneratorLoss), Mean(a.Real, b.Real), Known(a.Wrong, b.Wrong), Mean(a.Fake, b.Fake),
            Known(a.Milliseconds, b.Milliseconds));

        double Mean(double before, double after) => (m * before + n * after) / (m + n);

        double? Known(double? before, double? after) => before is { } x && after is { } y ? Mean(x, y) : before ?? after;
    }
}
