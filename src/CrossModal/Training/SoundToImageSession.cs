using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>The parts of a sound-to-image run once its classifiers stand: what training goes on with, and what evaluation begins with.</summary>
internal sealed class SoundToImageSession : IDisposable
{
    private const int SoundsAtOnce = 64;

    private readonly RandomStream _soundMasks, _imageMasks;

    /// <summary>Trains the classifiers, or loads them where the run folder has them.</summary>
    public SoundToImageSession(Device device, RunConfiguration run, RunFolder folder, TrainingData data, IRunReporter reporter, CancellationToken cancel)
    {
        (Device, Run, Data) = (device, run, data);
        (_soundMasks, _imageMasks) = (ClassifierTraining.SoundMasks(device, run), ClassifierTraining.ImageMasks(device, run));
        SoundClassifier = ClassifierTraining.CreateSound(device, run, _soundMasks);
        Judge = ClassifierTraining.CreateImage(device, run, _imageMasks);
        SoundAccuracy = ClassifierTraining.TrainOrLoadSound(SoundClassifier, run, folder, data, reporter, cancel);
        JudgeAccuracy = ClassifierTraining.TrainOrLoadImage(Judge, run, folder, data, reporter, cancel);
        (SoundClassifier.Training, Judge.Training) = (false, false);
        TrainCodes = Encode(data.Pairs.Train, data.TrainSpectrograms!);
        ValidationCodes = Encode(data.Pairs.Validation, data.ValidationSpectrograms!);
    }

    public Device Device { get; }

    public RunConfiguration Run { get; }

    public TrainingData Data { get; }

    public SoundClassifier SoundClassifier { get; }

    public ImageClassifier Judge { get; }

    /// <summary>How the validation sounds are named.</summary>
    public ConfusionMatrix SoundAccuracy { get; }

    /// <summary>How the judge names the real validation images.</summary>
    public ConfusionMatrix JudgeAccuracy { get; }

    public SoundCodes TrainCodes { get; }

    public SoundCodes ValidationCodes { get; }

    public GeneratedImages Images(Func<Tensor, Tensor, Tensor> sample) => new(Device, Run.Model, sample, Judge, Run.Classes);

    /// <summary>Measures generated images of both splits on at most <paramref name="most"/> sounds each.</summary>
    public EvaluationReport Evaluate(GeneratedImages images, int most, long step, IReadOnlyList<EpochAccuracy> epochs, IRunReporter reporter, CancellationToken cancel, out ConfusionMatrix validation)
    {
        var (trainRows, validationRows) = (TrainCodes.Spread(most), ValidationCodes.Spread(most));
        using var stage = reporter.Stage("evaluation", trainRows.Count + validationRows.Count, "images");
        var train = images.Judge(TrainCodes, trainRows, Run.Seed, done => stage.Report(done), cancel);
        validation = images.Judge(ValidationCodes, validationRows, Run.Seed + 1, done => stage.Report(trainRows.Count + done), cancel);
        return new EvaluationReport(JudgeAccuracy.Accuracy, SoundAccuracy.Accuracy, 1.0 / Run.Classes.Count, step, SplitAccuracy.Of(train), SplitAccuracy.Of(validation), epochs);
    }

    public void Dispose()
    {
        foreach (var part in new IDisposable[] { SoundClassifier, Judge, _soundMasks, _imageMasks })
            part.Dispose();
    }

    /// <summary>The codes of all sounds of a split.</summary>
    private SoundCodes Encode(PairSplit split, FeatureFile spectrograms)
    {
        using var pause = Tape.Paused();
        var size = Run.Model.CodeSize;
        var values = new float[split.SoundCount * size];
        for (var first = 0; first < split.SoundCount; first += SoundsAtOnce)
        {
            using var scope = new Scope();
            var count = Math.Min(SoundsAtOnce, split.SoundCount - first);
            var input = Tensor.From(Device, new Shape(count, Audio.LogMelSpectrogram.Frames, Audio.LogMelSpectrogram.Mels, 1), spectrograms.Rows(first, count));
            SoundClassifier.Forward(input).Code.Read(values.AsSpan(first * size, count * size));
        }

        return new SoundCodes(split.SoundCount, size, values, [.. Enumerable.Range(0, split.SoundCount).Select(split.SoundClass)], [.. Enumerable.Range(0, split.SoundCount).Select(split.SoundName)]);
    }
}
