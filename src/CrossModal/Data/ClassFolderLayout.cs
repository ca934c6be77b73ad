using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// One folder a class: <c>images/CLASS/*</c> and <c>audio/CLASS/*</c>. Splits come from <c>manifest.csv</c> (columns modality, instrument
/// or class, file, split); without one, about 15 % of the files of each class are drawn for validation, the same ones on every run.
/// </summary>
internal sealed class ClassFolderLayout : DatasetLayout
{
    private const double ValidationShare = 0.15;

    /// <summary>Fixed, and not the seed of a run: a run evaluated under another seed must not meet its training files again.</summary>
    private const ulong SplitSeed = 2017;

    public override string Name => "ClassFolders";

    public override string Pattern => "images|audio/CLASS/*";

    public override string Meaning => "one folder a class: sounds and images belong together by class only";

    public override bool IsPaired => false;

    public override bool CutsRecordings => true;

    internal override DatasetIndex? Examine(string folder) =>
        DatasetFolder.Child(folder, "images") is { } images && DatasetFolder.Child(folder, "audio") is { } sounds
            ? new Reading(folder).Read(images, sounds, this) : null;

    /// <summary>A file before its song is known.</summary>
    private sealed record Entry(FileInfo File, string Class, Split? Split)
    {
        /// <summary>
        /// Files named like windows of one song stay on one side of the split: neighboring windows are nearly the same sound.
        /// </summary>
        public string Song
        {
            get
            {
                var stem = Path.GetFileNameWithoutExtension(File.Name);
                return SongName.Parse(stem) is null ? File.Name : stem[..stem.LastIndexOf('_')];
            }
        }
    }

    /// <summary>A look at one folder.</summary>
    private sealed class Reading(string folder)
    {
        private readonly DatasetFindings _findings = new(folder);

        public DatasetIndex Read(string imageFolder, string soundFolder, DatasetLayout layout)
        {
            var manifest = DatasetManifest.Read(folder, _findings);
            string[] classes =
                [.. (manifest?.Select(row => row.Class)
                    ?? DatasetFolder.Children(imageFolder).Concat(DatasetFolder.Children(soundFolder)))
                    .Distinct().Order(StringComparer.Ordinal)];
            var images = Collect(Entries(imageFolder, DatasetFolder.ImageExtensions, manifest?.Where(row => row.IsImage)), classes, 0);
            var sounds = Collect(Entries(soundFolder, DatasetFolder.SoundExtensions, manifest?.Where(row => !row.IsImage)), classes, 1);
            _findings.CheckClasses(classes, sounds, images);
            if (manifest is not null)
                _findings.LimitSkipped(manifest.Count, "in manifest.csv are missing", "restore them or correct the manifest");
            _findings.WarnOfForeign();
            return new DatasetIndex(layout, classes, sounds, images, _findings);
        }

        private List<Entry> Entries(string mediaFolder, string[] extensions, IEnumerable<ManifestRow>? manifest)
        {
            var entries = new List<Entry>();
            foreach (var name in DatasetFolder.Children(mediaFolder))
                entries.AddRange(DatasetFolder.Files(Path.Combine(mediaFolder, name), extensions, _findings)
                    .Select(file => new Entry(file, name, null)));
            return manifest is null ? entries : Listed(entries, manifest);
        }

        /// <param name="modality">0 for images, 1 for sounds: their splits are drawn apart.</param>
        private List<DataFile> Collect(List<Entry> entries, string[] classes, ulong modality)
        {
            var files = new List<DataFile>();
            for (var i = 0; i < classes.Length; i++)
            {
                Entry[] members = [.. entries.Where(entry => entry.Class == classes[i])];
                string[] songs = [.. members.Select(member => member.Song).Distinct()];
                var numbers = Enumerable.Range(0, songs.Length).ToDictionary(number => songs[number], StringComparer.Ordinal);
                var drawn = members.Any(member => member.Split is null)
                    ? DrawValidation(classes[i], songs.Length, new CountedRandom(SplitSeed, (ulong)i * 2 + modality))
                    : [];
                foreach (var member in members)
                {
                    var song = numbers[member.Song];
                    var split = member.Split ?? (drawn.Contains(song) ? Split.Validation : Split.Train);
                    var time = SongName.Parse(Path.GetFileNameWithoutExtension(member.File.Name))?.Milliseconds ?? -1;
                    files.Add(DataFile.Of(folder, member.File, i, split, (song, time)));
                }
            }

            DatasetIndex.Sort(files);
            return files;
        }

        private HashSet<int> DrawValidation(string className, int songs, CountedRandom random)
        {
            if (songs < 2)
            {
                _findings.Errors.Add($"{folder}: class '{className}' has one recording or image only, so none is left for validation; add "
                    + "files, or a manifest.csv");
                return [];
            }

            int[] order = [.. Enumerable.Range(0, songs)];
            random.Shuffle<int>(order);
            return [.. order[..Math.Max(1, (int)Math.Round(songs * ValidationShare))]];
        }

        /// <summary>The files that the manifest lists, with their splits.</summary>
        private List<Entry> Listed(List<Entry> found, IEnumerable<ManifestRow> manifest)
        {
            var listed = new List<Entry>();
            var paths = new HashSet<string>(StringComparer.Ordinal);
            foreach (var row in manifest)
            {
                var file = new FileInfo(Path.Combine(folder, row.File));
                if (!paths.Add(file.FullName))
                    _findings.Errors.Add(
                        $"{Path.Combine(folder, "manifest.csv")}: line {row.Line} names {row.File} a second time; remove one of the lines");
                else if (!file.Exists)
                    _findings.Skipped.Add(new SkippedFile(row.File, $"missing, though manifest.csv names it in line {row.Line}"));
                else if (row.Split is { } split)
                    listed.Add(new Entry(file, row.Class, split));
            }

            Entry[] unlisted = [.. found.Where(entry => !paths.Contains(entry.File.FullName))];
            if (unlisted.Length > 0)
            {
                var first = DatasetFolder.Relative(folder, unlisted[0].File.FullName);
                _findings.Warnings.Add(
                    $"{folder}: files that are not in manifest.csv are left out, {unlisted.Length} in all (first {first})");
            }

            return listed;
        }
    }
}
