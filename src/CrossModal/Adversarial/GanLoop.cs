using System.Diagnostics;
using CrossModal.Kernels;
using CrossModal.Kernels.Communication;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>
/// The epochs of the GAN: batches in, steps, samples, accuracies, checkpoints. What a step trains on is a function of seed and step number,
/// so a run that was killed continues from its last checkpoint with the very numbers it would have had.
/// </summary>
/// <param name="training">What is trained, and on what.</param>
/// <param name="createChecked">Makes the same again, but capturing nothing, to repeat a step that went wrong with every op's result
/// checked.</param>
internal sealed class GanLoop(RunSettings run, RunFolder folder, AdversarialTraining training, Func<AdversarialTraining> createChecked)
{
    /// <summary>The stage of the lines of metrics.</summary>
    public const string Stage = "gan";

    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(2);

    private readonly AdversarialModel _gan = training.Model;

    private readonly Communicator _ranks = training.Model.Device.Ranks;

    /// <summary>Whether the folder has its description, without which it is no run.</summary>
    private readonly bool _described = File.Exists(folder.Settings);
    private readonly BatchOrder _order = new(training.Batches, run, training.Model.Device.Ranks);

    /// <summary>
    /// The scores since the last line of metrics, added up, and of how many steps; part of a checkpoint, so that the line of an interrupted
    /// epoch is whole.
    /// </summary>
    private GanScores _sum;
    private int _summed;

    /// <summary>How many steps' scores were read.</summary>
    private long _read;

    /// <summary>When the scores of the step before were read; null when something else than a step came after it.</summary>
    private long? _readAt;

    public int StepsPerEpoch => _order.StepsPerEpoch;

    public long TotalSteps => run.Gan.Steps > 0 ? run.Gan.Steps : (long)run.Gan.Epochs * StepsPerEpoch;

    /// <summary>The step that comes next, from 0.</summary>
    public long NextStep { get; private set; }

    /// <summary>The best validation accuracy of an epoch so far.</summary>
    public double Best { get; private set; } = -1;

