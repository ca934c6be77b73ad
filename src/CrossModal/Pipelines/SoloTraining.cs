using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// The commands <c>train sound-classifier</c>, <c>train image-classifier</c> and <c>train sound-autoencoder</c>: one network of those that
/// stand beside a GAN, trained alone.
/// </summary>
internal static class SoloTraining
{
    /// <summary>Sounds of each class that are drawn, each beside its reconstruction.</summary>
    private const int DrawnSounds = 4;

    /// <param name="kind">One that generates nothing.</param>
    /// <exception cref="Kernels.BadInputException">The options contradict each other, or the data cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Stopped; nothing was saved.</exception>
    public static RunSummary Train(RunKind kind, RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        using var opened = RunOpening.Open(kind, options, reporter);
        var run = opened.Run;
        using var data = TrainingData.Open(run, opened.Device, reporter, cancel);
        run = kind == RunKind.SoundAutoencoder ? run with { SoundAutoencoder = options.Over(run.SoundAutoencoder) }
            : run with { SoundClassifier = options.Over(run.SoundClassifier), ImageClassifier = options.Over(run.ImageClassifier) };
        run = RunOpening.Settle(run, data);
        opened.Folder.Write(run);
        var context = new RunContext(opened.Device, run, opened.Folder, data, reporter, cancel) { IsNew = true };
        return kind == RunKind.SoundAutoencoder ? Autoencoder(context)
            : kind == RunKind.SoundClassifier ? SoundClassifier(context)
            : ImageClassifier(context);
    }

    private static RunSummary SoundClassifier(RunContext context)
    {
        using var masks = ClassifierTraining.SoundMasks(context.Device, context.Run);
        using var model = ClassifierTraining.CreateSound(context.Device, context.Run, masks);
        return Report(context, context.Folder.SoundClassifier, "Validation sounds", ClassifierTraining
            .Stage("sound classifier", model, context.Run, split => context.Data.Sounds(split))
            .TrainOrLoad(context, context.Folder.SoundClassifier, "sound_classifier"));
    }

    private static RunSummary ImageClassifier(RunContext context)
    {
        using var judge = new TrainedJudge(Direction.SoundToImage, context);
        return Report(context, context.Folder.Judge, "Validation images", judge.RealAccuracy);
    }

    private static RunSummary Report(RunContext context, string checkpoint, string title, ConfusionMatrix named)
    {
        var folder = context.Folder;
        ConfusionPlot.Write(folder.Confusion, title, context.Run.Classes, named.Counts);
        new ClassifierReport(SplitAccuracy.Of(named), MeasuredObject.Of(context, checkpoint)).Write(folder.Evaluation);
        return new RunSummary(folder.Path, [("validation accuracy", $"{named.Accuracy:0.0%}"),
            ("over classes (macro)", $"{named.MacroAccuracy:0.0%}"), ("examples", $"{named.Count}")], [folder.Confusion]);
    }

    private static RunSummary Autoencoder(RunContext context)
    {
        var folder = context.Folder;
        using var model = AutoencoderTraining.Create(context.Device, context.Run);
        var measured = AutoencoderTraining.TrainOrLoad(model, context);
        Draw(folder.Reconstructions, model, context.Data.Sounds(Split.Validation));
        new ReconstructionReport(measured, MeasuredObject.Of(context, folder.SoundAutoencoder)).Write(folder.Evaluation);
        return new RunSummary(folder.Path,
        [
            ("reconstruction error, validation sounds", $"{measured.ErrorDecibels:0.0} dB"),
                ("explained variance", $"{measured.ExplainedVariance:0.0%}"), ("sounds", $"{measured.Count}"),
        ], [folder.Reconstructions]);
    }

    /// <summary>A row a class: spectrograms of sounds, each beside its reconstruction.</summary>
    private static void Draw(string path, SoundAutoencoder model, ExampleSet sounds)
    {
        var rows = new List<IReadOnlyList<RgbImage?>>();
        for (var c = 0; c < sounds.Classes.Count; c++)
        {
            var own = Enumerable.Range(0, sounds.Count).Where(i => sounds.Label(i) == c).ToArray();
            var shown = own.Length == 0 ? [] : Enumerable.Range(0, DrawnSounds).Select(k => own[k * own.Length / DrawnSounds]).ToArray();
            var row = new List<RgbImage?>();
            var chosen = new ExampleSet(shown.Length, sounds.Shape, _ => c, (i, destination) => sounds.Read(shown[i], destination));
            TrainingLoop.Visit(model, chosen, (first, input) =>
            {
                var drawn = SamplePicture.OfBatch(model.Forward(input));
                for (var i = 0; i < drawn.Length; i++)
                    row.AddRange([sounds.Picture(shown[first + i]), drawn[i]]);
            });
            rows.Add(row);
        }

        string[] labels = [.. Enumerable.Range(0, DrawnSounds).SelectMany(_ => new[] { "sound", "again" })];
        new SampleGrid("Validation sounds and what their codes keep of them", labels, sounds.Classes, rows).Write(path);
    }
}
