namespace CrossModal.Data;

/// <summary>The folders of sounds and images of one split, each with a folder for each class.</summary>
/// <param name="Split">Null where the folders tell no split.</param>
/// <param name="Images">Null where the split has none.</param>
/// <param name="Sounds">Likewise.</param>
internal sealed record MediaFolders(Split? Split, string? Images, string? Sounds)
{
    /// <summary>
    /// Where sounds and images lie: <c>IMAGES|SOUNDS/CLASS</c>, with splits between (<c>IMAGES|SOUNDS/SPLIT/CLASS</c>) or above
    /// (<c>SPLIT/IMAGES|SOUNDS/CLASS</c>). Null where the folder is laid out in another way.
    /// </summary>
    /// <param name="names">The names of the folders of images and sounds.</param>
    /// <param name="areSplit">Whether there must be splits: what is not one of them is then no class, and left aside.</param>
    public static IReadOnlyList<MediaFolders>? In(string folder, (string Images, string Sounds) names, bool areSplit,
        DatasetFindings findings)
    {
        var (images, sounds) = names;
        var around = SplitFolders.Around(folder, images, sounds);
        if (DatasetFolder.Child(folder, images) is not { } shown || DatasetFolder.Child(folder, sounds) is not { } heard)
            return around.Count == 0 ? null : OfSplits(folder, findings, split =>
                split is null ? (null, null) : (DatasetFolder.Child(split, images), DatasetFolder.Child(split, sounds)));
        if (around.Count > 0)
            findings.Errors.Add($"{folder}: has {images} and {sounds} both in itself and in "
                + $"{string.Join(", ", around.Select(Path.GetFileName))}; put all into splits, or none");
        var (ofImages, ofSounds) = areSplit ? (true, true)
            : (SplitFolders.AreIn(shown, findings), SplitFolders.AreIn(heard, findings));
        if (!ofImages && !ofSounds)
            return [new MediaFolders(null, shown, heard)];
        if (ofImages != ofSounds)
            findings.Errors.Add($"{folder}: {(ofImages ? images : sounds)} is divided into splits and {(ofImages ? sounds : images)} is "
                + "not; divide both alike");
        return
        [
            new MediaFolders(Data.Split.Train, SplitFolders.TrainIn(shown, findings), SplitFolders.TrainIn(heard, findings)),
            new MediaFolders(Data.Split.Validation, SplitFolders.ValidationIn(shown, findings), SplitFolders.ValidationIn(heard, findings)),
        ];
    }

    private static MediaFolders[] OfSplits(string folder, DatasetFindings findings, Func<string?, (string?, string?)> inside)
    {
        var (train, validation) = (inside(SplitFolders.TrainIn(folder, findings)), inside(SplitFolders.ValidationIn(folder, findings)));
        return [new MediaFolders(Data.Split.Train, train.Item1, train.Item2),
            new MediaFolders(Data.Split.Validation, validation.Item1, validation.Item2)];
    }
}
