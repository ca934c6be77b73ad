using System.Diagnostics;
using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Experiments;

/// <summary>One cell of the table of representations. Accuracies are shares, the paper's of its own data.</summary>
/// <param name="Representation">As the paper abbreviates it.</param>
/// <param name="Convolutions">Of the classifier: 3 or 4.</param>
/// <param name="Validation">After the last epoch.</param>
/// <param name="Epochs">Passes over the training sounds.</param>
/// <param name="Seconds">Training and measuring, without computing the representation.</param>
internal sealed record RepresentationCell(string Representation, int Convolutions, double PaperAccuracy, SplitAccuracy Validation,
    int TrainCount, int Epochs, ulong Seed, double Seconds);

/// <summary>What <c>representations.json</c> holds.</summary>
/// <param name="DataFingerprint">64 hexadecimal digits that other data do not have.</param>
internal sealed record RepresentationsReport(ExperimentSettings Settings, double ChanceAccuracy, IReadOnlyList<RepresentationCell> Cells,
    string DataFingerprint);

/// <summary>
/// The command <c>experiment representations</c>: the sound classifier with 3 and 4 convolutions on five representations of the same sounds
/// (Chen et al. 2017, §4). All ten are trained alike, from the same seed, for as many epochs, with the same shifts in time.
/// </summary>
internal static class RepresentationsExperiment
{
    private const string Name = "representations", MainStage = "training";

    private static readonly JsonFile<RepresentationCell> CellFile = new(ExperimentJson.Default.RepresentationCell,
        "measurement of a representation", "remove it to have it measured again");

    private static readonly (RepresentationKind Kind, double Three, double Four)[] Paper =
    [
        (RepresentationKind.MS, 0.6201, 0.6609), (RepresentationKind.LMS, 0.8412, 0.8744), (RepresentationKind.CQT, 0.7300, 0.7778),
        (RepresentationKind.MFCC, 0.8006, 0.8105), (RepresentationKind.STFT, 0.7405, 0.7573),
    ];

    private static readonly TableColumn<RepresentationCell>[] Columns =
    [
        new("representation", cell => cell.Representation), new("layers", cell => $"{cell.Convolutions}"),
        new("paper", cell => $"{cell.PaperAccuracy:0.00%}"), new("here", cell => $"{cell.Validation.Accuracy:0.0%}"),
        new("over classes (macro)", cell => $"{cell.Validation.MacroAccuracy:0.0%}"), new("seconds", cell => $"{cell.Seconds:0}"),
    ];

    public static RunSummary Run(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        using var table = new ExperimentTable(Name, options);
        var settings = table.Settings;
        var preset = Presets.Find(settings.Preset);
        using var device = Device.Open(options.Device);
        if (device.Remark is { } remark)
            reporter.Warning(remark);
        var folder = table.Folder;
        var cells = new List<RepresentationCell>();
        var representations = Array.ConvertAll(Paper, row => AudioRepresentation.Create(device, row.Kind));
        var (chance, fingerprint) = (0.0, "");
        try
        {
            using var bar = new ExperimentProgress(reporter, $"experiment {Name}", 2 * representations.Sum(WeightOf));
            var run = preset with { Data = settings.Data, Pairs = settings.Pairs ?? preset.Pairs, Seed = settings.Seed };
            using var data = TrainingData.Open(run, device, bar.Part("data", 0, MainStage), cancel);
            (chance, fingerprint) = (1.0 / data.Pairs.Classes.Length, data.Pairs.Fingerprint);
            var classifiers = new Classifiers(device, data, options.Over(preset.SoundClassifier), settings.Seed, cancel);
            foreach (var (representation, row) in representations.Zip(Paper))
                cells.AddRange(Row(representation, [(3, row.Three), (4, row.Four)], folder, classifiers, bar));
        }
        catch (OperationCanceledException)
        {
            throw new ExperimentStoppedException($"stopped after {cells.Count} cells", folder.Path);
        }
        finally
        {
            foreach (var representation in representations)
                representation.Dispose();
        }

        var report = new RepresentationsReport(settings, chance, cells, fingerprint);
        table.Write(report, ExperimentJson.Default.RepresentationsReport, Markdown(report));
        Draw(table.Plot, report);
        return new RunSummary(folder.Path,
            [.. Paper.Select(row =>
                ($"{row.Kind}", string.Join("   ", cells.Where(cell => cell.Representation == $"{row.Kind}").Select(Describe)))),
                ("chance", $"{chance:0.0%}")],
            [table.Plot]);

        static string Describe(RepresentationCell cell) =>
            $"{cell.Convolutions} layers: {cell.Validation.Accuracy:0.0%}, macro {cell.Validation.MacroAccuracy:0.0%} (paper "
                + $"{cell.PaperAccuracy:0.0%})";
    }

    /// <summary>The classifiers of one representation: measured, or read where they were measured before.</summary>
    /// <param name="layers">Of each: its convolutions, and the accuracy that the paper has.</param>
    private static IEnumerable<RepresentationCell> Row(AudioRepresentation representation, (int Convolutions, double Paper)[] layers,
        ExperimentFolder folder, Classifiers classifiers, ExperimentProgress bar)
    {
        var (kind, weight) = (representation.Kind, WeightOf(representation));
        using var features = new RepresentationFeatures(representation, classifiers.Data);
        foreach (var (convolutions, paper) in layers)
        {
            var path = folder.In("cells", $"{kind}-{convolutions}.json".ToLowerInvariant());
            if (!File.Exists(path))
            {
                var part = bar.Part($"{kind}, {convolutions} layers", weight, MainStage);
                var measured = classifiers.Measure(representation, features, convolutions, paper, part);
                AtomicFile.WriteText(path, JsonSerializer.Serialize(measured, ExperimentJson.Default.RepresentationCell));
            }

            yield return ReadCell(path);
            bar.Finish(weight);
        }
    }

