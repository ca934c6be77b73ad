using System.Text.Json.Nodes;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>The command <c>train s2i</c>: data, sound classifier, judge, GAN, evaluation, in one go.</summary>
public static class GanTraining
{
    internal const string Command = "train s2i";

    /// <summary>Sounds of each split that are measured after each epoch, and at the end.</summary>
    private const int EpochSounds = 520, FinalSounds = 5000;

    private const int SampleColumns = 8;
    private const ulong SampleStream = 0x7361_0000_0000_0000;

    public static RunSummary Train(RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        if (options.Resume is { } resumed)
        {
            var (run, folder) = Continue(resumed, options);
            using var device = Device.Open(options.Device with { Precision = options.Device.Precision ?? run.Precision });
            return Train(run with { Device = device.Name, Precision = device.Precision }, folder, resume: true, device, reporter, cancel);
        }

        using var chosen = Device.Open(options.Device);
        if (chosen.Remark is { } remark)
            reporter.Warning(remark);
        return Train(RunConfiguration.Create(Command, options, chosen), RunFolder.Create(options.Out, Command), resume: false, chosen, reporter, cancel);
    }

    internal static RunSummary Train(RunConfiguration run, RunFolder folder, bool resume, Device device, IRunReporter reporter, CancellationToken cancel)
    {
        using var data = TrainingData.Open(run.Data, run.Pairs, run.Seed, device, reporter, cancel);
        run = Settle(run, data, folder, resume);
        using var session = new GanSession(device, run, folder, data, reporter, cancel);
        reporter.Message($"sound classifier {session.SoundAccuracy.Accuracy:0.0%}, judge {session.JudgeAccuracy.Accuracy:0.0%} of the real validation examples named right");

        using var gan = new ConditionalGan(device, run.Model, run.Gan, run.Seed);
        var loop = new GanLoop(run, folder, data.Pairs.Train, session.TrainCodes, gan);
        if (resume && File.Exists(folder.Last))
            loop.Resume(folder.Last);
        var epochs = Epochs(folder.RewindMetrics(loop.NextStep));
        var images = session.Images(gan.Sample);
        loop.Train(reporter, epoch =>
        {
            var accuracy = new EpochAccuracy(epoch, images.Judge(session.TrainCodes, session.TrainCodes.Spread(EpochSounds), run.Seed).Accuracy,
                images.Judge(session.ValidationCodes, session.ValidationCodes.Spread(EpochSounds), run.Seed + 1).Accuracy);
            epochs.Add(accuracy);
            DrawSamples(folder.Sample(epoch), $"epoch {epoch}: {accuracy.ValidationAccuracy:0%} of generated images named right", session, images);
            return accuracy;
        }, cancel);

        gan.UpdateSampler();
        var report = session.Evaluate(images, FinalSounds, loop.NextStep, epochs, reporter, cancel, out var confusion);
        return Evaluator.Finish(folder, report, confusion);
    }

    /// <summary>A row an instrument: a real image of it, then images of sounds of the validation songs, always the same sounds and noise.</summary>
    internal static void DrawSamples(string path, string title, GanSession session, GeneratedSamples images)
    {
        var split = session.Data.Pairs.Validation;
        var codes = session.ValidationCodes;
        var rows = new List<IReadOnlyList<RgbImage?>>();
        for (var c = 0; c < session.Run.Classes.Count; c++)
        {
            var sounds = Enumerable.Range(0, codes.Count).Where(i => codes.Classes[i] == c).ToArray();
            var pictures = Enumerable.Range(0, split.ImageCount).Where(i => split.ImageClass(i) == c).ToArray();
            var row = new List<RgbImage?> { pictures.Length == 0 ? null : Real(split, pictures[pictures.Length / 2]) };
            if (sounds.Length > 0)
                row.AddRange(images.Draw(codes, [.. Enumerable.Range(0, SampleColumns).Select(k => sounds[k * sounds.Length / SampleColumns])], i => new CountedRandom(session.Run.Seed, SampleStream | (uint)i)));
            rows.Add(row);
        }

        new SampleGrid(title, ["real", .. Enumerable.Range(1, SampleColumns).Select(k => $"sound {k}")], session.Run.Classes, rows).Write(path);
    }

    private static RgbImage Real(PairSplit split, int image)
    {
        var pixels = new float[PairSplit.ImageLength];
        split.ReadImage(image, pixels);
        return GeneratedSamples.ToImage(pixels, PairSplit.ImageSize);
    }

    /// <summary>The description of the run to continue, with the user's wishes laid over it where that is possible.</summary>
    private static (RunConfiguration Run, RunFolder Folder) Continue(string path, RunOptions options)
    {
        var folder = new RunFolder(path);
        var run = RunConfiguration.Read(folder.Configuration);
        if (run.Command != Command)
            throw new BadInputException($"--resume {path}: is a run of `{run.Command}`, not of `{Command}`");
        Refuse("--data", options.Data is null || RunConfiguration.Locate(options.Data) == run.Data, run.Data);
        Refuse("--preset", options.Preset is null || options.Preset == run.Preset, run.Preset);
        Refuse("--seed", options.Seed is null || options.Seed == run.Seed, run.Seed);
        Refuse("--batch", options.Batch is null || options.Batch == run.Gan.Batch, run.Gan.Batch);
        Refuse("--pairs", options.Pairs is null || options.Pairs == run.Pairs, run.Pairs);
        if (options.Epochs is { } epochs)
            run = run with { Gan = run.Gan with { Epochs = epochs, Steps = 0 } };
        if (options.Steps is { } steps)
            run = run with { Gan = run.Gan with { Steps = steps } };
        return (run, folder);

        void Refuse(string option, bool agrees, object recorded)
        {
            if (!agrees)
                throw new BadInputException($"--resume {path}: that run has {option} {recorded}; leave {option} out, or start a new run");
        }
    }

    /// <summary>Checks the data against the run's description, and writes the description.</summary>
    private static RunConfiguration Settle(RunConfiguration run, TrainingData data, RunFolder folder, bool resume)
    {
        if (resume && run.DataFingerprint != "" && run.DataFingerprint != data.Pairs.Fingerprint)
            throw new BadInputException($"--resume {folder.Path}: the data in {run.Data} are not those that the run began with; put them back, or start a new run");
        if (data.Pairs.Train.Count < run.Gan.Batch)
            throw new BadInputException($"--batch {run.Gan.Batch}: there are {data.Pairs.Train.Count} training pairs; choose a smaller batch");
        run = run with { DataFingerprint = data.Pairs.Fingerprint, Classes = data.Pairs.Classes };
        folder.Write(run);
        return run;
    }

    /// <summary>The accuracies by epoch that a run has written down.</summary>
    internal static List<EpochAccuracy> Epochs(IReadOnlyList<JsonObject> metrics) =>
        [.. metrics.Where(line => (string?)line["stage"] == "gan").Select(line => new EpochAccuracy((int)line["epoch"]!, (double)line["train_accuracy"]!, (double)line["validation_accuracy"]!))];
}
