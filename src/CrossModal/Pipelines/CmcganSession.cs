using CrossModal.Adversarial;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// The parts of a run of both directions that stand before its encoders and decoders are trained: data, and a judge for each direction.
/// </summary>
internal sealed class CmcganSession : IDisposable
{
    private readonly TrainedJudge _images, _sounds;
    private readonly IRunReporter _reporter;
    private readonly CancellationToken _cancel;

    /// <summary>Trains the judges, or loads them where the run folder has them.</summary>
    public CmcganSession(Device device, RunConfiguration run, RunFolder folder, TrainingData data, IRunReporter reporter,
        CancellationToken cancel)
    {
        (Device, Run, Data, _reporter, _cancel) = (device, run, data, reporter, cancel);
        _images = new TrainedJudge(Direction.SoundToImage, device, run, folder, data, reporter, cancel);
        _sounds = new TrainedJudge(Direction.ImageToSound, device, run, folder, data, reporter, cancel);
    }

    public Device Device { get; }

    public RunConfiguration Run { get; }

    public TrainingData Data { get; }

    public CmcganBatches Batches => new(Run, Data.Pairs.Train, Spectrograms(Split.Train));

    public TrainedJudge JudgeOf(Direction direction) => direction == Direction.SoundToImage ? _images : _sounds;

    /// <summary>What a direction makes with the given networks, and its judge.</summary>
    public GeneratedSamples Samples(Direction direction, CrossModalGenerator networks) =>
        new(Device, CrossModalGenerator.Of(direction, Run.Model), networks.DecoderOf(direction).Forward, JudgeOf(direction).Judge,
            Run.Classes);

    /// <summary>
    /// The codes of a split's conditions by the networks as they are now: of all, or of every so many-th, at most <paramref name="most"/>.
    /// </summary>
    public ConditionCodes Codes(Direction direction, CrossModalGenerator networks, Split split, int most = int.MaxValue)
    {
        var pairs = Data.Pairs.Of(split);
        var fromSound = direction == Direction.SoundToImage;
        var all = fromSound ? ClassifierTraining.Sounds(pairs, Spectrograms(split), Run.Model.Spectrogram) : ClassifierTraining.Images(pairs);
        int[] chosen = all.Count <= most ? [.. Enumerable.Range(0, all.Count)]
            : [.. Enumerable.Range(0, most).Select(i => (int)((long)i * all.Count / most))];
        return ConditionEncoder.Encode(Device, pairs, all, fromSound, chosen, Run.Model.CodeSize, networks.EncoderOf(direction).Forward);
    }

    public void Dispose()
    {
        _images.Dispose();
        _sounds.Dispose();
    }

    private FeatureFile Spectrograms(Split split) => Data.Spectrograms(split, Run.Model.Spectrogram, Device, _reporter, _cancel);
}
