using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>
/// The judge of one direction, trained on real samples apart from any encoder, and the real samples themselves: images for sound to image,
/// spectrograms of 64 × 64 for image to sound.
/// </summary>
internal sealed class TrainedJudge : IDisposable
{
    private readonly RandomStream _masks;
    private readonly Module _module;
    private readonly Func<Split, ExampleSet> _samples;

    /// <summary>Trains the judge, or loads it where the run folder has it.</summary>
    public TrainedJudge(Direction direction, Device device, RunConfiguration run, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel)
    {
        Direction = direction;
        if (direction == Direction.SoundToImage)
        {
            _masks = ClassifierTraining.ImageMasks(device, run);
            var judge = ClassifierTraining.CreateImage(device, run, _masks);
            (Judge, _module) = (judge, judge);
            _samples = split => ClassifierTraining.Images(data.Pairs.Of(split));
            RealAccuracy = ClassifierTraining.TrainOrLoadImage(judge, run, folder, data, reporter, cancel);
        }
        else
        {
            _masks = ClassifierTraining.SoundMasks(device, run);
            var judge = ClassifierTraining.CreateSoundJudge(device, run, _masks);
            (Judge, _module) = (judge, judge);
            _samples = split =>
                ClassifierTraining.Sounds(data.Pairs.Of(split), data.Spectrograms(split, run.Model.Spectrogram, device, reporter, cancel),
                run.Model.Spectrogram);
            RealAccuracy = ClassifierTraining.TrainOrLoadSoundJudge(judge, PathOf(direction, run, folder), run, folder,
                _samples(Split.Train), _samples(Split.Validation), reporter, cancel);
        }

        Judge.Training = false;
    }

    /// <summary>What it judges the outputs of.</summary>
    public Direction Direction { get; }

    public IJudge Judge { get; }

    /// <summary>How it names the real validation samples.</summary>
    public ConfusionMatrix RealAccuracy { get; }

    /// <summary>Where a run keeps the judge of a direction.</summary>
    public static string PathOf(Direction direction, RunConfiguration run, RunFolder folder) =>
        direction == Direction.ImageToSound && run.Command == CmcganTraining.Command ? folder.SoundJudge : folder.Judge;

    /// <summary>The real samples of a split and their classes.</summary>
    public ExampleSet Samples(Split split) => _samples(split);

    public void Dispose()
    {
        _module.Dispose();
        _masks.Dispose();
    }
}
