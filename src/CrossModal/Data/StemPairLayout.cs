namespace CrossModal.Data;

/// <summary>
/// The layout of Sub-URMP (Chen et al. 2017): <c>img/SPLIT/CLASS/STEM.jpg</c> belongs to <c>chunk/SPLIT/CLASS/STEM.wav</c>. Pairs are made
/// by stem, never by order: mirrors of the data differ in how they sort.
/// </summary>
internal sealed class StemPairLayout : DatasetLayout
{
    private static readonly string[] ValidationNames = ["validation", "valid", "val", "test"];

    public override string Name => "StemPairs";

    public override string Pattern => "img|chunk/train|validation/CLASS/* (Sub-URMP)";

    public override string Meaning => "Sub-URMP layout: sounds and images are paired by file name";

    public override bool IsPaired => true;

    public override bool CutsRecordings => false;

    internal override DatasetIndex? Examine(string folder) =>
        DatasetFolder.Child(folder, "img") is { } images && DatasetFolder.Child(folder, "chunk") is { } sounds
            ? new Reading(folder).Read(images, sounds, this) : null;

    /// <summary>A look at one folder.</summary>
    private sealed class Reading(string folder)
    {
        private readonly DatasetFindings _findings = new(folder);
        private readonly List<DataFile> _images = [], _sounds = [];

        public DatasetIndex Read(string img, string chunk, DatasetLayout layout)
        {
            (Split Split, string? Images, string? Sounds)[] splits =
            [
                (Split.Train, DatasetFolder.Child(img, "train"), DatasetFolder.Child(chunk, "train")),
                (Split.Validation, Validation(img), Validation(chunk)),
            ];
            string[] classes =
                [.. splits.SelectMany(split => DatasetFolder.Children(split.Images).Concat(DatasetFolder.Children(split.Sounds)))
                    .Distinct().Order(StringComparer.Ordinal)];
            var total = 0;
            foreach (var (split, imageFolder, soundFolder) in splits)
            {
                for (var i = 0; i < classes.Length; i++)
                {
                    var seen = ByStem(imageFolder, classes[i], DatasetFolder.ImageExtensions);
                    var heard = ByStem(soundFolder, classes[i], DatasetFolder.SoundExtensions);
                    total += Math.Max(seen.Count, heard.Count);
                    AddPairs(split, i, seen, heard);
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

        private string? Validation(string parent)
        {
            string[] found = [.. ValidationNames.Select(name => DatasetFolder.Child(parent, name)).OfType<string>()];
            if (found.Length > 1)
            {
                var names = string.Join(" and ", found.Select(Path.GetFileName));
                _findings.Warnings.Add($"{parent}: has {names}; the first is used for validation, the others are left aside");
            }

            return found.FirstOrDefault();
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
                    Skip(image, "image without its sound");
                    continue;
                }

                // A name that tells no song makes a song of its own, so that nothing is taken for its neighbor.
                var song = SongName.Parse(stem) ?? (1_000_000 + alone++, -1);
                _images.Add(DataFile.Of(folder, image, classIndex, split, song));
                _sounds.Add(DataFile.Of(folder, sound, classIndex, split, song));
            }

            foreach (var (stem, sound) in heard)
                if (!seen.ContainsKey(stem))
                    Skip(sound, "sound without its image");
        }

        private void Skip(FileInfo file, string reason) =>
            _findings.Skipped.Add(new SkippedFile(DatasetFolder.Relative(folder, file.FullName), reason));
    }
}