    /// <summary>The features of both splits, computed when they are first needed.</summary>
    private sealed class RepresentationFeatures(AudioRepresentation representation, TrainingData data) : IDisposable
    {
        private readonly Dictionary<Split, FeatureFile> _files = [];

        public ExampleSet Examples(Split split, IRunReporter reporter)
        {
            var features = new SoundFeatures($"{representation.Kind}", representation.CacheKey, representation.Length,
                representation.Compute);
            if (!_files.TryGetValue(split, out var file))
                _files.Add(split, file = data.Features(split, features, reporter));
            var sounds = data.Pairs.Of(split);
            return new ExampleSet(sounds.SoundCount, new Shape(representation.Frames, representation.Bins, 1), sounds.SoundClass,
                (i, destination) => file.Read(i, destination))
            {
                Classes = data.Pairs.Classes,
            };
        }

        public void Dispose()
        {
            foreach (var file in _files.Values)
                file.Dispose();
        }
    }

    /// <summary>How all classifiers are trained alike.</summary>
    private sealed record Classifiers(Device Device, TrainingData Data, ClassifierSettings Settings, ulong Seed, CancellationToken Cancel)
    {
        public RepresentationCell Measure(AudioRepresentation representation, RepresentationFeatures features, int convolutions,
            double paper, IRunReporter reporter)
        {
            var (train, validation) = (features.Examples(Split.Train, reporter), features.Examples(Split.Validation, reporter));
            var watch = Stopwatch.StartNew();
            using var random = new RandomStream(Device, Seed, RandomStreams.RepresentationWeights);
            using var masks = new RandomStream(Device, Seed, RandomStreams.RepresentationMasks);
            using var model = new SoundClassifier(random, masks, train.Classes.Count, new ModelSettings().CodeSize,
                train.Shape, convolutions);
            var shift = Settings.Shift * LogMelSpectrogram.Hop / representation.Hop;
            var epochs = 0;
            var named = ClassifierTraining
                .Stage($"{representation.Kind} classifier", model, Settings, Seed, split => split == Split.Train ? train : validation,
                    shape => InTime(shape[0], shape[1], shift))
                .Train(reporter, MainStage, Cancel, (epoch, _, _) => epochs = epoch);
            return new RepresentationCell($"{representation.Kind}", convolutions, paper, SplitAccuracy.Of(named), train.Count, epochs, Seed,
                watch.Elapsed.TotalSeconds);
        }
    }

    /// <summary>
    /// Moves [frames, bins] by up to ±<paramref name="shift"/> frames, the edge repeated. Shifts of frequency and level, which other
    /// trainings add, would mean something else in each representation.
    /// </summary>
    internal static Augmentation InTime(int frames, int bins, int shift) => (values, room, bits) =>
    {
        var later = (int)(((ulong)bits.A * (ulong)(2 * shift + 1)) >> 32) - shift;
        values.CopyTo(room);
        for (var frame = 0; frame < frames; frame++)
            room.Slice(Math.Clamp(frame - later, 0, frames - 1) * bins, bins).CopyTo(values[(frame * bins)..]);
    };

    /// <summary>A step's time grows with the size of what is seen, on top of what all have.</summary>
    private static int WeightOf(AudioRepresentation representation) => 3 + representation.Length / 1000;

    /// <exception cref="BadInputException">The file is absent or damaged.</exception>
    internal static RepresentationCell ReadCell(string path) => CellFile.Read(path);

    /// <summary>The table as Markdown, with the settings that made it.</summary>
    internal static IEnumerable<string> Markdown(RepresentationsReport report)
    {
        var (first, settings) = (report.Cells[0], report.Settings);
        return
        [
            $"`{settings.Command}`, data {Path.GetFileName(settings.Data)}, preset {settings.Preset}, seed {settings.Seed}; "
                + $"{first.TrainCount} training and {first.Validation.Count} validation sounds, {first.Epochs} epochs; "
                + $"chance {report.ChanceAccuracy:0.0%}",
            "",
            .. ExperimentTable.Lines(Columns, report.Cells),
        ];
    }

    private static void Draw(string path, RepresentationsReport report)
    {
        BarSeries Series(string name, int convolutions, Func<RepresentationCell, double> value, bool faint) =>
            new(name, [.. report.Cells.Where(cell => cell.Convolutions == convolutions).Select(value)], faint);
        BarPlot.Write(path, "Instruments named right, by representation of the sound", "accuracy", [.. Paper.Select(row => $"{row.Kind}")],
            [
                Series("here, 3 layers", 3, cell => cell.Validation.Accuracy, faint: false),
                    Series("paper, 3 layers", 3, cell => cell.PaperAccuracy, faint: true),
                Series("here, 4 layers", 4, cell => cell.Validation.Accuracy, faint: false),
                    Series("paper, 4 layers", 4, cell => cell.PaperAccuracy, faint: true),
            ], ("chance", report.ChanceAccuracy));
    }
}
