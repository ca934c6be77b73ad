using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>
/// What makes the code that a GAN is conditioned on: φ(A) of a sound's spectrogram or ϕ(I) of an image (Chen et al. 2017, Fig. 1). It is
/// trained before the GAN and does not change afterwards. Sounds: a classifier's, an autoencoder's in variant S2I-A, and in the pose
/// scenario that of both at once, since a classifier's forgets what a pose follows.
/// </summary>
internal sealed class ConditionEncoder : IDisposable
{
    private readonly RandomStream _masks;
    private readonly Module _module;
    private readonly Func<Tensor, Tensor> _encode;

    private ConditionEncoder(RandomStream masks, Module module, Func<Tensor, Tensor> encode) =>
        (_masks, _module, _encode) = (masks, module, encode);

    /// <summary>How it names validation examples, where it names anything.</summary>
    public ConfusionMatrix? Accuracy { get; private set; }

    /// <summary>Names examples, [batch, classes] logits; null where it was not trained to.</summary>
    public Func<Tensor, Tensor>? Classify { get; private init; }

    /// <summary>How sounds must be laid out for an encoder of sounds.</summary>
    public LogMelLayout Layout { get; private init; } = LogMelLayout.Standard;

    /// <summary>What the names of its tensors begin with in its checkpoint.</summary>
    private string Prefix { get; init; } = "";

    /// <summary>Trains it, or loads it where the run folder has it; tells how it names validation examples, where it does.</summary>
    private Func<RunContext, ConfusionMatrix?> TrainOrLoadModule { get; init; } = _ => null;

    /// <summary>Trains it, or loads it where the run folder has it.</summary>
    public static ConditionEncoder TrainOrLoad(RunContext context)
    {
        var encoder = Create(context.Device, context.Run, context.Folder);
        encoder.Accuracy = encoder.TrainOrLoadModule(context);
        encoder._module.Training = false;
        return encoder;
    }

    /// <summary>Loads that of a run.</summary>
    /// <param name="direction">Which one of a run of <c>train cmcgan</c>, which has both; other runs know theirs.</param>
    public static ConditionEncoder Load(Device device, RunSettings run, RunFolder folder, Direction direction)
    {
        if (run.Encoder == EncoderKind.PartOfModel)
            return LoadPart(device, run, folder, direction);
        var encoder = Create(device, run, folder);
        new Checkpoint().Add(encoder.Prefix, encoder._module).Load(folder.EncoderOf(run));
        encoder._module.Training = false;
        return encoder;
    }

    /// <summary>Examples [batch, …] as it was trained on to codes [batch, code], outside any gradient.</summary>
    public Tensor Encode(Tensor examples)
    {
        using var pause = Tape.Paused();
        return _encode(examples);
    }

    /// <summary>The same, differentiable by the examples.</summary>
    public Tensor EncodeOnTape(Tensor examples) => _encode(examples);

    /// <summary>The network that encodes, with whatever stands beside it in one module.</summary>
    public Module Network => _module;

    public void Dispose()
    {
        _module.Dispose();
        _masks.Dispose();
    }

    /// <summary>An encoder that was trained together with its decoders, and the head behind the codes where there is one.</summary>
    private static ConditionEncoder LoadPart(Device device, RunSettings run, RunFolder folder, Direction direction)
    {
        var masks = new RandomStream(device, run.Seed);
        var networks = new CrossModalGenerator(masks, run.Model, run.CodeClasses) { Training = false };
        new Checkpoint().Add(run.SampledWeights, networks).Load(folder.Last, everything: false);
        var encoder = networks.EncoderOf(direction);
        return new ConditionEncoder(masks, networks, encoder.Forward)
        {
            Layout = run.Model.Spectrogram,
            Classify = networks.Classes is { } head ? x => head.Forward(encoder.Forward(x)) : null,
        };
    }

    private static ConditionEncoder Create(Device device, RunSettings run, RunFolder folder)
    {
        var masks = run.Encoder == EncoderKind.ImageClassifier ? ClassifierTraining.ImageMasks(device, run)
            : ClassifierTraining.SoundMasks(device, run);
        switch (run.Encoder)
        {
            case EncoderKind.ImageClassifier:
                var image = ClassifierTraining.CreateImageEncoder(device, run, masks);
                return new ConditionEncoder(masks, image, image.Encode)
                {
                    Classify = image.Forward,
                    Prefix = "image_classifier",
                    TrainOrLoadModule = context => ClassifierTraining
                        .Stage("image encoder", image, run.ImageEncoder, run.Seed, context.Data.Images)
                        .TrainOrLoad(context, context.Folder.ImageClassifier, "image_classifier"),
                };
            case EncoderKind.SoundAutoencoder:
                var heard = AutoencoderTraining.Create(device, run);
                return new ConditionEncoder(masks, heard, heard.Encode)
                {
                    Prefix = "sound_autoencoder",
                    TrainOrLoadModule = context =>
                    {
                        AutoencoderTraining.TrainOrLoad(heard, context);
                        return null;
                    },
                };
            case EncoderKind.JointSoundEncoder:
                var joint = SoundEncoderTraining.Create(device, run, decodes: !ExportMark.IsIn(folder.SoundEncoder));
                return new ConditionEncoder(masks, joint, joint.EncodeSphered)
                {
                    Classify = x => joint.Classify(joint.Encode(x)),
                    Prefix = "sound_encoder",
                    TrainOrLoadModule = context => SoundEncoderTraining.TrainOrLoad(joint, context),
                };
            default:
                var sound = ClassifierTraining.CreateSound(device, run, masks);
                return new ConditionEncoder(masks, sound, sound.Encode)
                {
                    Classify = sound.Forward,
                    Prefix = "sound_classifier",
                    TrainOrLoadModule = context => ClassifierTraining
                        .Stage("sound classifier", sound, run, split => context.Data.Sounds(split))
                        .TrainOrLoad(context, context.Folder.SoundClassifier, "sound_classifier"),
                };
        }
    }
}
