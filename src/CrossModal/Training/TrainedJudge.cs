using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>
/// The judge of one direction, trained on real samples apart from any encoder, and the real samples themselves: images for sound to image,
/// square spectrograms for image to sound.
/// </summary>
internal sealed class TrainedJudge : IDisposable
{
    private readonly RunContext _context;
    private readonly RandomStream _masks;
    private readonly Module _module;

    /// <summary>Trains the judge, or loads it where the run folder has it.</summary>
    public TrainedJudge(Direction direction, RunContext context)
    {
        (Direction, _context) = (direction, context);
        var (device, run, path) = (context.Device, context.Run, context.Folder.JudgeOf(context.Run, direction));
        if (direction == Direction.SoundToImage)
        {
            _masks = ClassifierTraining.ImageMasks(device, run);
            var judge = ClassifierTraining.CreateImageJudge(device, run, _masks);
            (Network, _module) = (judge, judge);
            RealAccuracy = ClassifierTraining.Stage("image classifier", judge, run.ImageClassifier, run.Seed, Samples)
                .TrainOrLoad(context, path, "image_classifier");
        }
        else
        {
            _masks = ClassifierTraining.SoundMasks(device, run);
            var judge = ClassifierTraining.CreateSoundJudge(device, run, _masks);
            (Network, _module) = (judge, judge);
            RealAccuracy = ClassifierTraining.Stage("sound judge", judge, run, Samples).TrainOrLoad(context, path, "sound_judge");
        }

        Network.Training = false;
    }

    /// <summary>What it judges the outputs of.</summary>
    public Direction Direction { get; }

    public IJudge Network { get; }

    /// <summary>How it names the real validation samples.</summary>
    public ConfusionMatrix RealAccuracy { get; }

    /// <summary>The real samples of a split and their classes.</summary>
    public ExampleSet Samples(Split split) => _context.Data.Outputs(Direction, split, _context.Run.Model.Spectrogram);

    public void Dispose()
    {
        _module.Dispose();
        _masks.Dispose();
    }
}
