using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal.Experiments;

/// <summary>One training of an experiment.</summary>
/// <param name="Name">Also that of its folder.</param>
/// <param name="Weight">How long it takes, in comparison with the others.</param>
internal sealed record PlannedRun(string Name, RunKind Kind, RunOptions Options, int Weight = 1);

/// <summary>What came of it.</summary>
internal sealed record FinishedRun(string Name, RunFolder Folder, RunSettings Run, EvaluationReport Report, double Seconds);

/// <summary>
/// Several trainings after one another, each in a run folder of its own within the experiment's. A run that is finished is not repeated,
/// one that was stopped goes on from its checkpoint, and classifiers that another run has trained alike are taken from there.
/// </summary>
internal static class RunSeries
{
    public static IReadOnlyList<FinishedRun> Execute(string title, ExperimentFolder folder, IReadOnlyList<PlannedRun> runs,
        IRunReporter reporter, CancellationToken cancel)
    {
        var finished = new List<FinishedRun>();
        using var progress = new ExperimentProgress(reporter, title, runs.Sum(run => run.Weight));
        foreach (var run in runs)
        {
            var place = new RunFolder(folder.In(run.Name));
            if (!IsFinished(place))
                folder.Timed(run.Name, place.Path,
                    () => Train(run, place, finished, progress.Part(run.Name, run.Weight, "GAN"), folder.Path, cancel));
            folder.Account(run.Name, place.Path);
            progress.Finish(run.Weight);
            var report = EvaluationReport.Read(place.Evaluation);
            finished.Add(new FinishedRun(run.Name, place, RunSettings.Read(place.Settings), report, folder.SecondsOf(run.Name)));
        }

        return finished;
    }

    private static RunSummary Train(PlannedRun planned, RunFolder place, List<FinishedRun> others, IRunReporter reporter, string whole,
        CancellationToken cancel)
    {
        try
        {
            if (File.Exists(place.Settings))
                return Start(new RunOptions { Device = planned.Options.Device, Resume = place.Path });
            foreach (var other in others)
                TakeClassifiers(other, planned.Kind, place);
            return Start(planned.Options with { Out = place.Path });
        }
        catch (OperationCanceledException)
        {
            throw new ExperimentStoppedException($"stopped in {planned.Name}", whole);
        }

        RunSummary Start(RunOptions options) => GanTraining.Train(planned.Kind, options, reporter, cancel).RequireWritten();
    }

    /// <summary>
    /// Encoders and judges are functions of data, preset and seed, which all runs of a direction share. A run of both directions has the
    /// judges of both, and no encoder that is trained before it.
    /// </summary>
    private static void TakeClassifiers(FinishedRun other, RunKind kind, RunFolder to)
    {
        var (run, from) = (other.Run, other.Folder);
        if (run.Kind.HasBothDirections)
            return;
        if (kind.HasBothDirections)
        {
            Take(from.Judge, run.Kind == RunKind.SoundToImage ? to.Judge : to.SoundJudge);
            return;
        }

        if (run.Kind != kind)
            return;
        foreach (var file in new Func<RunFolder, string>[] { run => run.Judge, run => run.SoundClassifier, run => run.SoundEncoder, run =>
            run.ImageClassifier, run => run.SoundAutoencoder, run => run.PoseRegressor })
        {
            Take(file(from), file(to));
        }

        static void Take(string source, string target)
        {
            // One that does not say what it is of cannot be told from another's: it is trained again, and comes out the same.
            if (!File.Exists(source) || File.Exists(target) || !StageIdentity.IsIn(source))
                return;
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            AtomicFile.Write(target, stream =>
            {
                using var read = File.OpenRead(source);
                read.CopyTo(stream);
            });
        }
    }

    /// <summary>
    /// A run is finished when all of it is: trained to its end, measured there, and drawn. What lacks something goes on, and repeats no
    /// step that it has made.
    /// </summary>
    private static bool IsFinished(RunFolder place)
    {
        using var held = Directory.Exists(place.Path) ? place.Hold() : null;
        if (!File.Exists(place.Evaluation) || !File.Exists(place.Settings))
            return false;
        var (run, report) = (RunSettings.Read(place.Settings), EvaluationReport.Read(place.Evaluation));
        if (report.Epochs.Count == 0)
            return false;
        var last = report.Epochs[^1].Epoch;
        var pictures = run.Kind.Directions.Select(direction => place.ConfusionOf(run, direction, null)).Append(place.Sample(last));
        return (run.Gan.Steps > 0 ? report.Step >= run.Gan.Steps : last >= run.Gan.Epochs)
            && pictures.Concat(last > 1 ? [place.Curves] : []).All(File.Exists);
    }
}
