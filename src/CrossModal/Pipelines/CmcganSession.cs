using CrossModal.Adversarial;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>A run of both directions: a judge for each. The encoders are trained with the rest, so codes are those of the moment.</summary>
internal sealed class CmcganSession : GanSession
{
    private readonly TrainedJudge[] _judges;

    public CmcganSession(RunContext context) : base(context) =>
        _judges = [.. context.Run.Kind.Directions.Select(direction => Own(new TrainedJudge(direction, context)))];

    /// <inheritdoc/>
    public override string Readiness => "of the real validation examples the judges name "
        + string.Join(" and ", _judges.Select(judge => $"{judge.RealAccuracy.Accuracy:0.0%} of the {judge.Direction.Outputs()}"))
        + " right";

    /// <inheritdoc/>
    public override AdversarialTraining CreateTraining(bool capture)
    {
        var (run, data) = (Context.Run, Context.Data);
        var gan = new Cmcgan(Context.Device, run.Model, run.Gan, run.Cmcgan, run.Classes.Count, run.Seed) { Capture = capture };
        return new AdversarialTraining(gan,
            new CmcganBatches(gan, run, data.Pairs.Train, data.Spectrograms(Split.Train, run.Model.Spectrogram)));
    }

    /// <inheritdoc/>
    public override Module LoadGenerator()
    {
        var run = Context.Run;
        using var random = new RandomStream(Context.Device, run.Seed);
        var networks = new CrossModalGenerator(random, run.Model, run.CodeClasses) { Training = false };
        new Checkpoint().Add(run.SampledWeights, networks).Load(Context.Folder.Last, everything: false);
        return networks;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SampledDirection> Directions(Module generator)
    {
        var (networks, run) = ((CrossModalGenerator)generator, Context.Run);
        return [.. _judges.Select(judge => new SampledDirection(judge,
            new GeneratedSamples(Context.Device, CrossModalGenerator.Of(judge.Direction, run.Model),
                networks.DecoderOf(judge.Direction).Forward, judge.Network, run.Classes),
            (split, most) =>
            {
                var examples = Context.Data.Conditions(judge.Direction, split, run.Model.Spectrogram);
                return ConditionCodes.Of(Context.Device, examples, run.Model.CodeSize, networks.EncoderOf(judge.Direction).Forward,
                    ConditionCodes.Spread(examples.Count, most));
            }))];
    }
}
