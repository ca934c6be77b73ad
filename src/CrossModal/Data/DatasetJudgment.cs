namespace CrossModal.Data;

/// <summary>
/// Whether a data set can be learned from once its files were decoded. Training and the report on a data set ask here, so that they agree.
/// </summary>
/// <param name="Errors">What forbids its use, a line each.</param>
/// <param name="Warnings">What is left out of it, a line each.</param>
internal sealed record DatasetJudgment(IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    /// <summary>Judges the samples that are to be used.</summary>
    /// <param name="list">All of a data set, or those that were chosen.</param>
    public static DatasetJudgment Of(SampleList list, SampleFaults faults)
    {
        var (index, errors, warnings) = (list.Index, Unreadable(list, faults), new List<string>());
        if (faults.SilentSounds.Count > 0)
            warnings.Add($"{index.Folder}: {faults.SilentSounds.Count} of {list.Sounds.Length} windows of half a second are silent and "
                + $"left out (first in {index.Sounds[list.Sounds[faults.SilentSounds[0]].File].RelativePath})");
        if (faults.ScaledSounds.Count > 0)
            warnings.Add($"{index.Folder}: {faults.ScaledSounds.Count} sounds go beyond full scale and are scaled down to it (first "
                + $"{faults.ScaledSounds[0]})");

        var usable = UsableSamples.Of(list, faults);
        foreach (var split in new[] { Split.Train, Split.Validation })
        {
            var (name, before) = (split.ToString().ToLowerInvariant(), errors.Count);
            var (sounds, listedSounds) = Count(usable.Sounds(split), list.Sounds.Length, Heard);
            var (images, listedImages) = Count(usable.Images(split), list.Images.Length, Seen);
            var (silent, _) = Count(faults.SilentSounds.Where(i => Heard(i).Split == split), 0, Heard);
            for (var i = 0; i < index.Classes.Length; i++)
            {
                var of = $"{index.Folder}: class '{index.Classes[i]}'";
                if (sounds[i] > 0 && images[i] == 0)
                    errors.Add(listedImages[i] == 0 ? $"{of} has sounds but no images left in {name}; use more pairs or add images"
                        : $"{of} has {Number(listedImages[i], "image")} in {name} and none can be used; add others or remove the class");
                else if (sounds[i] == 0 && listedSounds[i] > 0)
                    (split == Split.Train ? errors : warnings).Add($"{of} has {Number(listedSounds[i], "window")} of sound in {name} and "
                        + $"none can be used{(silent[i] > 0 ? $" ({silent[i]} silent)" : "")}; add others or remove the class");
            }

            string[] left = [.. index.Classes.Where((_, i) => sounds[i] > 0 && images[i] > 0)];
            if (errors.Count > before)
                continue;
            if (left.Length == 0)
                errors.Add($"{index.Folder}: nothing is left in {name}; use more pairs or add files");
            else if (left.Length == 1 && split == Split.Train)
                errors.Add($"{index.Folder}: one class is left in {name}, '{left[0]}', and pairs that do not match need two; use more "
                    + "pairs or add files");

            (int[] Usable, int[] Listed) Count(IEnumerable<int> places, int all, Func<int, DataFile> file)
            {
                var (those, listed) = (new int[index.Classes.Length], new int[index.Classes.Length]);
                foreach (var place in places)
                    those[file(place).Class]++;
                for (var i = 0; i < all; i++)
                    listed[file(i).Class] += file(i).Split == split ? 1 : 0;
                return (those, listed);
            }
        }

        return new DatasetJudgment(errors, warnings);

        static string Number(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
        DataFile Heard(int i) => index.Sounds[list.Sounds[i].File];
        DataFile Seen(int i) => index.Images[list.Images[i]];
    }

    /// <summary>Whether more files cannot be read than can be done without.</summary>
    public static List<string> Unreadable(SampleList list, SampleFaults faults)
    {
        var errors = new List<string>();
        Judge("images", faults.BadImages, list.Images.Distinct().Count());
        Judge("sounds", faults.BadSounds, list.Sounds.Select(sound => sound.File).Distinct().Count());
        return errors;

        void Judge(string kind, IReadOnlyList<BadSample> bad, int count)
        {
            if (bad.Count * DatasetIndex.TolerableOneIn <= count)
                return;
            var (first, folder) = (bad.OrderBy(sample => sample.File, StringComparer.Ordinal).Take(3), list.Index.Folder);

            // The reasons begin with the full path, of which the part inside of the data set tells enough.
            errors.Add($"{folder}: {bad.Count} of {count} {kind} cannot be read, more than 1 %: " + string.Join("; ", first
                .Select(sample => sample.Reason.Replace(Path.Combine(folder, sample.File), sample.File, StringComparison.Ordinal))));
        }
    }
}
