using System.CommandLine;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary>The options that all training has.</summary>
internal sealed class TrainingOptions(Func<RunSettings, int> epochs, Func<RunSettings, int> batch, string what, string run)
{
    private const int MostPairs = 10_000_000;

    public Option<string> Data { get; } = Options.Text(
        "--data", "synthetic|DIR",
        "Sounds and pictures to train on: synthetic for made-up songs and players, or a folder in the Sub-URMP layout or with one folder "
            + "per class.",
        RunOptions.StandardData);

    public Option<string> Preset { get; } = Options.Choice(
        "--preset", Presets.Meaning, RunOptions.StandardPreset, Presets.Names);

    public DeviceOptions Device { get; } = new();

    public Option<int?> Epochs { get; } = Options.Whole("--epochs", $"Passes over the training pairs for the {what}; {ByPreset(epochs)}.",
        1, 1_000_000);

    public Option<int?> Batch { get; } = Options.Whole("--batch", $"Pairs in a step of the {what}; {ByPreset(batch)}.", 1, 4096);

    public Option<int?> Pairs { get; } = Options.Whole(
        "--pairs", $"Training pairs to use at most, or to make for synthetic data; {ByPreset(preset => preset.Pairs, "all")}.", 1,
            MostPairs);

    public Option<ulong> Seed { get; } = Options.Seed(
        "The seed of weights, noise and order: the same seed on the same device gives the same weights.", RunOptions.StandardSeed);

    public Option<string?> Out { get; } = Options.Path("--out", "DIR", $"The run folder to make; without it, runs/{run}-DATE-TIME.");

    public RunOptions Read(ParseResult parsed, Terminal terminal) => new()
    {
        Data = Options.Given(parsed, Data),
        Preset = Options.Given(parsed, Preset),
        Device = Device.Read(parsed, terminal),
        Epochs = parsed.GetValue(Epochs),
        Batch = parsed.GetValue(Batch),
        Pairs = parsed.GetValue(Pairs),
        Seed = parsed.GetResult(Seed) is { Implicit: false } ? parsed.GetValue(Seed) : null,
        Out = parsed.GetValue(Out),
    };

    /// <summary>What each preset sets, read from the presets themselves.</summary>
    private static string ByPreset(Func<RunSettings, int> setting, string? zero = null) =>
        "without it, "
            + string.Join(", ", Presets.Names.Select(name =>
            $"{(setting(Presets.Find(name)) is var value && value == 0 && zero is not null ? zero : value)} in {name}"));
}
