using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
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
    private const int AtOnce = 64;

    private readonly RunConfiguration _run;
    private readonly RandomStream _masks;
    private readonly Module _module;
    private readonly Func<Tensor, Tensor> _encode;

    private ConditionEncoder(RunConfiguration run, RandomStream masks, Module module, Func<Tensor, Tensor> encode) =>
        (_run, _masks, _module, _encode) = (run, masks, module, encode);

    /// <summary>How it names validation examples, where it names anything.</summary>
    public ConfusionMatrix? Accuracy { get; private set; }

    /// <summary>Names examples, [batch, classes] logits; null where it was not trained to.</summary>
    public Func<Tensor, Tensor>? Classify { get; private init; }

    /// <summary>How sounds must be laid out for an encoder of sounds.</summary>
    public LogMelLayout Layout { get; private init; } = LogMelLayout.Standard;

    /// <summary>Trains it, or loads it where the run folder has it.</summary>
    public static ConditionEncoder TrainOrLoad(Device device, RunConfiguration run, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel)
    {
        var encoder = Create(device, run);
        switch (encoder._module)
        {
            case SoundClassifier sound:
                encoder.Accuracy = ClassifierTraining.TrainOrLoadSound(sound, run, folder, data, reporter, cancel);
                break;
            case SoundAutoencoder sound:
                AutoencoderTraining.TrainOrLoad(sound, run, folder, data, reporter, cancel);
                break;
            case JointSoundEncoder sound:
                encoder.Accuracy = SoundEncoderTraining.TrainOrLoad(sound, run, folder, data, reporter, cancel);
                break;
            case ImageClassifier image:
                encoder.Accuracy = ClassifierTraining.TrainOrLoadImageEncoder(image, run, folder, data, reporter, cancel);
                break;
        }

        encoder._module.Training = false;
        return encoder;
    }

    /// <summary>Loads that of a run.</summary>
    /// <param name="direction">Which one of a run of <c>train cmcgan</c>, which has both; other runs know theirs.</param>
    public static ConditionEncoder Load(Device device, RunConfiguration run, RunFolder folder, Direction direction)
    {
        if (run.Command == CmcganTraining.Command)
            return LoadTogether(device, run, folder, direction);
        var encoder = Create(device, run);
        new Checkpoint().Add(PrefixOf(encoder._module), encoder._module).Load(PathOf(run, folder));
        encoder._module.Training = false;
        return encoder;
    }

    /// <summary>Where a run keeps its encoder.</summary>
    public static string PathOf(RunConfiguration run, RunFolder folder) => (run.Direction, run.Variant, run.Scenario) switch
    {
        _ when run.Command == CmcganTraining.Command => folder.Last,
        (Direction.ImageToSound, _, _) => folder.ImageClassifier,
        (_, Variant.A, _) => folder.SoundAutoencoder,
        (_, _, Scenario.Pose) => folder.SoundEncoder,
        _ => folder.SoundClassifier,
    };

    /// <summary>Examples [batch, …] as it was trained on to codes [batch, code], outside any gradient.</summary>
    public Tensor Encode(Tensor examples)
    {
        using var pause = Tape.Paused();
        return _encode(examples);
    }

    /// <summary>The codes of all examples of a split.</summary>
    /// <param name="spectrograms">Of the split's sounds, for an encoder of sounds; null for one of images.</param>
    public ConditionCodes EncodeAll(Device device, PairSplit split, FeatureFile? spectrograms)
    {
        var examples = spectrograms is null ? ClassifierTraining.Images(split) : ClassifierTraining.Sounds(split, spectrograms);
        return Encode(device, split, examples, spectrograms is not null, [.. Enumerable.Range(0, examples.Count)], _run.Model.CodeSize,
            _encode);
    }

    /// <summary>The codes of chosen examples of a split, with their names, classes and songs.</summary>
    /// <param name="examples">The split's sounds or its images.</param>
    /// <param name="fromSound">Which of the two.</param>
    /// <param name="size">Numbers of a code.</param>
    /// <param name="encode">Examples [batch, …] to codes [batch, size].</param>
    public static ConditionCodes Encode(Device device, PairSplit split, ExampleSet examples, bool fromSound, IReadOnlyList<int> chosen,
        int size, Func<Tensor, Tensor> encode)
    {
        var length = (int)examples.Shape.Count;
        var (values, input) = (new float[chosen.Count * size], new float[AtOnce * length]);
        using var pause = Tape.Paused();
        for (var first = 0; first < chosen.Count; first += AtOnce)
        {
            using var scope = new Scope();
            var count = Math.Min(AtOnce, chosen.Count - first);
            for (var i = 0; i < count; i++)
                examples.Read(chosen[first + i], input.AsSpan(i * length, length));
            encode(Tensor.From(device, new Shape([count, .. examples.Shape.Extents]), input.AsSpan(0, count * length)))
                .Read(values.AsSpan(first * size, count * size));
        }

        Func<int, string> name = fromSound ? split.SoundName : split.ImageName;
        Func<int, int> song = fromSound ? split.Song : split.ImageSong;
        return new ConditionCodes(chosen.Count, size, values, [.. chosen.Select(examples.Label)], [.. chosen.Select(name)])
        {
            Songs = [.. chosen.Select(i => ConditionCodes.SongNumber(examples.Label(i), song(i)))],
        };
    }

    public void Dispose()
    {
        _module.Dispose();
        _masks.Dispose();
    }

    /// <summary>An encoder that was trained together with its decoders, and the head behind the codes where there is one.</summary>
    private static ConditionEncoder LoadTogether(Device device, RunConfiguration run, RunFolder folder, Direction direction)
    {
        var masks = new RandomStream(device, run.Seed);
        var networks = new CrossModalGenerator(masks, run.Model, run.Cmcgan.CodeClasses > 0 ? run.Classes.Count : 0) { Training = false };
        new Checkpoint().Add(Evaluator.SampledWeights(run), networks).Load(folder.Last, everything: false);
        var encoder = networks.EncoderOf(direction);
        return new ConditionEncoder(run, masks, networks, encoder.Forward)
        {
            Layout = run.Model.Spectrogram,
            Classify = networks.Classes is { } head ? x => head.Forward(encoder.Forward(x)) : null,
        };
    }

    private static string PrefixOf(Module module) => module switch
    {
        ImageClassifier => "image_classifier",
        SoundAutoencoder => "sound_autoencoder",
        JointSoundEncoder => "sound_encoder",
        _ => "sound_classifier",
    };

    private static ConditionEncoder Create(Device device, RunConfiguration run)
    {
        var masks = run.Direction == Direction.ImageToSound ? ClassifierTraining.ImageMasks(device, run)
            : ClassifierTraining.SoundMasks(device, run);
        switch (run.Direction, run.Variant, run.Scenario)
        {
            case (Direction.ImageToSound, _, _):
                var image = ClassifierTraining.CreateImageEncoder(device, run, masks);
                return new ConditionEncoder(run, masks, image, image.Encode) { Classify = image.Forward };
            case (_, Variant.A, _):
                var heard = AutoencoderTraining.Create(device, run);
                return new ConditionEncoder(run, masks, heard, heard.Encode);
            case (_, _, Scenario.Pose):
                var joint = SoundEncoderTraining.Create(device, run);
                return new ConditionEncoder(run, masks, joint, joint.EncodeSphered) { Classify = x => joint.Classify(joint.Encode(x)) };
            default:
                var sound = ClassifierTraining.CreateSound(device, run, masks);
                return new ConditionEncoder(run, masks, sound, x => sound.Forward(x).Code) { Classify = x => sound.Forward(x).Logits };
        }
    }
}
