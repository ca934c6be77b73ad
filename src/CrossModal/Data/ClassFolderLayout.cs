using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// One folder a class: <c>images/CLASS/*</c> and <c>audio/CLASS/*</c>. Splits come from <c>manifest.csv</c> (columns modality, instrument
/// or class, file, split), else from folders (<c>train</c>, <c>val</c>, <c>test</c>) above or below these two. Without either, about
/// 15 % of the files of each class are drawn for validation, the same ones on every run.
/// </summary>
internal sealed class ClassFolderLayout : DatasetLayout
{
    public override string Name => "ClassFolders";

    public override string Pattern => "images|audio/CLASS/*";

    public override string Meaning => "one folder a class: sounds and images belong together by class only";

    public override bool IsPaired => false;

    internal override DatasetIndex? Examine(string folder)
    {
        var findings = new DatasetFindings(folder);
        return MediaFolders.In(folder, ("images", "audio"), areSplit: false, findings) is { } places
            ? new Reading(folder, findings).Read(places, this) : null;
    }

    /// <summary>A file before its song is known.</summary>
    private sealed record Entry(FileInfo File, string Class, Split? Split);

    /// <summary>A look at one folder.</summary>
    private sealed class Reading(string folder, DatasetFindings findings)
    {
        public DatasetIndex Read(IReadOnlyList<MediaFolders> places, DatasetLayout layout)
        {
            var manifest = DatasetManifest.Read(folder, findings);
            string[] classes =
                [.. (manifest?.Select(row => row.Class)
                    ?? places.SelectMany(place => DatasetFolder.Children(place.Images).Concat(DatasetFolder.Children(place.Sounds))))
                    .Distinct().Order(StringComparer.Ordinal)];
            var drawn = new DrawnSplit(folder, findings);
            var shown = Entries(places, place => place.Images, DatasetFolder.ImageExtensions, manifest?.Where(row => row.IsImage));
            var heard = Entries(places, place => place.Sounds, DatasetFolder.SoundExtensions, manifest?.Where(row => !row.IsImage));
            var images = Collect(shown, classes, drawn, isSound: false);
            var sounds = Collect(heard, classes, drawn, isSound: true);
            findings.SplitRule = manifest is not null ? "as manifest.csv says"
                : places[0].Split is null ? drawn.Rule : "by folders: " + string.Join(", ", places
                    .SelectMany(place => new[] { place.Images, place.Sounds }).OfType<string>().Select(Relative));
            findings.CheckClasses(classes, sounds, images);
            if (manifest is not null)
                findings.LimitSkipped(manifest.Count, "in manifest.csv are missing", "restore them or correct the manifest");
            findings.WarnOfForeign();
            return new DatasetIndex(layout, classes, sounds, images, findings);
        }

        private List<Entry> Entries(IReadOnlyList<MediaFolders> places, Func<MediaFolders, string?> media, string[] extensions,
            IEnumerable<ManifestRow>? manifest)
        {
            var entries = new List<Entry>();
            foreach (var place in places)
            {
                foreach (var name in DatasetFolder.Children(media(place)))
                    entries.AddRange(DatasetFolder.Files(Path.Combine(media(place)!, name), extensions, findings)
                        .Select(file => new Entry(file, name, place.Split)));
            }

            return manifest is null ? entries : Listed(entries, manifest);
        }

        private List<DataFile> Collect(List<Entry> entries, string[] classes, DrawnSplit drawn, bool isSound)
        {
            var files = new List<DataFile>();
            var byClass = entries.ToLookup(entry => entry.Class, StringComparer.Ordinal);
            for (var i = 0; i < classes.Length; i++)
            {
                Entry[] members = [.. byClass[classes[i]]];
                var songs = SongsOfClass.Of([.. members.Select(member => member.File.Name)]);
                var validation = members.Any(member => member.Split is null) ? drawn.Validation(classes[i], i, songs, isSound) : [];
                foreach (var (member, song) in members.Zip(songs.Places))
                {
                    var split = member.Split ?? (validation.Contains(song.Number) ? Split.Validation : Split.Train);
                    files.Add(DataFile.Of(folder, member.File, i, split, song));
                }
            }

            DatasetIndex.Sort(files);
            return files;
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
                    findings.Errors.Add(
                        $"{Path.Combine(folder, "manifest.csv")}: line {row.Line} names {row.File} a second time; remove one of the lines");
                else if (!file.Exists)
                    findings.Skipped.Add(new SkippedFile(row.File, $"missing, though manifest.csv names it in line {row.Line}"));
                else if (row.Split is { } split)
                    listed.Add(new Entry(file, row.Class, split));
            }

            Entry[] unlisted = [.. found.Where(entry => !paths.Contains(entry.File.FullName))];
            if (unlisted.Length > 0)
            {
                findings.Warnings.Add($"{folder}: files that are not in manifest.csv are left out, {unlisted.Length} in all (first "
                    + $"{Relative(unlisted[0].File.FullName)})");
            }

            return listed;
        }

        private string Relative(string path) => DatasetFolder.Relative(folder, path);
    }
}
