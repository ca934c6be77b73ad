using CrossModal.Adversarial;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// The commands <c>train s2i</c>, <c>train i2s</c> and <c>train cmcgan</c>: data, encoder, judges, GAN, evaluation, in one go.
/// </summary>
internal static class GanTraining
{
    /// <summary>
    /// The stage of the lines of metrics that hold the accuracies of image to sound in a run of both directions; those of sound to image
    /// stand with the losses.
    /// </summary>
    internal const string ImageToSoundStage = "gan image to sound";

    /// <summary>What rank 0 tells the others where there is no run to train.</summary>
    private const string Nothing = "-";

    /// <summary>Samples in a row of the picture of an epoch, beside the real ones.</summary>
    private const int SampleColumns = 8;

    /// <param name="kind">One that generates.</param>
    /// <exception cref="Kernels.BadInputException">The options contradict each other or the run to continue, or the data cannot be used.
    /// </exception>
    /// <exception cref="OperationCanceledException">Stopped, after saving.</exception>
    public static RunSummary Train(RunKind kind, RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        options = RunContinuation.Place(options);
        if (RunContinuation.FindFinished(kind, options, reporter) is { } finished)
        {
            options.Device.Ranks.Share(Nothing);
            return finished;
        }

        using var opened = RunOpening.Open(kind, options, reporter);
        return Train(opened.Run, opened.Folder, opened.Resumes, opened.Device, reporter, cancel, options.TensorBoard);
    }

    /// <summary>
    /// Trains along with rank 0, which <see cref="Train(RunKind, RunOptions, IRunReporter, CancellationToken)"/>s: waits until data,
    /// encoder and judges are there, and computes its part of each step. Rank 0 alone measures, draws and writes, so the run's folder and
    /// its data must be in the same place for all.
    /// </summary>
    /// <exception cref="OperationCanceledException">All ranks stopped.</exception>
    public static void Follow(RunKind kind, DeviceSettings settings, CancellationToken cancel)
    {
        var path = settings.Ranks.Share("");
        if (path == Nothing)
            return;
        var folder = new RunFolder(path);
        if (!File.Exists(folder.Settings))
            throw new BadInputException($"{path}: the run of rank 0 is not seen from here; put it on a file system that all ranks share");
        var (run, silent) = (RunSettings.Read(folder.Settings), new SilentReporter());
        if (run.Kind != kind)
            throw new BadInputException($"{path}: is a run of `{run.Kind}`, not of `{kind}`; start all ranks with the same command");

        // All compute on the device that rank 0 found.
        using var device = Device.Open(settings with
        {
            Name = settings.Name == "auto" ? run.Device : settings.Name,
            Precision = settings.Precision ?? run.Precision,
        });
        using var data = TrainingData.Open(run, device, silent, cancel);
        using var session = GanSession.Open(new RunContext(device, run, folder, data, silent, cancel));
        using var training = session.CreateTraining(capture: true);
        var loop = new GanLoop(run, folder, training, () => session.CreateTraining(capture: false));
        if (File.Exists(folder.Last))
            loop.Resume(folder.Last);
        loop.Follow(cancel);
    }

    /// <param name="folder">Held by the caller.</param>
    /// <param name="tensorBoard">Whether to write event files.</param>
    internal static RunSummary Train(RunSettings run, RunFolder folder, bool resume, Device device, IRunReporter reporter,
        CancellationToken cancel, bool tensorBoard = false)
    {
        using var data = TrainingData.Open(run, device, reporter, cancel);
        run = RunOpening.Settle(run, data, folder, resume, device.Ranks.Size);
        data.RequirePoses(run);
        folder.Write(run);
        var context = new RunContext(device, run, folder, data, reporter, cancel) { IsNew = !resume };
        using var session = GanSession.Open(context);
        reporter.Message(session.Readiness);

        using var training = session.CreateTraining(capture: true);
        var loop = new GanLoop(run, folder, training, () => session.CreateTraining(capture: false));
        if (resume && File.Exists(folder.Last))
            loop.Resume(folder.Last);
        device.Ranks.Share(folder.Path);
        var metrics = folder.RewindMetrics(loop.NextStep);
        List<EpochAccuracy>[] epochs = [.. StagesOf(run.Kind).Select(stage => RunFolder.EpochsIn(metrics, stage))];
        var directions = session.Directions(training.Model.SamplingGenerator);
        using var board = TensorBoard.Open(reporter, tensorBoard, folder, loop.NextStep, loop.TotalSteps, metrics);
        loop.Train(board ?? reporter, epoch =>
        {
            var named = directions.Select(direction => direction.MeasureEpoch(epoch, run.Seed)).ToArray();
            EpochAccuracy[] measured = [.. named.Select(one => one.Accuracy)];
            for (var i = 0; i < measured.Length; i++)
            {
                epochs[i].Add(measured[i]);
                if (i > 0)
                    folder.AppendMetrics(("step", loop.NextStep), ("stage", ImageToSoundStage), ("epoch", epoch),
                        ("train_accuracy", measured[i].TrainAccuracy), ("validation_accuracy", measured[i].ValidationAccuracy));
            }

            SampleNaming.Of(directions.Zip(named, (direction, one) => (direction.Direction, one.Named))).Write(folder.Naming(epoch));
            Draw(folder.Sample(epoch), run, directions, measured);
            board?.Epoch(loop.NextStep, folder.Sample(epoch), [.. directions.Zip(named, (direction, one) =>
                (direction.Direction, one.Accuracy, one.Named))], () => Sounds(device, run, directions));
            return measured[0];
        }, cancel);

        training.Model.UpdateSampler();
        return Evaluator.Measure(session, directions, loop.NextStep, epochs).Summary;
    }

    /// <summary>The stages of the lines of metrics that hold the accuracies of each direction.</summary>
    internal static IReadOnlyList<string> StagesOf(RunKind kind) =>
        kind.HasBothDirections ? [GanLoop.Stage, ImageToSoundStage] : [GanLoop.Stage];

    private static IReadOnlyList<(string Class, GeneratedSound Sound)> Sounds(Device device, RunSettings run,
        IReadOnlyList<SampledDirection> directions) =>
        directions.FirstOrDefault(direction => direction.Direction == Direction.ImageToSound) is { } heard
            ? EpochSounds.Make(device, heard, run.Seed) : [];

    /// <summary>
    /// The picture of an epoch: a row an instrument, and in it a part a direction, where a real sample stands before samples of conditions
    /// of the validation songs.
    /// </summary>
    private static void Draw(string path, RunSettings run, IReadOnlyList<SampledDirection> directions, EpochAccuracy[] measured)
    {
        var columns = SampleColumns / directions.Count;
        var parts = directions.Select(direction => direction.DrawEpoch(columns, run.Seed)).ToArray();
        var rows = Enumerable.Range(0, run.Classes.Count)
            .Select(row => (IReadOnlyList<RgbImage?>)[.. parts.SelectMany(part => part[row])]).ToArray();
        string[] labels = [.. directions.SelectMany(direction => Enumerable.Range(1, columns)
            .Select(k => $"{direction.Direction.Condition()} {k}").Prepend("real"))];
        var shares = directions.Zip(measured, (direction, accuracy) =>
            (Share: $"{accuracy.ValidationAccuracy:0%} of ", Outputs: direction.Direction.Outputs())).ToArray();
        var title = $"epoch {measured[0].Epoch}: {shares[0].Share}generated {shares[0].Outputs}"
            + string.Concat(shares.Skip(1).Select(share => $" and {share.Share}{share.Outputs}")) + " named right";
        new SampleGrid(title, labels, run.Classes, rows).Write(path);
    }
}
