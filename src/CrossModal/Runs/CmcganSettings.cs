using CrossModal.Training;

namespace CrossModal.Runs;

/// <summary>What the losses of encoders and decoders weigh in <c>train cmcgan</c> beside the game, whose weight is 1.</summary>
internal sealed record CmcganSettings
{
    /// <summary>Of L1 between what goes in and what comes out on the paths image to image and sound to sound. 10 is chosen here.</summary>
    public double Reconstruction { get; init; } = 10;

    /// <summary>
    /// Of L1 on the ways sound to image to sound and image to sound to image; 0: none, and no further passes of encoders and decoders. 2 is
    /// chosen here.
    /// </summary>
    public double Cycle { get; init; } = 2;

    /// <summary>Of a head that names the instrument from a code of either encoder, no part of CMCGAN; 0: no such head.</summary>
    public double CodeClasses { get; init; }
}

/// <summary>What the user asked for of <see cref="CmcganSettings"/>; null where the preset decides.</summary>
internal sealed record CmcganChoices
{
    public double? Reconstruction { get; init; }

    public double? Cycle { get; init; }

    public double? CodeClasses { get; init; }

    /// <summary>A preset's settings with these laid over them.</summary>
    public CmcganSettings Over(CmcganSettings preset) => new()
    {
        Reconstruction = Reconstruction ?? preset.Reconstruction,
        Cycle = Cycle ?? preset.Cycle,
        CodeClasses = CodeClasses ?? preset.CodeClasses,
    };

    /// <summary>The first choice that a run was not begun with, and what it was begun with.</summary>
    public (string Option, double Recorded)? FirstDifference(CmcganSettings run)
    {
        (string, double?, double)[] all = [("--reconstruction", Reconstruction, run.Reconstruction), ("--cycle", Cycle, run.Cycle),
            ("--code-classes", CodeClasses, run.CodeClasses)];
        foreach (var (option, asked, recorded) in all)
        {
            if (asked is { } number && number != recorded)
                return (option, recorded);
        }

        return null;
    }
}
