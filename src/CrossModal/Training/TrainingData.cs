using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Pairs of sounds and images, opened from a folder or generated, and the spectrograms of the sounds.</summary>
internal sealed class TrainingData : IDisposable
{
    /// <summary>One validation pair for so many training pairs in the generated set.</summary>
    private const int ValidationShare = 4;

    private const int SoundsAtOnce = 64;

    private readonly Dictionary<(Split, string), FeatureFile> _spectrograms = [];
    private readonly string _folder;

    private TrainingData(PairDataset pairs, string folder) => (Pairs, _folder) = (pairs, folder);

    public PairDataset Pairs { get; }

    /// <summary>Spectrograms of the standard layout, where they were computed at the opening.</summary>
    public FeatureFile? TrainSpectrograms => _spectrograms.GetValueOrDefault((Split.Train, LogMelLayout.Standard.Name));

    public FeatureFile? ValidationSpectrograms => _spectrograms.GetValueOrDefault((Split.Validation, LogMelLayout.Standard.Name));

    /// <summary>Opens the data; what has to be generated, decoded or computed is kept in the cache for the next time.</summary>
    /// <param name="run">
    /// Which data, at most how many training pairs (0: all, and for the generated set its standard size), and the size of the images.
    /// </param>
    /// <param name="device">Where spectrograms of the standard layout are computed; null when they are not wanted.</param>
    public static TrainingData Open(RunConfiguration run, Device? device, IRunReporter reporter, CancellationToken cancel)
    {
        var synthetic = run.Data == "synthetic";
        var folder = synthetic ? Synthesize(run.Pairs, reporter, cancel) : run.Data;
        var selection = new PairSelection(run.Model.ImageSize, !synthetic && run.Pairs > 0 ? run.Pairs : null, run.Seed);
        IRunStage? stage = null;
        var name = "";
        PairDataset opened;
        try
        {
            opened = PairDataset.Open(folder, selection, (what, done, total) =>
            {
                if (what != name)
                {
                    stage?.Dispose();
                    stage = reporter.Stage(name = what, total, "files");
                }

                stage!.Report(done);
            }, reporter.Warning, cancel);
        }
        finally
        {
            stage?.Dispose();
        }

        var result = new TrainingData(opened, folder);
        if (device is null)
            return result;
        try
        {
            result.Spectrograms(Split.Train, LogMelLayout.Standard, device, reporter, cancel);
            result.Spectrograms(Split.Validation, LogMelLayout.Standard, device, reporter, cancel);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The poses that the images show; null where the data have none, or sounds and images belong together by class only.
    /// </summary>
    /// <exception cref="BadInputException">The file of poses is damaged.</exception>
    internal PoseTable? ReadPoses() => Pairs.Layout.IsPaired ? PoseTable.Read(_folder) : null;

    public void Dispose()
    {
        foreach (var file in _spectrograms.Values)
            file.Dispose();
        Pairs.Dispose();
    }

    /// <summary>The spectrograms of a split's sounds in a layout, computed at the first call and kept in the cache.</summary>
    internal FeatureFile Spectrograms(Split split, LogMelLayout layout, Device device, IRunReporter reporter, CancellationToken cancel)
    {
        if (!_spectrograms.TryGetValue((split, layout.Name), out var file))
            _spectrograms.Add((split, layout.Name), file = Compute(split, layout, device, reporter, cancel));
        return file;
    }

    /// <summary>The generated set of the asked size in the cache, made where it is not there.</summary>
    private static string Synthesize(int pairs, IRunReporter reporter, CancellationToken cancel)
    {
        var standard = new SyntheticOptions();
        var instruments = SyntheticDataset.Instruments.Length;
        var train = pairs > 0 ? Math.Max(1, (pairs + instruments - 1) / instruments) : standard.TrainPairsPerInstrument;
        var options =
            standard with { TrainPairsPerInstrument = train, ValidationPairsPerInstrument = Math.Max(1, train / ValidationShare) };
        var folder = Path.Combine(CacheFolder.Ensure("synthetic"),
            $"v{SyntheticDataset.FormatVersion}-{options.Seed}-{train}-{options.ValidationPairsPerInstrument}");
        if (Directory.Exists(folder))
            return folder;
        using var stage =
            reporter.Stage("composing, playing and drawing", (long)instruments * (train + options.ValidationPairsPerInstrument), "pairs");
        SyntheticDataset.Generate(folder, options, (done, _) => stage.Report(done), cancel);
        return folder;
    }

    private FeatureFile Compute(Split split, LogMelLayout layout, Device device, IRunReporter reporter, CancellationToken cancel)
    {
        using var frontEnd = new LogMelSpectrogram(device, layout);
        return Features(split, layout.CacheKey, layout.Length, frontEnd.Compute, device, "spectrograms", reporter, cancel);
    }

    /// <summary>Features of a split's sounds, computed at the first call and kept in the cache.</summary>
    /// <param name="key">What the computation is known by.</param>
    /// <param name="length">Numbers of one sound.</param>
    /// <param name="compute">Sounds [batch, 22050] to features [batch, …].</param>
    /// <param name="what">What they are called on the screen.</param>
    internal FeatureFile Features(Split split, string key, int length, Func<Tensor, Tensor> compute, Device device, string what,
        IRunReporter reporter, CancellationToken cancel)
    {
        var (sounds, name) = split == Split.Train ? (Pairs.Train, "training") : (Pairs.Validation, "validation");
        IRunStage? stage = null;
        try
        {
            return FeatureFile.OpenOrCompute($"{key}-{name}-{Pairs.Fingerprint}", sounds.SoundCount, length, (first, n, destination) =>
            {
                var samples = new float[SoundsAtOnce * LogMelSpectrogram.Samples];
                for (var at = 0; at < n; at += SoundsAtOnce)
                {
                    using var scope = new Scope();
                    using var pause = Tape.Paused();
                    var count = Math.Min(SoundsAtOnce, n - at);
                    for (var i = 0; i < count; i++)
                        sounds.ReadSound(first + at + i, samples.AsSpan(i * LogMelSpectrogram.Samples, LogMelSpectrogram.Samples));
                    var batch = Tensor.From(device, new Shape(count, LogMelSpectrogram.Samples),
                        samples.AsSpan(0, count * LogMelSpectrogram.Samples));
                    compute(batch).Read(destination.Slice(at * length, count * length));
                }
            }, (done, total) => (stage ??= reporter.Stage($"{what} of {name} sounds", total, "sounds")).Report(done), cancel);
        }
        finally
        {
            stage?.Dispose();
        }
    }
}
