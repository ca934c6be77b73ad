using CrossModal.Adversarial;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>A run of one direction: an encoder that was trained before, whose codes do not change any more, and a judge.</summary>
internal sealed class ConditionalSession : GanSession
{
    private readonly ConditionEncoder _encoder;
    private readonly TrainedJudge _judge;
    private readonly ConditionCodes _train, _validation;

    public ConditionalSession(RunContext context) : base(context)
    {
        _encoder = Own(ConditionEncoder.TrainOrLoad(context));
        _judge = Own(new TrainedJudge(Direction, context));
        (_train, _validation) = (Encode(Split.Train), Encode(Split.Validation));
    }

    /// <inheritdoc/>
    public override string Readiness => (_encoder.Accuracy is { } encoder ? $"encoder {encoder.Accuracy:0.0%}, " : "")
        + $"judge {_judge.RealAccuracy.Accuracy:0.0%} of the real validation examples named right";

    private Direction Direction => Context.Run.Kind.Directions[0];

    /// <inheritdoc/>
    public override AdversarialTraining CreateTraining(bool capture) =>
        CreateTraining(Context.Device, Context.Run, Context.Data, _train, capture);

    /// <summary>The GAN of a run of one direction and its batches.</summary>
    /// <param name="codes">Of the conditions of the training split.</param>
    public static AdversarialTraining CreateTraining(Device device, RunSettings run, TrainingData data, ConditionCodes codes, bool capture)
    {
        var gan = new ConditionalGan(device, run.Model, run.Gan, run.Seed) { Capture = capture };
        var spectrograms =
            run.Kind.Directions[0] == Direction.SoundToImage ? null : data.Spectrograms(Split.Train, run.Model.Spectrogram);
        return new AdversarialTraining(gan, new ConditionalBatches(gan, run, data.Pairs.Train, codes, spectrograms));
    }

    /// <inheritdoc/>
    public override Module LoadGenerator() => new SavedRun(Context.Run, Context.Folder).LoadGenerator(Context.Device, Direction);

    /// <inheritdoc/>
    public override IReadOnlyList<SampledDirection> Directions(Module generator) =>
    [
        new(_judge, new GeneratedSamples(Context.Device, Context.Run.Model, ((Generator)generator).Forward, _judge.Network,
            Context.Run.Classes), (split, _) => split == Split.Train ? _train : _validation),
    ];

    /// <inheritdoc/>
    public override EvaluationReport Complete(EvaluationReport report, SampledDirection sampled)
    {
        var (fromSound, encoder) = (Direction == Direction.SoundToImage, _encoder.Accuracy?.Accuracy);
        return report with
        {
            SoundClassifierAccuracy = fromSound ? encoder : null,
            ImageEncoderAccuracy = fromSound ? null : encoder,
            Pose = fromSound && Context.Run.Scenario == Scenario.Pose
                ? PoseReport.Measure(Context, sampled.Samples, _validation) : null,
        };
    }

    private ConditionCodes Encode(Split split) => ConditionCodes.Of(Context.Device,
        Context.Data.Conditions(Direction, split, _encoder.Layout), Context.Run.Model.CodeSize, _encoder.Encode);
}
