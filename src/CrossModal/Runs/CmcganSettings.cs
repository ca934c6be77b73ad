using CrossModal.Kernels;

namespace CrossModal.Runs;

/// <summary>What the losses of encoders and decoders weigh in <c>train cmcgan</c> beside the game, whose weight is 1.</summary>
internal sealed record CmcganSettings
{
    /// <summary>Of L1 between what goes in and what comes out on the paths image to image and sound to sound. 10 is chosen here.</summary>
    [Within(0, 1000)]
    public double Reconstruction { get; init; } = 10;

    /// <summary>
    /// Of L1 on the ways sound to image to sound and image to sound to image; 0: none, and no further passes of encoders and decoders. 2 is
    /// chosen here.
    /// </summary>
    [Within(0, 1000)]
    public double Cycle { get; init; } = 2;

    /// <summary>Of a head that names the instrument from a code of either encoder, no part of CMCGAN; 0: no such head.</summary>
    [Within(0, 100)]
    public double CodeClasses { get; init; }

    public static NumberSetting ReconstructionSetting { get; } = Number("reconstruction",
        "Weight of L1 on the paths image to image and sound to sound; 0: none.", nameof(Reconstruction), terms => terms.Reconstruction,
        (terms, value) => terms with { Reconstruction = value });

    public static NumberSetting CycleSetting { get; } = Number("cycle",
        "Weight of L1 on the ways sound to image to sound and image to sound to image; 0: none, and a shorter step.", nameof(Cycle),
        terms => terms.Cycle, (terms, value) => terms with { Cycle = value });

    public static NumberSetting CodeClassesSetting { get; } = Number("code-classes",
        "Weight of a head that names the instrument from the codes, no part of CMCGAN; 0: none.", nameof(CodeClasses),
        terms => terms.CodeClasses,
        (terms, value) => terms with { CodeClasses = value });

    /// <summary>Those that a user may choose, in the order of the help.</summary>
    public static IReadOnlyList<Setting> Declared { get; } = [ReconstructionSetting, CycleSetting, CodeClassesSetting];

    private static NumberSetting Number(string name, string help, string property, Func<CmcganSettings, double> get,
        Func<CmcganSettings, double, CmcganSettings> set) =>
        new(name, help, WithinAttribute.Of<CmcganSettings>(property), run => get(run.Cmcgan),
            (run, value) => run with { Cmcgan = set(run.Cmcgan, value) })
        {
            AppliesTo = kind => kind.HasBothDirections,
        };
}
