namespace CrossModal.Training;

/// <summary>What <c>train cmcgan</c> takes of a preset, and what it has otherwise.</summary>
internal static class CycleGanPresets
{
    /// <summary>
    /// The preset with what CMCGAN has not left out: the penalty on the discriminator's slope, augmentation, and the head of the discriminator. In <c>quick</c> there are fewer epochs, because a step does more.
    /// </summary>
    public static RunConfiguration Over(RunConfiguration preset)
    {
        var own = preset with { Gan = preset.Gan with { R1 = 0, Augment = false, Auxiliary = 0 } };
        return preset.Preset == Presets.Quick.Preset ? own with { Gan = own.Gan with { Epochs = 30, HalveEvery = 11 } } : own;
    }
}
