using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Evaluation.Human;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>What is to be rated.</summary>
/// <param name="RunFolders">At least one run; all on the same data, and each of a name of its own.</param>
/// <param name="PerSource">Of each kind; fewer where the data set has fewer validation sounds, which is warned of.</param>
/// <param name="Seed">Chooses the sounds and draws the noise.</param>
internal sealed record RatingRequest(IReadOnlyList<string> RunFolders, int PerSource, ulong Seed);

/// <summary>What is rated of runs: real pairs of their validation songs, and pictures that each draws of other validation sounds.</summary>
internal static class RunRatingItems
{
    private const int Batch = 64;

    /// <summary>Real pairs and generated pictures, spread evenly over the instruments.</summary>
    /// <exception cref="BadInputException">A folder is no finished run that draws pictures of sounds, its data are not there, or they are
    /// not those of the first.</exception>
    public static (IReadOnlyList<RatingItem> Items, IReadOnlyList<RatedRun> Runs) Make(RatingRequest request, DeviceSettings device,
        IRunReporter reporter, CancellationToken cancel)
    {
        var (runFolders, perSource, seed) = request;
        SavedRun[] runs = [.. runFolders.Select(path => SavedRun.Open(path, [RunKind.SoundToImage]))];
        RatingSource[] sources =
            [.. runs.Select(run => RatingSource.GeneratedBy(Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Folder.Path))))];
        for (var i = 0; i < runs.Length; i++)
        {
            if (Array.IndexOf(sources, sources[i]) != i)
                throw new SettingException("run", $"{runs[i].Folder.Path}: another run has the same name; rename one of the folders, so "
                    + "that the table tells them apart");
        }

        var run = runs[0].Run;
        using var open = Device.Open(device);
        using var data = TrainingData.Open(run, open, reporter, cancel, trainedOn: run.Classes);
        if (runs.FirstOrDefault(other => other.Run.DataFingerprint != run.DataFingerprint
            && !(data.Pairs.Are(other.Run.DataFingerprint) && data.Pairs.Are(run.DataFingerprint))) is { } apart)
            throw new SettingException("run", $"{apart.Folder.Path}: was trained on other data than {runs[0].Folder.Path}; make a page of "
                + "its own for it");
        var split = data.Pairs.Validation;
        var (real, drawn) = Choose([.. Enumerable.Range(0, split.SoundCount).Select(split.SoundClass)], run.Classes.Count, perSource, seed,
            runs.Length);
        if (real.Length < perSource)
            reporter.Warning(
                $"the data set has {real.Length} validation sounds: so many pictures of each source are rated, not {perSource}");
        var (items, made) = (new List<RatingItem>(real.Length * (1 + runs.Length)), new List<RatedRun>());
        foreach (var sound in real)
            items.Add(Item(data, sound, data.Images(Split.Validation).Picture(split.Pair(sound, seed, 0).Image), RatingSource.Real));
        for (var i = 0; i < runs.Length; i++)
        {
            var context = new RunContext(open, runs[i].Run, runs[i].Folder, data, reporter, cancel);
            items.AddRange(Draw(context, drawn[i], sources[i], seed));
            var rated = MeasuredObject.Of(context, runs[i].Folder.Last);
            made.Add(new RatedRun(sources[i].Name, rated.Data, rated.DataFingerprint, rated.Checkpoint, rated.CheckpointSha256));
        }

        return (items, made);
    }

    /// <summary>The pictures that a run draws of the chosen sounds.</summary>
    private static List<RatingItem> Draw(RunContext context, int[] sounds, RatingSource source, ulong seed)
    {
        using var session = GanSession.Open(context);
        using var generator = session.LoadGenerator();
        var sampled = session.Directions(generator)[0];
        var codes = sampled.Codes(Split.Validation, int.MaxValue);
        using var stage = context.Reporter.Stage($"pictures to rate of {source.Name}", sounds.Length, "pictures");
        var items = new List<RatingItem>();
        foreach (var rows in sounds.Chunk(Batch))
        {
            context.Cancel.ThrowIfCancellationRequested();
            var pictures = sampled.Samples.Draw(codes, rows, row => new CountedRandom(seed, RandomStreams.RatedNoise | (uint)row));
            items.AddRange(rows.Zip(pictures, (sound, picture) => Item(context.Data, sound, picture, source)));
            stage.Report(items.Count);
        }

        return items;
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
            new CountedRandom(seed, RandomStreams.RatedSounds | (uint)c).Shuffle<int>(own);
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

    private static RatingItem Item(TrainingData data, int sound, RgbImage picture, RatingSource source)
    {
        var (split, samples) = (data.Pairs.Validation, new float[PairSplit.SoundLength]);
        split.ReadSound(sound, samples);
        return new RatingItem(split.SoundName(sound), picture, samples, data.Pairs.Classes[split.SoundClass(sound)], source);
    }
}
