namespace CrossModal.Data;

/// <summary>
/// The layout of Sub-URMP (Chen et al. 2017): <c>img/SPLIT/CLASS/STEM.jpg</c> belongs to <c>chunk/SPLIT/CLASS/STEM.wav</c>. Pairs are made
/// by stem, never by order: mirrors of the data differ in how they sort.
/// </summary>
internal sealed class StemPairLayout : DatasetLayout
{
    public override string Name => "StemPairs";

    public override string Pattern => "img|chunk/train|validation/CLASS/* (Sub-URMP)";

    public override string Meaning => "Sub-URMP layout: sounds and images are paired by file name";

    public override bool IsPaired => true;

    internal override DatasetIndex? Examine(string folder)
    {
        var findings = new DatasetFindings(folder);
        return MediaFolders.In(folder, ("img", "chunk"), areSplit: true, findings) is { } places
            ? new Reading(folder, findings).Read(places, this) : null;
    }

    /// <summary>A look at one folder.</summary>
    private sealed class Reading(string folder, DatasetFindings findings)
    {
        /// <summary>Names that lack their partner and are compared with all others.</summary>
        private const int MostCompared = 100;

        private readonly DatasetFindings _findings = findings;
        private readonly List<DataFile> _images = [], _sounds = [];

        public DatasetIndex Read(IReadOnlyList<MediaFolders> places, DatasetLayout layout)
        {
            MediaFolders[] splits = [.. places.Where(place => place.Split is not null)];
            string[] classes =
                [.. splits.SelectMany(split => DatasetFolder.Children(split.Images).Concat(DatasetFolder.Children(split.Sounds)))
                    .Distinct().Order(StringComparer.Ordinal)];
            _findings.SplitRule = "by folders: " + string.Join(", ", splits.SelectMany(split => new[] { split.Images, split.Sounds })
                .OfType<string>().Select(path => DatasetFolder.Relative(folder, path)));
            var total = 0;
            foreach (var (split, imageFolder, soundFolder) in splits)
            {
                for (var i = 0; i < classes.Length; i++)
                {
                    var seen = ByStem(imageFolder, classes[i], DatasetFolder.ImageExtensions);
                    var heard = ByStem(soundFolder, classes[i], DatasetFolder.SoundExtensions);
                    total += Math.Max(seen.Count, heard.Count);
                    AddPairs(split!.Value, i, seen, heard);
                }
            }

            _findings.CheckClasses(classes, _sounds, _images);
            _findings.LimitSkipped(total, "have no partner of the same name", "complete the pairs or remove what is left over");
            _findings.WarnOfForeign();
            DatasetIndex.Sort(_sounds);
            var imageOf = _images.ToDictionary(file => (file.Split, file.Class, file.Stem));
            return new DatasetIndex(layout, classes, _sounds,
                [.. _sounds.Select(file => imageOf[(file.Split, file.Class, file.Stem)])], _findings);
        }

        private Dictionary<string, FileInfo> ByStem(string? splitFolder, string className, string[] extensions)
        {
            var files = new Dictionary<string, FileInfo>(StringComparer.Ordinal);
            var classFolder = splitFolder is null ? null : Path.Combine(splitFolder, className);
            if (classFolder is null || !Directory.Exists(classFolder))
                return files;
            foreach (var file in DatasetFolder.Files(classFolder, extensions, _findings))
            {
                var stem = Path.GetFileNameWithoutExtension(file.Name);
                if (!files.TryAdd(stem, file))
                {
                    var (first, second) = (files[stem].Name, DatasetFolder.Relative(folder, file.FullName));
                    _findings.Errors.Add($"{folder}: {second} and {first} have the same name but for the extension, by which pairs are "
                        + "made; remove one of them");
                }
            }

            return files;
        }

        private void AddPairs(Split split, int classIndex, Dictionary<string, FileInfo> seen, Dictionary<string, FileInfo> heard)
        {
            var alone = 0;
            foreach (var (stem, image) in seen)
            {
                if (!heard.TryGetValue(stem, out var sound))
                {
                    Skip(image, "image without its sound", heard.Keys);
                    continue;
                }

                // A name that tells no song makes a song of its own, so that nothing is taken for its neighbor.
                var song = SongName.Parse(stem) ?? (1_000_000 + alone++, -1);
                _images.Add(DataFile.Of(folder, image, classIndex, split, song));
                _sounds.Add(DataFile.Of(folder, sound, classIndex, split, song));
            }

            foreach (var (stem, sound) in heard)
                if (!seen.ContainsKey(stem))
                    Skip(sound, "sound without its image", seen.Keys);
        }

        private void Skip(FileInfo file, string reason, IEnumerable<string> partners)
        {
            var stem = Path.GetFileNameWithoutExtension(file.Name);
            var alike = UnicodeForm.HasMarks(stem) && _findings.Skipped.Count < MostCompared
                ? partners.FirstOrDefault(partner => UnicodeForm.LooksAs(stem, partner)) : null;
            _findings.Skipped.Add(new SkippedFile(DatasetFolder.Relative(folder, file.FullName), alike is null ? reason
                : $"{reason}: {UnicodeForm.Spelled(stem)} and {UnicodeForm.Spelled(alike)} differ in their Unicode form"));
        }
    }
}
