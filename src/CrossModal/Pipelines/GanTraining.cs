using System.Text.Json.Nodes;
using CrossModal.Adversarial;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The commands <c>train s2i</c> and <c>train i2s</c>: data, encoder, judge, GAN, evaluation, in one go.</summary>
internal static class GanTraining
{
    /// <summary>Conditions of each split that are measured after each epoch.</summary>
    internal const int EpochConditions = 520;

    private const int SampleColumns = 8;
    private const ulong SampleStream = 0x7361_0000_0000_0000;

    /// <summary>The command that trains a direction, as a run remembers it.</summary>
    internal static string CommandOf(Direction direction) => $"train {direction.Word()}";

    public static RunSummary Train(Direction direction, RunOptions options, IRunReporter reporter, CancellationToken cancel) =>
        RunOpening.Open(CommandOf(direction), options, reporter, (run, folder, resume, device) =>
            Train(run, folder, resume, device, reporter, cancel));

    internal static RunSummary Train(RunConfiguration run, RunFolder folder, bool resume, Device device, IRunReporter reporter,
        CancellationToken cancel)
    {
        using var data = TrainingData.Open(run, run.Direction == Direction.SoundToImage ? device
            : null, reporter, cancel);
        run = RunOpening.Settle(run, data, folder, resume);
        using var held = folder.Hold();
        folder.Write(run);
        using var session = new GanSession(device, run, folder, data, reporter, cancel);
        reporter.Message((session.EncoderAccuracy is { } encoder ? $"encoder {encoder.Accuracy:0.0%}, " : "")
            + $"judge {session.Judge.RealAccuracy.Accuracy:0.0%} of the real validation examples named right");

        using var gan = new ConditionalGan(device, run.Model, run.Gan, run.Seed);
        var loop = new GanLoop<ConditionalGan>(run, folder, session.Batches, gan, () =>
            new ConditionalGan(device, run.Model, run.Gan, run.Seed) { Capture = false });
        if (resume && File.Exists(folder.Last))
            loop.Resume(folder.Last);
        var epochs = Epochs(folder.RewindMetrics(loop.NextStep));
        var samples = session.Samples(gan.Sample);
        loop.Train(reporter, epoch =>
        {
            var accuracy =
                new EpochAccuracy(epoch, samples.Judge(session.TrainCodes, session.TrainCodes.Spread(EpochConditions), run.Seed).Accuracy,
                samples.Judge(session.ValidationCodes, session.ValidationCodes.Spread(EpochConditions), run.Seed + 1).Accuracy);
            epochs.Add(accuracy);
            DrawSamples(folder.Sample(epoch),
                $"epoch {epoch}: {accuracy.ValidationAccuracy:0%} of generated {run.Direction.Outputs()} named right", session, samples);
            return accuracy;
        }, cancel);

        gan.UpdateSampler();
        return Evaluator.Measure(session, samples, folder, loop.NextStep, epochs, reporter, cancel).Summary;
    }

    /// <summary>
    /// A row an instrument: a real sample of it, then samples of conditions of the validation songs, always the same conditions and noise.
    /// </summary>
    private static void DrawSamples(string path, string title, GanSession session, GeneratedSamples samples)
    {
        var real = session.Judge.Samples(Split.Validation);
        var codes = session.ValidationCodes;
        var rows = new List<IReadOnlyList<RgbImage?>>();
        for (var c = 0; c < session.Run.Classes.Count; c++)
        {
            var conditions = Enumerable.Range(0, codes.Count).Where(i => codes.Classes[i] == c).ToArray();
            var examples = Enumerable.Range(0, real.Count).Where(i => real.Label(i) == c).ToArray();
            var row = new List<RgbImage?> { examples.Length == 0 ? null : Picture(real, examples[examples.Length / 2]) };
            if (conditions.Length > 0)
                row.AddRange(
                    samples.Draw(codes,
                    [.. Enumerable.Range(0, SampleColumns).Select(k => conditions[k * conditions.Length / SampleColumns])], i =>
                    new CountedRandom(session.Run.Seed, SampleStream | (uint)i)));
            rows.Add(row);
        }

        var condition = session.Run.Direction == Direction.SoundToImage ? "sound" : "image";
        new SampleGrid(title, ["real", .. Enumerable.Range(1, SampleColumns).Select(k => $"{condition} {k}")], session.Run.Classes, rows)
            .Write(path);
    }

    internal static RgbImage Picture(ExampleSet examples, int i)
    {
        var values = new float[examples.Shape.Count];
        examples.Read(i, values);
        return SamplePicture.Of(values, examples.Shape);
    }

    /// <summary>The accuracies by epoch that a run has written down.</summary>
    internal static List<EpochAccuracy> Epochs(IReadOnlyList<JsonObject> metrics, string stage = "gan") =>
        [.. metrics.Where(line => (string?)line["stage"] == stage)
            .Select(line => new EpochAccuracy((int)line["epoch"]!, (double)line["train_accuracy"]!, (double)line["validation_accuracy"]!))];
}
