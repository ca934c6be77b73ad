namespace CrossModal.Data;

/// <summary>An image or sound that could not be decoded: its place in a list of samples, its file, and why.</summary>
internal sealed record BadSample(int Place, string File, string Reason);

/// <summary>What came to light when the samples of a <see cref="SampleList"/> were decoded.</summary>
/// <param name="BadImages">Files that cannot be read, each by the place of its first sample.</param>
/// <param name="BadSounds">Likewise.</param>
/// <param name="SilentSounds">Places of windows in which nothing is heard.</param>
/// <param name="ScaledSounds">Sounds beyond full scale, which were scaled down to it.</param>
internal sealed record SampleFaults(IReadOnlyList<BadSample> BadImages, IReadOnlyList<BadSample> BadSounds,
    IReadOnlyList<int> SilentSounds, IReadOnlyList<string> ScaledSounds)
{
    /// <summary>What of the faults of everything concerns a list that was chosen from it, with places in that list.</summary>
    public SampleFaults Of(SampleList chosen)
    {
        var silent = SilentSounds.ToHashSet();
        var sounds = chosen.Sounds.Select(sound => chosen.Index.Sounds[sound.File].RelativePath).ToHashSet(StringComparer.Ordinal);
        var images = chosen.Images.Select(image => chosen.Index.Images[image].RelativePath).ToHashSet(StringComparer.Ordinal);
        return new SampleFaults([.. BadImages.Where(bad => images.Contains(bad.File))],
            [.. BadSounds.Where(bad => sounds.Contains(bad.File))],
            [.. Enumerable.Range(0, chosen.Sounds.Length).Where(i => silent.Contains(chosen.SoundPlaces[i]))],
            [.. ScaledSounds.Where(sounds.Contains)]);
    }
}

/// <summary>
/// The samples of a list that can be used: decoded, heard, and where they are paired, with a partner that can be used too.
/// </summary>
internal sealed record UsableSamples(SampleList List, bool[] SoundIsUsable, bool[] ImageIsUsable)
{
    public static UsableSamples Of(SampleList list, SampleFaults faults)
    {
        var badSounds = faults.BadSounds.Select(bad => bad.File).ToHashSet(StringComparer.Ordinal);
        var badImages = faults.BadImages.Select(bad => bad.File).ToHashSet(StringComparer.Ordinal);
        var silent = faults.SilentSounds.ToHashSet();
        bool[] sounds = [.. list.Sounds.Select((sound, i) =>
            !silent.Contains(i) && !badSounds.Contains(list.Index.Sounds[sound.File].RelativePath))];
        bool[] images = [.. list.Images.Select(image => !badImages.Contains(list.Index.Images[image].RelativePath))];
        for (var i = 0; list.Index.Layout.IsPaired && i < sounds.Length; i++)
            sounds[i] = images[i] = sounds[i] && images[i];
        return new UsableSamples(list, sounds, images);
    }

    /// <summary>Places in the list of the sounds of a split that can be used.</summary>
    public IEnumerable<int> Sounds(Split split) => Enumerable.Range(0, SoundIsUsable.Length)
        .Where(i => SoundIsUsable[i] && List.Index.Sounds[List.Sounds[i].File].Split == split);

    /// <summary>Places in the list of the images of a split that can be used.</summary>
    public IEnumerable<int> Images(Split split) => Enumerable.Range(0, ImageIsUsable.Length)
        .Where(i => ImageIsUsable[i] && List.Index.Images[List.Images[i]].Split == split);
}
