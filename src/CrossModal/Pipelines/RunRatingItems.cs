using CrossModal.Data;
using CrossModal.Evaluation.Human;
using CrossModal.Imaging;
using CrossModal.Kernels;
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
    /// <summary>Real pairs and generated pictures, spread evenly over the instruments.</summary>
    /// <exception cref="BadInputException">As <see cref="ComparedRuns.Open"/>.</exception>
    public static (IReadOnlyList<RatingItem> Items, IReadOnlyList<RatedRun> Runs) Make(RatingRequest request, DeviceSettings device,
        IRunReporter reporter, CancellationToken cancel)
    {
        var (runFolders, perSource, seed) = request;
        using var runs = ComparedRuns.Open(runFolders, device, reporter, cancel);
        var (real, drawn) = Choose(runs.Classes, runs.Data.Pairs.Classes.Length, perSource, seed, runs.Names.Count);
        if (real.Length < perSource)
            reporter.Warning(
                $"the data set has {real.Length} validation sounds: so many pictures of each source are rated, not {perSource}");
        var (items, made) = (new List<RatingItem>(real.Length * (1 + runs.Names.Count)), new List<RatedRun>());
        items.AddRange(real.Select(sound => Item(runs.Data, sound, runs.Real(sound, seed), RatingSource.Real)));
        for (var run = 0; run < runs.Names.Count; run++)
        {
            var source = RatingSource.GeneratedBy(runs.Names[run]);
            items.AddRange(drawn[run].Zip(runs.Draw(run, drawn[run], seed), (sound, picture) => Item(runs.Data, sound, picture, source)));
            var rated = runs.Measured(run);
            made.Add(new RatedRun(source.Name, rated.Data, rated.DataFingerprint, rated.Checkpoint, rated.CheckpointSha256));
        }

        return (items, made);
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
