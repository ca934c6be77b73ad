using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Studio;

/// <summary>
/// One training at a time, on a thread and a device of its own, begun, paused, stopped and continued from the page. Stopping saves.
/// </summary>
/// <param name="shelf">Where runs are.</param>
/// <param name="device">The device to train on.</param>
/// <param name="time">What time is told by.</param>
internal sealed class TrainDesk(RunShelf shelf, DeviceSettings device, TimeProvider time) : IRunReporter, IDisposable
{
    /// <summary>Steps whose samples are kept: a column of the picture each.</summary>
    private const int MostSampled = 160;

    /// <summary>How long after the last look at a training its steps still bring details.</summary>
    private static readonly TimeSpan LooksLast = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private TrainState _state = new("idle", null, null, 0, 0, null, null, null, null);
    private CancellationTokenSource? _stop;
    private Thread? _thread;
    private readonly ManualResetEventSlim _goes = new(initialState: true);
    private readonly Queue<StepSamples> _sampled = new(MostSampled);
    private RunFolder? _folder;
    private StepNow? _step;
    private long _changes, _steps, _sampledStep;
    private long _looked = long.MinValue;

    /// <summary>The steps of the last training.</summary>
    public StepSeries Steps { get; private set; } = new(StepSeries.StandardPoints);

    /// <summary>What is going on, and a number that grows with each change of it.</summary>
    public (TrainState State, long Version) Now
    {
        get
        {
            lock (_gate)
            {
                return (_state with
                {
                    Step = _step is null ? null : _step with { ProcessBytes = Environment.WorkingSet },
                    Files = _folder is not null && new FileInfo(_folder.Metrics) is { Exists: true } metrics ? metrics.Length : 0,
                }, _changes + _steps);
            }
        }
    }

    /// <summary>Begins or continues a run; returns at once.</summary>
    /// <exception cref="BadInputException">A training is going on, or the request cannot be followed.</exception>
    public void Begin(TrainRequest request)
    {
        var (kind, options) = Read(request);
        lock (_gate)
        {
            if (IsBusy)
                throw new BadInputException($"'{_state.Run}' is being trained; stop it first");
            _stop = new CancellationTokenSource();
            _folder = new RunFolder((options.Resume ?? options.Out)!);
            Steps = new StepSeries(StepSeries.StandardPoints, options.Resume is null ? [] : StepsBefore(_folder));
            _sampled.Clear();
            _step = null;
            _goes.Set();
            _state = new TrainState("training", Path.GetFileName(_folder.Path), null, 0, 0, null, null, null, null);
            _changes++;
            var cancel = _stop.Token;
            _thread = new Thread(() => Train(kind, options, cancel)) { IsBackground = true, Name = "studio training" };
            _thread.Start();
        }
    }

    /// <summary>
    /// Holds a training between two of its steps, with everything in memory, until <see cref="Resume"/> or <see cref="Stop"/>.
    /// </summary>
    public void Pause()
    {
        lock (_gate)
        {
            if (_state.State != "training")
                return;
            Set(_state with { State = "pausing" });
            _goes.Reset();
        }
    }