    /// <summary>Continues from a checkpoint.</summary>
    public void Resume(string path)
    {
        var progress = GanProgress.Of(path, _gan.CreateCheckpoint().Load(path));
        _read = NextStep = progress.Step;
        (Best, _sum, _summed) = (progress.Best, progress.Sum, progress.Summed);
        if (!_gan.HasFiniteWeights())
            throw new BadInputException($"{path}: has weights that are not finite: it is damaged, or was saved after its training had "
                + "failed; put back one that is whole, or start a new run");
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="epochDone">Given the epoch (from 1), measures and draws; returns the accuracies of generated images.</param>
    /// <exception cref="OperationCanceledException">Cancelled; everything was saved.</exception>
    public void Train(IRunReporter reporter, Func<int, EpochAccuracy> epochDone, CancellationToken cancel)
    {
        using var stage = reporter.Stage("GAN", TotalSteps, "steps");
        using var log = StepLog.Open(folder.Steps, NextStep);
        stage.Report(NextStep);
        var saved = Stopwatch.StartNew();
        var accuracy = "";
        while (NextStep < TotalSteps)
        {
            if (_ranks.Any(cancel.IsCancellationRequested))
            {
                ReadScores(NextStep, reporter, log);
                RequireFiniteWeights();
                Save();
                throw Stopped();
            }

            // Where the device works by itself, it computes this step while the host reads the losses of the one before and prepares the
            // next batch.
            _gan.Detailed = reporter.WantsDetail;
            RunStep(NextStep++);
            _gan.BeginReadScores();
            var epochEnds = NextStep % StepsPerEpoch == 0 || NextStep == TotalSteps;
            var saves = !epochEnds && saved.Elapsed > SaveEvery;
            var due = epochEnds || saves || !_gan.Device.IsAsynchronous ? NextStep : NextStep - 1;
            if (ReadScores(due, reporter, log) is { } scores)
            {
                var reported = Stopwatch.GetTimestamp();
                stage.Report(_read, $"D {scores.DiscriminatorLoss:0.00}  G {scores.GeneratorLoss:0.00}{accuracy}");
                _readAt += Stopwatch.GetTimestamp() - reported;
            }

            if (epochEnds)
            {
                var epoch = (int)((NextStep + StepsPerEpoch - 1) / StepsPerEpoch);
                RequireFiniteWeights();
                _gan.UpdateSampler();
                var measured = epochDone(epoch);
                var mean = _sum / _summed;
                folder.AppendMetrics(("step", NextStep), ("stage", Stage), ("epoch", epoch),
                    ("discriminator_loss", mean.DiscriminatorLoss), ("generator_loss", mean.GeneratorLoss), ("score_real", mean.Real),
                    ("score_wrong", float.IsNaN(mean.Wrong) ? null : mean.Wrong), ("score_fake", mean.Fake),
                    ("train_accuracy", measured.TrainAccuracy), ("validation_accuracy", measured.ValidationAccuracy));
                (_sum, _summed) = (default, 0);
                accuracy = $"  validation {measured.ValidationAccuracy:0%}";
                if (measured.ValidationAccuracy < Best / 2)
                    reporter.Warning($"epoch {epoch}: accuracy fell to {measured.ValidationAccuracy:0%} from {Best:0%}: the GAN is "
                        + $"collapsing; the best weights are kept in {folder.Best}");
                if (measured.ValidationAccuracy > Best)
                {
                    Best = measured.ValidationAccuracy;
                    Save(folder.Best);
                }

                Save();
                saved.Restart();
                _readAt = null;
            }
            else if (saves)
            {
                RequireFiniteWeights();
                Save();
                saved.Restart();
                _readAt = null;
            }
        }
    }

    /// <summary>
    /// Trains along with rank 0, whose <see cref="Train"/> measures, draws and saves; the other ranks wait for it at the beginning of a
    /// step.
    /// </summary>
    /// <exception cref="OperationCanceledException">All ranks stopped.</exception>
    /// <exception cref="NonFiniteException">A loss is not finite.</exception>
    public void Follow(CancellationToken cancel)
    {
        while (NextStep < TotalSteps)
        {
            if (_ranks.Any(cancel.IsCancellationRequested))
                throw Stopped();
            RunStep(NextStep++);
            _gan.BeginReadScores();
            for (var due = NextStep == TotalSteps || !_gan.Device.IsAsynchronous ? NextStep : NextStep - 1; _read < due; _read++)
            {
                if (!_gan.FinishReadScores().IsFinite)
                    throw Diagnose(_read);
            }
        }
    }

    private RunStoppedException Stopped() => new($"stopped at step {NextStep}", folder.Path);

    /// <summary>Adds up the scores of all steps before <paramref name="step"/> that were not read yet; returns the last of them.</summary>
    /// <exception cref="NonFiniteException">A loss is not finite.</exception>
    private GanScores? ReadScores(long step, IRunReporter reporter, StepLog log)
    {
        GanScores? last = null;
        for (; _read < step; _read++)
        {
            var scores = _gan.FinishReadScores(out var detail);
            if (!scores.IsFinite)
                throw Diagnose(_read);
            _sum += scores;
            _summed++;
            last = scores;
            var now = Stopwatch.GetTimestamp();
            var made = new TrainingStep(_read + 1, RateOf(_read), scores.DiscriminatorLoss, scores.GeneratorLoss, scores.Real,
                float.IsNaN(scores.Wrong) ? null : scores.Wrong, scores.Fake)
            {
                Batch = run.Gan.Batch,
                Duration = _readAt is { } before ? Stopwatch.GetElapsedTime(before, now) : null,
                DeviceBytes = _gan.DeviceBytes,
                Detail = detail,
            };
            _readAt = now;
            log.Add(made);
            reporter.Step(made);
        }

        return last;
    }

    private void Save(string? path = null)
    {
        if (_described && !File.Exists(folder.Settings))
            throw new BadInputException($"{folder.Path}: was removed or moved while it was trained; nothing more is written into it");
        _gan.CreateCheckpoint().Save(path ?? folder.Last, new GanProgress(NextStep, Best, _sum, _summed).ToText(run.Model));
    }

    private double RateOf(long step) => run.Gan.RateIn((int)(step / StepsPerEpoch));

    private void RunStep(long step)
    {
        _gan.LearningRate = RateOf(step);
        _order.Load(step);
        _gan.Step();
    }

    /// <summary>
    /// A step can spoil the weights and show it in the losses of the next only; such weights must not replace those of the last checkpoint.
    /// </summary>
    private void RequireFiniteWeights()
    {
        if (!_gan.HasFiniteWeights())
            throw Diagnose(NextStep - 1);
    }

    /// <summary>
    /// Repeats the steps since the last checkpoint with every op's result checked, which names the one that first made a NaN.
    /// </summary>
    private NonFiniteException Diagnose(long failed)
    {
        var remedy = File.Exists(folder.Last) ? $"{folder.Last} is as it was before" : "no checkpoint was written yet";

        // To repeat a step all ranks would have to, and only some may have found this.
        if (_ranks.Size > 1)
            return new NonFiniteException($"step {failed + 1}: losses or weights are not finite; {remedy}; go on with the run in one "
                + "process to see which op made them so, or try a smaller learning rate");
        using var again = createChecked();
        var loop = new GanLoop(run, folder, again, createChecked);
        if (File.Exists(folder.Last))
            loop.Resume(folder.Last);
        try
        {
            for (var step = loop.NextStep; step <= failed; step++)
            {
                _gan.Device.CheckFinite = step == failed;
                loop.RunStep(step);
            }
        }
        catch (NonFiniteException error)
        {
            return new NonFiniteException($"step {failed + 1}: {error.Message}; {remedy}; try a smaller learning rate or another seed");
        }
        finally
        {
            _gan.Device.CheckFinite = false;
        }

        var what = again.Model.HasFiniteWeights() ? "losses or weights are not finite, though no single op made them so"
            : "Adam's update made weights that are not finite";
        return new NonFiniteException($"step {failed + 1}: {what}; {remedy}; try a smaller learning rate or another seed");
    }
}
