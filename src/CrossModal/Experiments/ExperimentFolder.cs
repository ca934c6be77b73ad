using System.Diagnostics;
using System.Text.Json;
using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal.Experiments;

/// <summary>What an experiment was asked for; null where its preset decides.</summary>
internal sealed record ExperimentSettings(string Command, string Data, string Preset, ulong Seed,
    [property: Within(1, int.MaxValue)] int? Pairs, [property: Within(1, int.MaxValue)] int? Epochs)
{
    public static ExperimentSettings Of(string command, RunOptions options) =>
        new(command, RunSettings.Locate(options.Data ?? RunOptions.StandardData),
        options.Preset ?? RunOptions.StandardPreset, options.Seed ?? RunOptions.StandardSeed, options.Pairs, options.Epochs);

    /// <summary>One line above a table.</summary>
    internal string Describe(double chance)
    {
        var parts = new List<string> { $"`{Command}`", $"data {Path.GetFileName(Data)}", $"preset {Preset}" };
        if (Pairs is { } pairs)
            parts.Add($"at most {pairs} pairs");
        if (Epochs is { } epochs)
            parts.Add($"{epochs} epochs");
        return $"{string.Join(", ", parts)}, seed {Seed}; chance {chance:0.0%}";
    }
}

/// <summary>What <c>experiment.json</c> holds: what was asked for, and how long each part took so far.</summary>
/// <param name="Begun">When a part was begun that did not end: it is under way, or was killed.</param>
internal sealed record ExperimentState(ExperimentSettings Settings, Dictionary<string, double> Seconds,
    Dictionary<string, DateTime>? Begun = null);

/// <summary>
/// The folder of an experiment, held until it is disposed. A second call with the same settings goes on where the first one stopped.
/// </summary>
internal sealed class ExperimentFolder : IDisposable
{
    private const string LockName = "experiment.lock";

    private static readonly JsonFile<ExperimentState> File = new(ExperimentJson.Default.ExperimentState, "description of an experiment",
        "put the file back as the experiment wrote it, or choose another folder");

    private readonly ExperimentState _state;
    private readonly FolderHold _held;

    private ExperimentFolder(string path, ExperimentState state, FolderHold held) =>
        (Path, _state, _held) = (path, state with { Begun = state.Begun ?? [] }, held);

    public string Path { get; }

    private string StateFile => In("experiment.json");

    /// <summary>Makes the folder, or opens the one of an experiment with the same settings.</summary>
    /// <param name="chosen">Null for <c>runs/NAME-DATE-TIME</c>.</param>
    /// <exception cref="BadInputException">Another experiment is there.</exception>
    public static ExperimentFolder Open(string? chosen, ExperimentSettings settings)
    {
        if (chosen is null)
        {
            var (made, hold) = FolderHold.TakeNew(RunFolder.NameOf(settings.Command.Split(' ')[^1]), LockName);
            return Begin(made, settings, hold);
        }

        var path = System.IO.Path.GetFullPath(chosen);
        if (System.IO.File.Exists(path))
            throw new SettingException("out", $"{path}: is a file; choose a folder");
        var held = FolderHold.TryTake(path, LockName) ?? throw new BadInputException(
            $"{path}: another process is at this experiment; wait for it, or choose another folder");
        try
        {
            foreach (var folder in Directory.GetDirectories(path, "*", SearchOption.AllDirectories).Prepend(path))
                StagedPath.RemoveLeftovers(folder);
            return Open(path, settings, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static ExperimentFolder Open(string path, ExperimentSettings settings, FolderHold held)
    {
        var file = System.IO.Path.Combine(path, "experiment.json");
        if (!System.IO.File.Exists(file))
        {
            return held.IsEmpty ? Begin(path, settings, held)
                : throw new SettingException("out", $"{path}: has files and no experiment.json; choose another folder");
        }

        var state = File.Read(file);
        if (state.Settings != settings)
            throw new SettingException("out",
                $"{path}: {Difference(state.Settings, settings)}; give the same to go on with it, or choose another folder");
        return new ExperimentFolder(path, state, held);
    }

    private static ExperimentFolder Begin(string path, ExperimentSettings settings, FolderHold held)
    {
        var begun = new ExperimentFolder(path, new ExperimentState(settings, []), held);
        begun.Save();
        return begun;
    }

    public void Dispose() => _held.Dispose();

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>How long a part took, over all calls.</summary>
    public double SecondsOf(string part) => _state.Seconds.GetValueOrDefault(part);

    /// <summary>
    /// Runs a part, adds its time to what it took before, and writes that down whatever happens. Of a part that was killed, the time up to
    /// the last file that it wrote counts.
    /// </summary>
    /// <param name="place">The folder of its files.</param>
    public T Timed<T>(string part, string place, Func<T> run)
    {
        Account(part, place);
        var start = Stopwatch.GetTimestamp();
        _state.Begun![part] = DateTime.UtcNow;
        Save();
        try
        {
            return run();
        }
        finally
        {
            _state.Seconds[part] = SecondsOf(part) + Stopwatch.GetElapsedTime(start).TotalSeconds;
            _state.Begun.Remove(part);
            Save();
        }
    }

    /// <summary>Adds the time of a part that was begun and killed.</summary>
    public void Account(string part, string place)
    {
        if (!_state.Begun!.Remove(part, out var begun))
            return;
        string[] files = Directory.Exists(place) ? Directory.GetFiles(place, "*", SearchOption.AllDirectories) : [];
        var last = files.Select(System.IO.File.GetLastWriteTimeUtc).Append(begun).Max();
        _state.Seconds[part] = SecondsOf(part) + (last - begun).TotalSeconds;
        Save();
    }

    private void Save() => AtomicFile.WriteText(StateFile, JsonSerializer.Serialize(_state, ExperimentJson.Default.ExperimentState));

    private static string Difference(ExperimentSettings begun, ExperimentSettings asked)
    {
        (string Name, object? Begun, object? Asked)[] all =
        [
            ("the command", begun.Command, asked.Command), ("data", begun.Data, asked.Data), ("preset", begun.Preset, asked.Preset),
                ("seed", begun.Seed, asked.Seed),
            ("pairs", begun.Pairs, asked.Pairs), ("epochs", begun.Epochs, asked.Epochs),
        ];
        var (name, was, now) = all.First(entry => !Equals(entry.Begun, entry.Asked));
        return $"was begun with {name} {was ?? "as the preset has it"}, not {now ?? "as the preset has it"}";
    }
}
