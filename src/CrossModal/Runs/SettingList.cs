using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>All settings that a user may choose beside data, preset, length and seed.</summary>
internal static class SettingList
{
    public static WordSetting<Scenario> Scenario { get; } = new("scenario",
        "What a wrong pair is. instrument: a sample of any other instrument; pose: one of the same instrument in another pose or by "
            + "another player.",
        [("instrument", Runs.Scenario.Instrument), ("pose", Runs.Scenario.Pose)], run => run.Scenario,
        (run, value) => run with { Scenario = value })
    {
        Default = "instrument",
    };

    public static WordSetting<Variant> Variant { get; } = new("variant",
        "The paper's variants. c: the code of a sound classifier; n: the same without wrong pairs; a: the code of a sound autoencoder, "
            + "which never saw a label.",
        [("c", Runs.Variant.C), ("n", Runs.Variant.N), ("a", Runs.Variant.A)], run => run.Variant,
        (run, value) => run with { Variant = value, Gan = run.Gan with { WrongPairs = value != Runs.Variant.N } })
    {
        Default = "c",
        AppliesTo = kind => kind == RunKind.SoundToImage,
    };

    public static WordSetting<int> Size { get; } = new("size",
        "Pixels of a picture from side to side, and frames and mels of a spectrogram, which has at most 128.",
        [("32", 32), ("64", 64), ("128", 128), ("256", 256)],
        run => run.Model.ImageSize, (run, value) => run with { Model = run.Model with { ImageSize = value } })
    {
        Default = "64",
    };

    public static WordSetting<bool> SpectralNorm { get; } = new("spectral-norm",
        "Normalizes the discriminator's weights in place of its activations.", [("on", true), ("off", false)],
        run => run.Model.SpectralNorm, (run, value) => run with { Model = run.Model with { SpectralNorm = value } });

    public static WordSetting<bool> Upsampling { get; } = new("upsampling",
        "Whether the generator doubles its sides by repeating pixels before a convolution, in place of transposed convolutions.",
        [("on", true), ("off", false)], run => run.Model.Upsampling,
        (run, value) => run with { Model = run.Model with { Upsampling = value } });

    /// <summary>What steadies a GAN or makes its samples better, each by itself. Preset <c>paper</c> has none of it.</summary>
    public static IReadOnlyList<Setting> OfGan { get; } = [.. GanSettings.Declared, SpectralNorm, Upsampling];

    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Scenario, Variant, Size, .. OfGan, .. CmcganSettings.Declared];
}
