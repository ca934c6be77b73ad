using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Numbers that are computed of sounds and kept in the cache.</summary>
/// <param name="Name">What they are called on the screen.</param>
/// <param name="CacheKey">What the computation is known by.</param>
/// <param name="Length">Numbers of one sound.</param>
/// <param name="Compute">Sounds [batch, 22050] to features [batch, …].</param>
internal sealed record SoundFeatures(string Name, string CacheKey, int Length, Func<Tensor, Tensor> Compute);

/// <summary>Pairs of sounds and images, opened from a folder or generated, and the spectrograms of the sounds.</summary>
internal sealed class TrainingData : IDisposable
{
    /// <summary>One validation pair for so many training pairs in the generated set.</summary>
    private const int ValidationShare = 4;

    private const int SoundsAtOnce = 64;

    private readonly Dictionary<(Split, string), FeatureFile> _spectrograms = [];
    private readonly string _folder;
    private PoseTable? _poses;
    private readonly Device _device;
    private readonly IRunReporter _reporter;
    private readonly CancellationToken _cancel;

    private TrainingData(string name, PairDataset pairs, string folder, Device device, IRunReporter reporter, CancellationToken cancel) =>
        (Name, Pairs, _folder, _device, _reporter, _cancel) = (name, pairs, folder, device, reporter, cancel);

    /// <summary><c>synthetic</c>, or the folder.</summary>
    public string Name { get; }

    public PairDataset Pairs { get; }

    /// <summary>Opens the data; what has to be generated, decoded or computed is kept in the cache for the next time.</summary>
    /// <param name="run">
    /// Which data, at most how many training pairs (0: all, and for the generated set its standard size), and the size of the images.
    /// </param>
    /// <param name="device">Where spectrograms are computed, once they are asked for.</param>
    /// <param name="trainedOn">The classes that the data must have; null for any. Looked at before files are decoded.</param>
    /// <exception cref="BadInputException">The data cannot be used, or have other classes.</exception>
    public static TrainingData Open(RunSettings run, Device device, IRunReporter reporter, CancellationToken cancel,
        IReadOnlyList<string>? trainedOn = null)
    {
        var synthetic = run.Data == "synthetic";
        var folder = synthetic ? Synthesize(run.Pairs, run.Model.ImageSize, reporter, cancel) : run.Data;
        var selection = new PairSelection(run.Model.ImageSize, !synthetic && run.Pairs > 0 ? run.Pairs : null, run.Seed);
        using var stages = new StageSequence(reporter, "files");
        var opened = PairDataset.Open(folder, selection with { Accept = Compare }, stages.Report, reporter.Warning, cancel);
        return new TrainingData(run.Data, opened, folder, device, reporter, cancel);

        void Compare(IReadOnlyList<string> classes)
        {
            if (trainedOn is not null && !classes.SequenceEqual(trainedOn))
                throw new BadInputException($"{run.Data}: has the classes {string.Join(", ", classes)}; the run was trained on "
                    + string.Join(", ", trainedOn));
        }
    }

    /// <summary>
    /// Reads the poses, which also say who plays, and for a run that is measured by them looks for those of every image: what is wrong with
    /// them would else come to light when everything is trained.
    /// </summary>
    /// <exception cref="BadInputException">The file of poses is damaged, or lacks an image.</exception>
    internal void RequirePoses(RunSettings run)
    {
        if (ReadPoses() is not { } poses || run.Scenario != Scenario.Pose)
            return;
        foreach (var split in new[] { Pairs.Train, Pairs.Validation })
        {
            for (var i = 0; i < split.ImageCount; i++)
                poses.Of(split.ImageName(i));
        }
    }

    /// <summary>
    /// The poses that the images show; null where the data have none, or sounds and images belong together by class only.
    /// </summary>
    /// <exception cref="BadInputException">The file of poses is damaged.</exception>
    internal PoseTable? ReadPoses() => Pairs.Layout.IsPaired ? _poses ??= PoseTable.Read(_folder) : null;

    public void Dispose()
    {
        foreach (var file in _spectrograms.Values)
            file.Dispose();
        Pairs.Dispose();
    }

    /// <summary>The images of a split and their classes.</summary>
    internal ExampleSet Images(Split split) => ExampleSet.Images(Pairs.Of(split)) with { Classes = Pairs.Classes };

    /// <summary>The spectrograms of a split's sounds and their classes.</summary>
    /// <param name="layout">Null for that of the classifiers.</param>
    internal ExampleSet Sounds(Split split, LogMelLayout? layout = null)
    {
        layout ??= LogMelLayout.Standard;
        return ExampleSet.Sounds(Pairs.Of(split), Spectrograms(split, layout), layout) with { Classes = Pairs.Classes };
    }

