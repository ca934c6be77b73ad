using System.Globalization;
using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>
/// What steadies a GAN or makes its samples better, each by itself; null where the preset decides. Presets <c>paper</c> has none of it, so
/// that it stays the paper's.
/// </summary>
internal sealed record GanChoices
{
    public AdversarialLoss? Loss { get; init; }

    public double? Ema { get; init; }

    public bool? SpectralNorm { get; init; }

    public double? DiscriminatorRateRatio { get; init; }

    public double? R1 { get; init; }

    public double? RealTarget { get; init; }

    public bool? Augment { get; init; }

    public double? Auxiliary { get; init; }

    public double? CodeHead { get; init; }

    public double? ModeSeeking { get; init; }

    /// <summary>The preset's settings with these laid over them. The auxiliary head's classes are known only with the data.</summary>
    public RunConfiguration Over(RunConfiguration preset) => preset with
    {
        Model = preset.Model with { SpectralNorm = SpectralNorm ?? preset.Model.SpectralNorm },
        Gan = preset.Gan with
        {
            Loss = Loss ?? preset.Gan.Loss,
            Ema = Ema ?? preset.Gan.Ema,
            DiscriminatorRateRatio = DiscriminatorRateRatio ?? preset.Gan.DiscriminatorRateRatio,
            R1 = R1 ?? preset.Gan.R1,
            RealTarget = RealTarget ?? preset.Gan.RealTarget,
            Augment = Augment ?? preset.Gan.Augment,
            Auxiliary = Auxiliary ?? preset.Gan.Auxiliary,
            CodeHead = CodeHead ?? preset.Gan.CodeHead,
            ModeSeeking = ModeSeeking ?? preset.Gan.ModeSeeking,
        },
    };

    /// <summary>The first choice that a run was not begun with, and what it was begun with.</summary>
    public (string Option, string Recorded)? FirstDifference(RunConfiguration run)
    {
        (string Option, object? Asked, object Recorded)[] all =
        [
            ("--loss", Loss, run.Gan.Loss), ("--ema", Ema, run.Gan.Ema), ("--spectral-norm", SpectralNorm, run.Model.SpectralNorm),
            ("--discriminator-rate", DiscriminatorRateRatio, run.Gan.DiscriminatorRateRatio), ("--r1", R1, run.Gan.R1),
                ("--real-target", RealTarget, run.Gan.RealTarget),
            ("--augment", Augment, run.Gan.Augment), ("--auxiliary", Auxiliary, run.Gan.Auxiliary),
                ("--code-head", CodeHead, run.Gan.CodeHead),
            ("--mode-seeking", ModeSeeking, run.Gan.ModeSeeking),
        ];
        foreach (var (option, asked, recorded) in all)
        {
            if (asked is not null && !asked.Equals(recorded))
                return (option, Word(recorded));
        }

        return null;
    }

    private static string Word(object value) => value switch
    {
        bool on => on ? "on" : "off",
        AdversarialLoss loss => loss == AdversarialLoss.Hinge ? "hinge" : "cross-entropy",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
