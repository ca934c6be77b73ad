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
internal sealed record ExperimentState(ExperimentSettings Settings, Dictionary<string, double> Seconds);

/// <summary>The folder of an experiment. A second call with the same settings goes on where the first one stopped.</summary>
internal sealed class ExperimentFolder
{
    private static readonly JsonFile<ExperimentState> File = new(ExperimentJson.Default.ExperimentState, "description of an experiment",
        "put the file back as the experiment wrote it, or choose another folder");

    private readonly ExperimentState _state;

    private ExperimentFolder(string path, ExperimentState state) => (Path, _state) = (path, state);

    public string Path { get; }

    private string StateFile => In("experiment.json");

    /// <summary>Makes the folder, or opens the one of an experiment with the same settings.</summary>
    /// <param name="chosen">Null for <c>runs/NAME-DATE-TIME</c>.</param>
    /// <exception cref="BadInputException">Another experiment is there.</exception>
    public static ExperimentFolder Open(string? chosen, ExperimentSettings settings)
    {
        var path = System.IO.Path.GetFullPath(chosen
            ?? System.IO.Path.Combine("runs", $"{settings.Command.Split(' ')[^1]}-{DateTime.Now:yyyyMMdd-HHmmss}"));
        var file = System.IO.Path.Combine(path, "experiment.json");
        if (System.IO.File.Exists(path))
            throw new SettingException("out", $"{path}: is a file; choose a folder");
        if (!System.IO.File.Exists(file))
        {
            var made = new ExperimentFolder(path, new ExperimentState(settings, []));
            made.Save();
            return made;
        }

        var state = File.Read(file);
        if (state.Settings != settings)
            throw new SettingException("out",
                $"{path}: {Difference(state.Settings, settings)}; give the same to go on with it, or choose another folder");
        return new ExperimentFolder(path, state);
    }

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>How long a part took, over all calls.</summary>
    public double SecondsOf(string part) => _state.Seconds.GetValueOrDefault(part);

    /// <summary>Runs a part, adds its time to what it took before, and writes that down whatever happens.</summary>
    public T Timed<T>(string part, Func<T> run)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            return run();
        }
        finally
        {
            _state.Seconds[part] = SecondsOf(part) + System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
            Save();
        }
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