    /// <summary>Goes on after a pause.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            if (_state.State is not ("pausing" or "paused"))
                return;
            Set(_state with { State = "training" });
            _goes.Set();
        }
    }

    /// <summary>Stops after the step that is being made, and saves.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_state.State is not ("training" or "pausing" or "paused"))
                return;
            Set(_state with { State = "stopping" });
            _stop!.Cancel();
            _goes.Set();
        }
    }

    /// <summary>Stops and waits until everything is saved.</summary>
    public void Dispose()
    {
        Stop();
        _thread?.Join();
        _stop?.Dispose();
        _goes.Dispose();
    }

    /// <summary>The steps of the run that is trained here; null where another one is asked for.</summary>
    public (StepPoint[] Points, int Stride)? StepsOf(RunFolder folder)
    {
        Look();
        lock (_gate)
            return IsBusy && _folder?.Path == folder.Path ? Steps.Read() : null;
    }

    /// <summary>The last steps sample by sample, of those after <paramref name="after"/>.</summary>
    public IReadOnlyList<StepSamples> SampledAfter(long after)
    {
        Look();
        lock (_gate)
            return [.. _sampled.Where(step => step.Step > after)];
    }

    /// <summary>Somebody looks: steps bring details for a while.</summary>
    public void Look() => Interlocked.Exchange(ref _looked, time.GetTimestamp());

    /// <inheritdoc/>
    public bool WantsDetail
    {
        get
        {
            var looked = Interlocked.Read(ref _looked);
            return looked != long.MinValue && time.GetElapsedTime(looked) < LooksLast;
        }
    }

    private bool IsBusy => _state.State is "training" or "pausing" or "paused" or "stopping";

    public IRunStage Stage(string name, long total, string unit) => new DeskStage(this, name, total, unit);

    public void Message(string text)
    {
    }

    public void Warning(string text)
    {
        lock (_gate)
            Set(_state with { Message = text });
    }

    public void Step(TrainingStep step)
    {
        Steps.Add(StepPoint.Of(step));
        lock (_gate)
        {
            _steps++;
            _step = new StepNow(step.Step, step.LearningRate, step.Duration?.TotalMilliseconds ?? _step?.Milliseconds, step.Batch,
                step.DeviceBytes, 0, step.Detail?.DiscriminatorGradient, step.Detail?.GeneratorGradient);
            if (step.Detail is not { } detail)
                return;
            if (_sampled.Count == MostSampled)
                _sampled.Dequeue();

            // Nobody looked for a while: what was kept before is not of the last steps.
            if (step.Step != _sampledStep + 1)
                _sampled.Clear();
            _sampledStep = step.Step;
            _sampled.Enqueue(new StepSamples(step.Step, Bytes(detail.Real), Bytes(detail.Wrong), Bytes(detail.Fake)));
        }

        static byte[] Bytes(IReadOnlyList<float> scores) => [.. scores.Select(score => (byte)Math.Clamp(255 * score + 0.5f, 0, 255))];
    }

    /// <summary>What a run that is continued has made so far, up to its last checkpoint as far as is known.</summary>
    private static StepPoint[] StepsBefore(RunFolder folder)
    {
        try
        {
            var next = File.Exists(folder.Last) ? Adversarial.GanProgress.Read(folder.Last).Step : 0;
            return [.. StepLog.Read(folder.Steps).Where(point => point.Step <= next)];
        }
        catch (BadInputException)
        {
            // The training will say what is wrong.
            return [];
        }
    }

    /// <summary>Waits where the training is to pause; gives how long.</summary>
    private TimeSpan Hold()
    {
        if (_goes.IsSet)
            return TimeSpan.Zero;
        var begin = time.GetTimestamp();
        lock (_gate)
        {
            if (_state.State == "pausing")
                Set(_state with { State = "paused" });
        }

        _goes.Wait();
        return time.GetElapsedTime(begin);
    }

    private (RunKind Kind, RunOptions Options) Read(TrainRequest request)
    {
        var (kind, options) = Chosen(request);
        options.Require();
        return (kind, options);
    }

    private (RunKind Kind, RunOptions Options) Chosen(TrainRequest request)
    {
        if (request is not { Model: not null, Preset: not null, Scenario: not null, Name: not null })
            throw new BadInputException("the request lacks model, preset, scenario or name; one that is not chosen is empty text");
        if (request.Continue is { } id)
        {
            var folder = shelf.Find(id).Folder;
            return (RunSettings.Read(folder.Settings).Kind,
                new RunOptions { Resume = folder.Path, Device = device, Epochs = request.Epochs });
        }

        var kind = RunKind.All.FirstOrDefault(kind => kind.Name == request.Model && kind.Directions.Count > 0)
            ?? throw new BadInputException($"there is no model '{request.Model}' to train");
        var name = request.Name is { Length: > 0 } chosen ? chosen : $"{kind.Name}-{time.GetLocalNow():yyyyMMdd-HHmmss}";
        if (name.Length > 80 || name[0] == '.'
            || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')))
            throw new BadInputException($"'{name}': a name has letters, digits, - and _, at most 80");
        var options = new RunOptions
        {
            Preset = request.Preset,
            Device = device,
            Epochs = request.Epochs,
            Pairs = request.Pairs,
            Seed = request.Seed,
            Out = Path.Combine(shelf.Folder, name),
        };
        if (request.Scenario.Length > 0)
        {
            if (!SettingList.Scenario.Words.Contains(request.Scenario))
                throw new BadInputException($"there is no scenario '{request.Scenario}'");
            options = options with { Settings = [SettingList.Scenario.Choose(request.Scenario)] };
        }

        return (kind, options);
    }

    private void Train(RunKind kind, RunOptions options, CancellationToken cancel)
    {
        var (state, message) = ("finished", (string?)null);
        try
        {
            GanTraining.Train(kind, options, this, cancel).RequireWritten();
        }
        catch (OperationCanceledException error)
        {
            (state, message) = ("stopped", error is RunStoppedException ? error.Message
                : "stopped before the GAN began; the part that was being trained begins anew where the run is continued");
        }
        catch (Exception error)
        {
            (state, message) = ("failed", error is SettingException refused ? $"{refused.Setting} {error.Message}" : error.Message);
        }

        lock (_gate)
            Set(_state with { State = state, Stage = null, SecondsLeft = null, Message = message ?? _state.Message });
    }

    private void Set(TrainState state)
    {
        _state = state;
        _changes++;
    }

    private sealed class DeskStage(TrainDesk desk, string name, long total, string unit) : IRunStage
    {
        private readonly long _begin = desk.Clock.GetTimestamp();
        private long _first = -1;
        private TimeSpan _held;

        public void Report(long done, string? detail = null)
        {
            if (_first < 0)
                _first = done;
            var seconds = (desk.Clock.GetElapsedTime(_begin) - _held).TotalSeconds;
            double? left = done > _first && seconds > 1 ? seconds / (done - _first) * (total - done) : null;
            lock (desk._gate)
                desk.Set(desk._state with { Stage = name, Done = done, Total = total, Unit = unit, Detail = detail, SecondsLeft = left });
            _held += desk.Hold();
        }

        public void Dispose()
        {
        }
    }

    private TimeProvider Clock => time;
}
