using CrossModal.Kernels;

namespace CrossModal.Runs;

/// <summary>What the user asked for on the command line; null where the preset decides.</summary>
internal sealed record RunOptions
{
    /// <summary>What holds where nothing is asked for and no run is continued.</summary>
    public const string StandardData = "synthetic", StandardPreset = "quick";

    /// <summary>Likewise, for the seed.</summary>
    public const ulong StandardSeed = 2017;

    /// <summary><c>synthetic</c>, or a folder in one of the two layouts.</summary>
    public string? Data { get; init; }

    /// <summary>One of <see cref="Presets.Names"/>.</summary>
    public string? Preset { get; init; }

    /// <summary>What was chosen of <see cref="SettingList.All"/>; of two choices of one setting the later counts.</summary>
    public IReadOnlyList<ChosenSetting> Settings { get; init; } = [];

    public DeviceSettings Device { get; init; } = new();

    /// <summary>Passes over the training pairs for the GAN; excludes <see cref="Steps"/>.</summary>
    public int? Epochs { get; init; }

    /// <summary>GAN steps instead of epochs.</summary>
    public int? Steps { get; init; }

    public int? Batch { get; init; }

    /// <summary>At most so many training pairs; the synthetic set is made that large.</summary>
    public int? Pairs { get; init; }

    /// <summary>Refuses what no run can have, before anything is made for it.</summary>
    /// <exception cref="BadInputException">There is no such preset, or a number is too small.</exception>
    public void Require()
    {
        if (Resume is null && Preset is not null)
            Presets.Find(Preset);
        foreach (var (name, value, least) in new (string, int?, int)[]
            { ("epochs", Epochs, 1), ("steps", Steps, 1), ("batch", Batch, 1), ("pairs", Pairs, 0) })
        {
            if (value < least)
                throw new SettingException(name, $"{value}: must be at least {least}");
        }
    }

    public ulong? Seed { get; init; }

    /// <summary>The run folder; null for <c>runs/s2i-DATE-TIME</c>.</summary>
    public string? Out { get; init; }

    /// <summary>A run folder to continue; its own options then hold, and those given here must agree with them.</summary>
    public string? Resume { get; init; }

    /// <summary>Whether a run that <see cref="Out"/> holds already is to be gone on with, as <see cref="Resume"/> does it.</summary>
    public bool Continue { get; init; }

    /// <summary>Whether event files for TensorBoard are written beside the lines of metrics.</summary>
    public bool TensorBoard { get; init; }

    /// <summary>The setting that a run to go on with was named by.</summary>
    public string Continuing => Continue ? "continue" : "resume";

    /// <summary>A description with the chosen settings laid over it.</summary>
    public RunSettings Over(RunSettings run) => Settings.Aggregate(run, (laid, chosen) => chosen.Lay(laid));

    /// <summary>A preset's settings of a network that is trained alone, with what was asked for laid over them.</summary>
    public ClassifierSettings Over(ClassifierSettings preset) => preset with
    {
        Epochs = Epochs ?? preset.Epochs,
        MinimumSteps = Epochs is null ? preset.MinimumSteps : 0,
        Batch = Batch ?? preset.Batch,
    };
}
