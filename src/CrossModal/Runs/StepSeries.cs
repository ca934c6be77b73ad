namespace CrossModal.Runs;

/// <summary>
/// The steps of a training, however many, in a bounded number of points. When it is full, neighbors are joined, and each point from then on
/// stands for twice as many steps. Written by one thread and read by others.
/// </summary>
/// <param name="most">Points that are kept at most; an even number.</param>
internal sealed class StepSeries(int most)
{
    /// <summary>Points that a series has at most in files and answers: about as many as a screen has columns.</summary>
    public const int StandardPoints = 1024;

    private readonly Lock _gate = new();
    private readonly List<StepPoint> _points = new(most);
    private StepPoint? _open;

    /// <summary>A series that goes on where another one ended.</summary>
    public StepSeries(int most, IEnumerable<StepPoint> before)
        : this(most)
    {
        foreach (var point in before)
        {
            Stride = Math.Max(Stride, point.Steps);
            Keep(point);
        }
    }

    /// <summary>Steps that a new point stands for.</summary>
    public int Stride { get; private set; } = 1;

    /// <summary>The point that was finished by the step, if one was, and whether neighbors were joined.</summary>
    public (StepPoint? Finished, bool Joined) Add(StepPoint step)
    {
        lock (_gate)
        {
            _open = _open is null ? step : StepPoint.Join(_open, step);
            if (_open.Steps < Stride)
                return (null, false);
            var finished = _open;
            _open = null;
            return (finished, Keep(finished));
        }
    }

    /// <summary>All points there are, and the steps that a new one stands for.</summary>
    public (StepPoint[] Points, int Stride) Read()
    {
        lock (_gate)
            return ([.. _points], Stride);
    }

    private bool Keep(StepPoint point)
    {
        _points.Add(point);
        if (_points.Count < most)
            return false;
        for (var i = 0; i < most / 2; i++)
            _points[i] = StepPoint.Join(_points[2 * i], _points[2 * i + 1]);
        _points.RemoveRange(most / 2, most / 2);
        Stride *= 2;
        return true;
    }
}
