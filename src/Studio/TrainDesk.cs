using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Studio;

/// <summary>What the page asks to train.</summary>
/// <param name="Model"><c>s2i</c>, <c>i2s</c> or <c>cmcgan</c>; ignored where a run is continued.</param>
/// <param name="Name">Of the run folder that is made; empty for one of its own.</param>
/// <param name="Continue">The run to continue, by its name on the shelf; null to begin one.</param>
internal sealed record TrainRequest(string Model, string Preset, string Scenario, int? Epochs, int? Pairs, ulong Seed, string Name,
    string? Continue);

/// <summary>What is going on at the training desk.</summary>
/// <param name="State"><c>idle</c>, <c>training</c>, <c>stopping</c>, <c>finished</c>, <c>stopped</c> or <c>failed</c>.</param>
/// <param name="Run">The run's name on the shelf.</param>
/// <param name="Stage">The part that is worked on, with how much of it is done.</param>
/// <param name="SecondsLeft">Of this stage, at the rate so far; null where that cannot be told yet.</param>
/// <param name="Message">What a user should read: a warning, an error, what was done.</param>
internal sealed record TrainState(string State, string? Run, string? Stage, long Done, long Total, string? Unit, string? Detail,
    double? SecondsLeft, string? Message);

/// <summary>
/// One training at a time, on a thread and a device of its own, begun, stopped and continued from the page. Stopping saves.
/// </summary>
/// <param name="shelf">Where runs are.</param>
/// <param name="device">The device to train on.</param>
/// <param name="time">What time is told by.</param>
internal sealed class TrainDesk(RunShelf shelf, DeviceSettings device, TimeProvider time) : IRunReporter, IDisposable
{
    /// <summary>More points than a screen has columns.</summary>
    private const int MostPoints = 2048;

    private readonly Lock _gate = new();
    private TrainState _state = new("idle", null, null, 0, 0, null, null, null, null);
    private CancellationTokenSource? _stop;
    private Thread? _thread;
    private long _changes;

    public StepSeries Steps { get; private set; } = new(MostPoints, time);

    /// <summary>What is going on, and a number that grows with each change of it.</summary>
    public (TrainState State, long Version) Now
    {
        get
        {
            lock (_gate)
                return (_state, _changes + Steps.Version);
        }
    }

    /// <summary>Begins or continues a run; returns at once.</summary>
    /// <exception cref="BadInputException">A training is going on, or the request cannot be followed.</exception>
    public void Begin(TrainRequest request)
    {
        var (kind, options) = Read(request);
        lock (_gate)
        {
            if (_state.State is "training" or "stopping")
                throw new BadInputException($"'{_state.Run}' is being trained; stop it first");
            _stop = new CancellationTokenSource();
            Steps = new StepSeries(MostPoints, time);
            var name = Path.GetFileName(options.Resume ?? options.Out)!;
            _state = new TrainState("training", name, null, 0, 0, null, null, null, null);
            _changes += 1 + Steps.Version;
            var cancel = _stop.Token;
            _thread = new Thread(() => Train(kind, options, cancel)) { IsBackground = true, Name = "studio training" };
            _thread.Start();
        }
    }

    /// <summary>Stops after the step that is being made, and saves.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_state.State != "training")
                return;
            Set(_state with { State = "stopping" });
            _stop!.Cancel();
        }
    }

    /// <summary>Stops and waits until everything is saved.</summary>
    public void Dispose()
    {
        Stop();
        _thread?.Join();
        _stop?.Dispose();
    }

    public IRunStage Stage(string name, long total, string unit) => new DeskStage(this, name, total, unit);

    public void Message(string text)
    {
    }

    public void Warning(string text)
    {
        lock (_gate)
            Set(_state with { Message = text });
    }

    public void Step(TrainingStep step) => Steps.Add(step);

    private (RunKind Kind, RunOptions Options) Read(TrainRequest request)
    {
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
            (state, message) = ("stopped", error.Message);
        }
        catch (Exception error)
        {
            (state, message) = ("failed", error.Message);
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

        public void Report(long done, string? detail = null)
        {
            if (_first < 0)
                _first = done;
            var seconds = desk.Clock.GetElapsedTime(_begin).TotalSeconds;
            double? left = done > _first && seconds > 1 ? seconds / (done - _first) * (total - done) : null;
            lock (desk._gate)
                desk.Set(desk._state with { Stage = name, Done = done, Total = total, Unit = unit, Detail = detail, SecondsLeft = left });
        }

        public void Dispose()
        {
        }
    }

    private TimeProvider Clock => time;
}
