using CrossModal.Adversarial;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The parts of a run once its encoder and its judge stand: what training goes on with, and what evaluation begins with.</summary>
internal sealed class GanSession : IDisposable
{
    private readonly ConditionEncoder _encoder;
    private readonly TrainedJudge _judge;

    /// <summary>Trains encoder and judge, or loads them where the run folder has them.</summary>
    public GanSession(Device device, RunConfiguration run, RunFolder folder, TrainingData data, IRunReporter reporter,
        CancellationToken cancel)
    {
        (Device, Run, Data) = (device, run, data);
        _encoder = ConditionEncoder.TrainOrLoad(device, run, folder, data, reporter, cancel);
        _judge = new TrainedJudge(run.Direction, device, run, folder, data, reporter, cancel);
        var fromSound = run.Direction == Direction.SoundToImage;
        TrainCodes = _encoder.EncodeAll(device, data.Pairs.Train, fromSound ? data.TrainSpectrograms : null);
        ValidationCodes = _encoder.EncodeAll(device, data.Pairs.Validation, fromSound ? data.ValidationSpectrograms : null);
        TrainTargets = fromSound ? null : data.Spectrograms(Split.Train, run.Model.Spectrogram, device, reporter, cancel);
    }

    public Device Device { get; }

    public RunConfiguration Run { get; }

    public TrainingData Data { get; }

    /// <summary>How the encoder names the validation examples; null where it was not trained to name anything.</summary>
    public ConfusionMatrix? EncoderAccuracy => _encoder.Accuracy;

    public TrainedJudge Judge => _judge;

    public ConditionCodes TrainCodes { get; }

    public ConditionCodes ValidationCodes { get; }

    /// <summary>The training spectrograms that image to sound learns to make; null for sound to image.</summary>
    public FeatureFile? TrainTargets { get; }

    public ConditionalBatches Batches => new(Run, Data.Pairs.Train, TrainCodes, TrainTargets);

    public GeneratedSamples Samples(Func<Tensor, Tensor, Tensor> sample) => new(Device, Run.Model, sample, _judge.Judge, Run.Classes);

    public void Dispose()
    {
        _encoder.Dispose();
        _judge.Dispose();
    }
}
