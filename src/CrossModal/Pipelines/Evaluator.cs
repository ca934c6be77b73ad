using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The command <c>evaluate</c>: what generated samples are worth.</summary>
internal static class Evaluator
{
    /// <param name="run">A finished run that generates something.</param>
    /// <param name="data">Other data with the same classes; null for those of the run.</param>
    public static (EvaluationReport Report, RunSummary Summary) Evaluate(Device device, RunConfiguration run, RunFolder folder, string? data,
        IRunReporter reporter, CancellationToken cancel)
    {
        using var opened = TrainingData.Open(data is null ? run : run with { Data = data, Pairs = 0 },
            run.Direction == Direction.SoundToImage && run.Command != CmcganTraining.Command ? device : null, reporter, cancel);
        if (!opened.Pairs.Classes.SequenceEqual(run.Classes))
            throw new BadInputException($"{data ?? run.Data}: has the classes {string.Join(", ", opened.Pairs.Classes)}; the run "
                + $"was trained on {string.Join(", ", run.Classes)}");
        if (!Checkpoint.ReadMetadata(folder.Last).TryGetValue("step", out var text) || !long.TryParse(text, out var step))
            throw new BadInputException($"{folder.Last}: has no step number; it is no checkpoint of a training run");
        if (run.Command == CmcganTraining.Command)
            return CmcganEvaluation.Evaluate(device, run, folder, opened, step, reporter, cancel);
        using var session = new GanSession(device, run, folder, opened, reporter, cancel);
        using var generator = OpenGenerator(device, run, folder);
        return Measure(session, session.Samples(generator.Forward), folder, step, GanTraining.Epochs(folder.ReadMetrics()), reporter,
            cancel);
    }

    /// <summary>The description of a run that generates something.</summary>
    /// <param name="direction">The one it must have; null for either.</param>
    /// <param name="both">Whether a run of both directions will do.</param>
    internal static RunConfiguration OpenRun(RunFolder folder, Direction? direction = null, bool both = true)
    {
        var run = RunConfiguration.Read(folder.Configuration);
        Direction[] ways = direction is { } one ? [one] : [Direction.SoundToImage, Direction.ImageToSound];
        string[] accepted = both ? [.. ways.Select(GanTraining.CommandOf), CmcganTraining.Command]
            : [.. ways.Select(GanTraining.CommandOf)];
        if (!accepted.Contains(run.Command))
        {
            var commands = string.Join(" or ", accepted.Select(command => $"`{command}`"));
            throw new BadInputException($"{folder.Path}: is a run of `{run.Command}`; give the folder of a run of {commands}");
        }

        return run;
    }

    /// <summary>The generator of a run's last checkpoint, with its averaged weights where they are kept, ready to sample.</summary>
    /// <param name="direction">Which one of a run of both; other runs know theirs.</param>
    internal static Generator OpenGenerator(Device device, RunConfiguration run, RunFolder folder,
        Direction direction = Direction.SoundToImage)
    {
        using var random = new RandomStream(device, run.Seed);
        var both = run.Command == CmcganTraining.Command;
        var generator = new Generator(random, both ? CrossModalGenerator.Of(direction, run.Model) : run.Model) { Training = false };
        var name = both ? $"{SampledWeights(run)}.{CrossModalGenerator.DecoderNameOf(direction)}" : SampledWeights(run);
        new Checkpoint().Add(name, generator).Load(folder.Last, everything: false);
        return generator;
    }

    /// <summary>What the names of the weights that samples are made with begin with in a checkpoint.</summary>
    internal static string SampledWeights(RunConfiguration run) => run.Gan.Ema > 0 ? "ema" : "generator";

    /// <summary>Names the file that an unfinished run lacks.</summary>
    internal static void RequireFiles(RunConfiguration run, RunFolder folder)
    {
        foreach (var file in new[] { ConditionEncoder.PathOf(run, folder), folder.Judge, run.Command == CmcganTraining.Command
            ? folder.SoundJudge : folder.Judge, folder.Last })
        {
            if (!File.Exists(file))
                throw new UnfinishedRunException(folder.Path, file);
        }
    }

    /// <summary>Measures generated samples of both splits, writes the figures and their pictures, and sums them up.</summary>
    internal static (EvaluationReport Report, RunSummary Summary) Measure(GanSession session, GeneratedSamples samples, RunFolder folder, long step,
        IReadOnlyList<EpochAccuracy> epochs, IRunReporter reporter, CancellationToken cancel)
    {
        var (run, direction) = (session.Run, session.Run.Direction);
        var measurement = new DirectionMeasurement(session.Device, run, session.Judge, samples, session.TrainCodes, session.ValidationCodes,
            session.Data.Pairs.Layout.IsPaired, step);
        var (report, validation) = measurement.Measure("evaluation", epochs, reporter, cancel);
        var (fromSound, encoder) = (direction == Direction.SoundToImage, session.EncoderAccuracy?.Accuracy);
        report = report with
        {
            SoundClassifierAccuracy = fromSound ? encoder : null,
            ImageEncoderAccuracy = fromSound ? null : encoder,
            Pose = fromSound && run.Scenario == Scenario.Pose ? PoseReport.Measure(session, samples, folder, reporter, cancel) : null,
        };
        report.Write(folder.Evaluation);
        ConfusionPlot.Write(folder.Confusion, $"Generated {direction.Outputs()} of validation {direction.Conditions()}", validation.Classes,
            validation.Counts);
        var rows = DirectionMeasurement.Rows(direction, report).Append(("chance", $"{report.ChanceAccuracy:0.0%}"));
        return (report, new RunSummary(folder.Path, [.. rows],
            DirectionMeasurement.Pictures(folder, epochs, [folder.Confusion], DirectionMeasurement.Panel(direction, epochs))));
    }
}
