using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation.Human;

/// <summary>What is rated of a run: real pairs of its validation songs, and pictures that it draws of other validation sounds.</summary>
public static class RunRatingItems
{
    private const int Batch = 64;
    private const ulong ChoiceStream = 0x6865_0000_0000_0000, NoiseStream = 0x6865_0001_0000_0000;

    /// <summary>Real pairs and generated pictures, spread evenly over the instruments.</summary>
    /// <param name="perSource">Of each kind; fewer where the data set has fewer validation sounds, which is warned of.</param>
    /// <param name="seed">Chooses the sounds and draws the noise.</param>
    /// <exception cref="BadInputException">The folder is no finished run that draws pictures of sounds, or its data are not there.</exception>
    public static IReadOnlyList<RatingItem> Make(string runFolder, int perSource, ulong seed, DeviceSettings device, IRunReporter reporter, CancellationToken cancel)
    {
        var folder = new RunFolder(runFolder);
        var run = Evaluator.OpenRun("--run", folder, Direction.SoundToImage, both: false);
        Evaluator.RequireFiles(run, folder);
        using var open = Device.Open(device);
        using var data = TrainingData.Open(run.Data, run.Pairs, run.Seed, open, reporter, cancel);
        if (!data.Pairs.Classes.SequenceEqual(run.Classes))
            throw new BadInputException($"{run.Data}: has the classes {string.Join(", ", data.Pairs.Classes)}; the run was trained on {string.Join(", ", run.Classes)}; put its data back");
        using var session = new GanSession(open, run, folder, data, reporter, cancel);
        using var generator = Evaluator.OpenGenerator(open, run, folder);
        var images = session.Samples(generator.Forward);
        var (split, codes) = (data.Pairs.Validation, session.ValidationCodes);
        var (real, drawn) = Choose(codes.Classes, run.Classes.Count, perSource, seed);
        if (real.Length < perSource)
            reporter.Warning($"--items {perSource}: the data set has {real.Length} validation sounds; so many pictures of each source are rated");

        var items = new List<RatingItem>(real.Length + drawn.Length);
        foreach (var sound in real)
            items.Add(Item(split, sound, RealPicture(split, split.Pair(sound, seed, 0).Image), run.Classes, RatingSource.Real));
        var source = RatingSource.GeneratedBy(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.Path)));
        using var stage = reporter.Stage("pictures to rate", drawn.Length, "pictures");
        foreach (var rows in drawn.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            var pictures = images.Draw(codes, rows, row => new CountedRandom(seed, NoiseStream | (uint)row));
            items.AddRange(rows.Zip(pictures, (sound, picture) => Item(split, sound, picture, run.Classes, source)));
            stage.Report(items.Count - real.Length);
        }

        return items;
    }

    /// <summary>
    /// Sounds for real and for generated pictures, in turn over the classes. The two share no sound where there are enough of them: who has heard a sound with one
    /// picture would compare the other with it.
    /// </summary>
    /// <param name="classOf">The class of each sound.</param>
    internal static (int[] Real, int[] Drawn) Choose(IReadOnlyList<int> classOf, int classes, int perSource, ulong seed)
    {
        var lists = Enumerable.Range(0, classes).Select(c =>
        {
            int[] own = [.. Enumerable.Range(0, classOf.Count).Where(i => classOf[i] == c)];
            new CountedRandom(seed, ChoiceStream | (uint)c).Shuffle<int>(own);
            return own;
        }).ToArray();
        return (InTurn(lists), InTurn([.. lists.Select(list => list.Reverse().ToArray())]));

        int[] InTurn(int[][] chosen) =>
            [.. Enumerable.Range(0, classOf.Count).SelectMany(round => chosen.Where(list => round < list.Length).Select(list => list[round])).Take(perSource)];
    }

    private static RatingItem Item(PairSplit split, int sound, RgbImage picture, IReadOnlyList<string> classes, RatingSource source)
    {
        var samples = new float[PairSplit.SoundLength];
        split.ReadSound(sound, samples);
        return new RatingItem(split.SoundName(sound), picture, samples, classes[split.SoundClass(sound)], source);
    }

    private static RgbImage RealPicture(PairSplit split, int image)
    {
        var pixels = new float[PairSplit.ImageLength];
        split.ReadImage(image, pixels);
        return SamplePicture.Of(pixels, new Shape(PairSplit.ImageSize, PairSplit.ImageSize, ModelConfiguration.Colours));
    }
}