    /// <summary>What a direction makes, as it is made: images, or spectrograms.</summary>
    /// <param name="layout">Of spectrograms.</param>
    internal ExampleSet Outputs(Direction direction, Split split, LogMelLayout layout) =>
        direction == Direction.SoundToImage ? Images(split) : Sounds(split, layout);

    /// <summary>What a direction begins with.</summary>
    /// <param name="layout">Of sounds.</param>
    internal ExampleSet Conditions(Direction direction, Split split, LogMelLayout layout) =>
        direction == Direction.SoundToImage ? Sounds(split, layout) : Images(split);

    /// <summary>The spectrograms of a split's sounds in a layout, computed at the first call and kept in the cache.</summary>
    internal FeatureFile Spectrograms(Split split, LogMelLayout layout)
    {
        if (!_spectrograms.TryGetValue((split, layout.Name), out var file))
        {
            using var frontEnd = new LogMelSpectrogram(_device, layout);
            file = Features(split, new SoundFeatures("spectrograms", layout.CacheKey, layout.Length, frontEnd.Compute), _reporter);
            _spectrograms.Add((split, layout.Name), file);
        }

        return file;
    }

    /// <summary>
    /// The generated set of the asked size in the cache, made where it is not there. Its players are drawn at the size that models see, or
    /// larger.
    /// </summary>
    private static string Synthesize(int pairs, int imageSize, IRunReporter reporter, CancellationToken cancel)
    {
        var standard = new SyntheticOptions();
        var instruments = SyntheticDataset.Instruments.Length;
        var train = pairs > 0 ? Math.Max(1, (pairs + instruments - 1) / instruments) : standard.TrainPairsPerInstrument;
        var side = Math.Max(ScenePainter.ImageSize, imageSize);
        var options = standard with
        {
            TrainPairsPerInstrument = train,
            ValidationPairsPerInstrument = Math.Max(1, train / ValidationShare),
            PictureWidth = side,
            PictureHeight = side,
        };
        var drawn = side == ScenePainter.ImageSize ? "" : $"-{side}";
        var folder = Path.Combine(CacheFolder.Ensure("synthetic"),
            $"v{SyntheticDataset.FormatVersion}-{options.Seed}-{train}-{options.ValidationPairsPerInstrument}{drawn}");
        IRunStage? stage = null;
        try
        {
            return CacheFolder.OpenOrMake(folder, 0, () => Directory.Exists(folder) ? folder : null, aside =>
            {
                stage = reporter.Stage("composing, playing and drawing",
                    (long)instruments * (train + options.ValidationPairsPerInstrument), "pairs");
                SyntheticDataset.Make(aside, options, (done, _) => stage.Report(done), cancel);
            }, () => reporter.Message("another process makes the synthetic data; waiting for it"), cancel);
        }
        finally
        {
            stage?.Dispose();
        }
    }

    /// <summary>Features of a split's sounds, computed at the first call and kept in the cache.</summary>
    internal FeatureFile Features(Split split, SoundFeatures features, IRunReporter reporter)
    {
        var (sounds, name) = split == Split.Train ? (Pairs.Train, "training") : (Pairs.Validation, "validation");
        IRunStage? stage = null;
        try
        {
            var key = $"{features.CacheKey}-{name}-{Pairs.CacheKey}";
            return FeatureFile.OpenOrCompute(key, sounds.SoundCount, features.Length, (first, n, destination) =>
            {
                var samples = new float[SoundsAtOnce * LogMelSpectrogram.Samples];
                for (var at = 0; at < n; at += SoundsAtOnce)
                {
                    using var scope = new Scope();
                    using var pause = Tape.Paused();
                    var count = Math.Min(SoundsAtOnce, n - at);
                    for (var i = 0; i < count; i++)
                        sounds.ReadSound(first + at + i, samples.AsSpan(i * LogMelSpectrogram.Samples, LogMelSpectrogram.Samples));
                    var batch = Tensor.From(_device, new Shape(count, LogMelSpectrogram.Samples),
                        samples.AsSpan(0, count * LogMelSpectrogram.Samples));
                    features.Compute(batch).Read(destination.Slice(at * features.Length, count * features.Length));
                }
            }, (done, total) => (stage ??= reporter.Stage($"{features.Name} of {name} sounds", total, "sounds")).Report(done), _cancel);
        }
        finally
        {
            stage?.Dispose();
        }
    }
}
