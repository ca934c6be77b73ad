using CrossModal.Data;
using CrossModal.Evaluation.Human;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>What is rated of runs: real pairs of their validation songs, and pictures that each draws of other validation sounds.</summary>
internal static class RunRatingItems
{
    private const int Batch = 64;
    private const ulong ChoiceStream = 0x6865_0000_0000_0000, NoiseStream = 0x6865_0001_0000_0000;

    /// <summary>Real pairs and generated pictures, spread evenly over the instruments.</summary>
    /// <param name="runFolders">At least one; all on the same data, and each of a name of its own.</param>
    /// <param name="perSource">Of each kind; fewer where the data set has fewer validation sounds, which is warned of.</param>
    /// <param name="seed">Chooses the sounds and draws the noise.</param>
    /// <exception cref="BadInputException">A folder is no finished run that draws pictures of sounds, its data are not there, or they are
    /// not those of the first.</exception>
    public static IReadOnlyList<RatingItem> Make(IReadOnlyList<string> runFolders, int perSource, ulong seed, DeviceSettings device,
        IRunReporter reporter, CancellationToken cancel)
    {
        RunFolder[] folders = [.. runFolders.Select(path => new RunFolder(path))];
        RunConfiguration[] runs = [.. folders.Select(folder => Evaluator.OpenRun(folder, Direction.SoundToImage, both: false))];
        RatingSource[] sources =
            [.. folders.Select(folder => RatingSource.GeneratedBy(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.Path))))];
        for (var i = 0; i < runs.Length; i++)
        {
            Evaluator.RequireFiles(runs[i], folders[i]);
            if (runs[i].DataFingerprint != runs[0].DataFingerprint)
                throw new BadInputException(
                    $"--run {folders[i].Path}: was trained on other data than {folders[0].Path}; make a page of its own for it");
            if (Array.IndexOf(sources, sources[i]) != i)
                throw new BadInputException($"--run {folders[i].Path}: another run has the same name; rename one of the folders, so that "
                    + $"the table tells them apart");
        }

        var run = runs[0];
        using var open = Device.Open(device);
        using var data = TrainingData.Open(run, open, reporter, cancel);
        if (!data.Pairs.Classes.SequenceEqual(run.Classes))
            throw new BadInputException($"{run.Data}: has the classes {string.Join(", ", data.Pairs.Classes)}; the run was trained on "
                + $"{string.Join(", ", run.Classes)}; put its data back");
        var split = data.Pairs.Validation;
        var (real, drawn) = Choose([.. Enumerable.Range(0, split.SoundCount).Select(split.SoundClass)], run.Classes.Count, perSource, seed,
            runs.Length);
        if (real.Length < perSource)
            reporter.Warning(
                $"--items {perSource}: the data set has {real.Length} validation sounds; so many pictures of each source are rated");
        var items = new List<RatingItem>(real.Length * (1 + runs.Length));
        foreach (var sound in real)
            items.Add(Item(split, sound, RealPicture(split, split.Pair(sound, seed, 0).Image), run.Classes, RatingSource.Real));
        for (var i = 0; i < runs.Length; i++)
            Draw(items, drawn[i], sources[i], open, runs[i], folders[i], data, seed, reporter, cancel);
        return items;
    }

    /// <summary>Adds the pictures that a run draws of the chosen sounds.</summary>
    private static void Draw(List<RatingItem> items, int[] sounds, RatingSource source, Device device, RunConfiguration run,
        RunFolder folder, TrainingData data, ulong seed, IRunReporter reporter,
        CancellationToken cancel)
    {
        using var session = new GanSession(device, run, folder, data, reporter, cancel);
        using var generator = Evaluator.OpenGenerator(device, run, folder);
        var images = session.Samples(generator.Forward);
        using var stage = reporter.Stage($"pictures to rate of {source.Name}", sounds.Length, "pictures");
        var done = 0;
        foreach (var rows in sounds.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            var pictures = images.Draw(session.ValidationCodes, rows, row => new CountedRandom(seed, NoiseStream | (uint)row));
            items.AddRange(rows.Zip(pictures, (sound, picture) => Item(data.Pairs.Validation, sound, picture, run.Classes, source)));
            stage.Report(done += rows.Length);
        }
    }

    /// <summary>
    /// Sounds for real pictures and for those of each run, in turn over the classes. No two share a sound where there are enough of them:
    /// who has heard a sound with one picture would compare the other with it.
    /// </summary>
    /// <param name="classOf">The class of each sound.</param>
    internal static (int[] Real, int[][] Drawn) Choose(IReadOnlyList<int> classOf, int classes, int perSource, ulong seed, int runs = 1)
    {
        var lists = Enumerable.Range(0, classes).Select(c =>
        {
            int[] own = [.. Enumerable.Range(0, classOf.Count).Where(i => classOf[i] == c)];
            new CountedRandom(seed, ChoiceStream | (uint)c).Shuffle<int>(own);
            return own;
        }).ToArray();
        var (forward, backward) = (InTurn(lists), InTurn([.. lists.Select(list => list.Reverse().ToArray())]));
        var count = Math.Min(perSource, classOf.Count);
        return (forward[..count], [.. Enumerable.Range(0, runs)
            .Select(run => Enumerable.Range(run * count, count).Select(at => backward[at % backward.Length]).ToArray())]);

        int[] InTurn(int[][] chosen) =>
            [.. Enumerable.Range(0, classOf.Count)
            .SelectMany(round => chosen.Where(list => round < list.Length).Select(list => list[round]))];
    }

    private static RatingItem Item(PairSplit split, int sound, RgbImage picture, IReadOnlyList<string> classes, RatingSource source)
    {
        var samples = new float[PairSplit.SoundLength];
        split.ReadSound(sound, samples);
        return new RatingItem(split.SoundName(sound), picture, samples, classes[split.SoundClass(sound)], source);
    }

    private static RgbImage RealPicture(PairSplit split, int image)
    {
        var pixels = new float[split.ImageLength];
        split.ReadImage(image, pixels);
        return SamplePicture.Of(pixels, new Shape(split.ImageSize, split.ImageSize, ModelConfiguration.Colors));
    }
}
