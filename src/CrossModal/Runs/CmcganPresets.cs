namespace CrossModal.Runs;

/// <summary>What <c>train cmcgan</c> takes of a preset, and what it has otherwise.</summary>
internal static class CmcganPresets
{
    /// <summary>
    /// The preset without what CMCGAN's step does not have: the penalty on the discriminator's slope, augmentation, the head of the
    /// discriminator. But for <c>paper</c> there is a head that names the instrument from the codes. In <c>quick</c> there are fewer
    /// epochs, because a step takes two and a half times as long, and half of the mode-seeking term: with the whole of it spectrograms got
    /// worse after half of the epochs.
    /// </summary>
    public static RunSettings Over(RunSettings preset)
    {
        var own = preset with
        {
            Gan = preset.Gan with { R1 = 0, Augment = false, Auxiliary = 0, CodeHead = 0 },
            Cmcgan = preset.Cmcgan with { CodeClasses = preset.Preset == Presets.Paper.Preset ? 0 : 1 },
        };
        return preset.Preset == Presets.Quick.Preset
            ? own with { Gan = own.Gan with { Epochs = 25, HalveEvery = 9, ModeSeeking = preset.Gan.ModeSeeking / 2 } } : own;
    }
}
