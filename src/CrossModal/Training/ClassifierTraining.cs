using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Trains the two classifiers: of sounds, whose code the GAN is conditioned on, and of images, the judge.</summary>
internal static class ClassifierTraining
{
    private const ulong SoundStream = 10, SoundMaskStream = 11, ImageStream = 12, ImageMaskStream = 13, ImageEncoderStream = 24,
        SoundJudgeStream = 25;

    /// <summary>How far a training sound's level moves: ±0.1 of [−1, 1] is ±4 dB.</summary>
    private const float LevelShift = 0.1f;

    /// <summary>How far a training picture's contrast and brightness move.</summary>
    private const float ContrastShift = 0.15f, BrightnessShift = 0.15f;

    /// <summary>The command <c>train sound-classifier</c>.</summary>
    public static RunSummary TrainSound(RunOptions options, IRunReporter reporter, CancellationToken cancel) =>
        Train("train sound-classifier", options, reporter, cancel);

    /// <summary>The command <c>train image-classifier</c>.</summary>
    public static RunSummary TrainImage(RunOptions options, IRunReporter reporter, CancellationToken cancel) =>
        Train("train image-classifier", options, reporter, cancel);

    internal static SoundClassifier CreateSound(Device device, RunConfiguration run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, SoundStream);
        return new SoundClassifier(random, masks, run.Classes.Count, run.Model.CodeSize);
    }

    internal static ImageClassifier CreateImage(Device device, RunConfiguration run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, ImageStream);
        return new ImageClassifier(random, masks, run.Classes.Count, run.Model.ImageSize);
    }

    /// <summary>The image classifier with a code: the encoder of image to sound.</summary>
    internal static ImageClassifier CreateImageEncoder(Device device, RunConfiguration run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, ImageEncoderStream);
        return new ImageClassifier(random, masks, run.Classes.Count, run.Model.ImageSize, run.Model.CodeSize);
    }

    /// <summary>The sound classifier on square spectrograms: the judge of image to sound.</summary>
    internal static SoundClassifier CreateSoundJudge(Device device, RunConfiguration run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, SoundJudgeStream);
        return new SoundClassifier(random, masks, run.Classes.Count, run.Model.CodeSize, run.Model.Spectrogram.Frames,
            run.Model.Spectrogram.Mels);
    }

    internal static RandomStream SoundMasks(Device device, RunConfiguration run) => new(device, run.Seed, SoundMaskStream);

    internal static RandomStream ImageMasks(Device device, RunConfiguration run) => new(device, run.Seed, ImageMaskStream);

    /// <summary>Spectrograms and their classes.</summary>
    internal static ExampleSet Sounds(PairSplit split, FeatureFile spectrograms, LogMelLayout? layout = null)
    {
        layout ??= LogMelLayout.Standard;
        return new(split.SoundCount, new Shape(layout.Frames, layout.Mels, 1), split.SoundClass, (i, destination) =>
            spectrograms.Row(i).CopyTo(destination));
    }

    /// <summary>Images and their classes.</summary>
    internal static ExampleSet Images(PairSplit split) =>
        new(split.ImageCount, new Shape(split.ImageSize, split.ImageSize, ModelConfiguration.Colors), split.ImageClass, split.ReadImage);

    /// <summary>Moves a spectrogram a little along both axes, and its level.</summary>
    internal static Augmentation SoundAugmentation(ClassifierSettings settings, Shape shape) =>
        Augmentations.ShiftAndLevel(shape[0], shape[1], 1, settings.Shift, 0, LevelShift);

    /// <summary>Moves a picture a little, and its contrast and brightness; where asked for also mirrors and zooms it.</summary>
    internal static Augmentation ImageAugmentation(ClassifierSettings settings, Shape shape)
    {
        var (size, colors) = (shape[0], shape[2]);
        var shift = Augmentations.ShiftAndLevel(size, size, colors, settings.Shift, ContrastShift, BrightnessShift);
        return settings.Zoom > 0 ? Augmentations.MirrorAndZoom(size, size, colors, (float)settings.Zoom) + shift : shift;
    }

    /// <summary>A preset's settings with the user's own laid over them.</summary>
    internal static ClassifierSettings Asked(ClassifierSettings preset, RunOptions options) => preset with
    {
        Epochs = options.Epochs ?? preset.Epochs,
        MinimumSteps = options.Epochs is null ? preset.MinimumSteps : 0,
        Batch = options.Batch ?? preset.Batch,
    };

    /// <summary>Trains the sound classifier into the run folder, or loads it where a run that is continued has it already.</summary>
    internal static ConfusionMatrix TrainOrLoadSound(SoundClassifier model, RunConfiguration run, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel) =>
        TrainOrLoadSound(model, "sound classifier", "sound_classifier", folder.SoundClassifier, run, folder,
            Sounds(data.Pairs.Train, data.TrainSpectrograms!),
            Sounds(data.Pairs.Validation, data.ValidationSpectrograms!), reporter, cancel);

    /// <summary>Likewise the judge of spectrograms.</summary>
    internal static ConfusionMatrix TrainOrLoadSoundJudge(SoundClassifier model, string path, RunConfiguration run, RunFolder folder,
        ExampleSet train, ExampleSet validation, IRunReporter reporter,
        CancellationToken cancel) =>
            TrainOrLoadSound(model, "sound judge", "sound_judge", path, run, folder, train, validation, reporter, cancel);

    /// <summary>Likewise the judge of images.</summary>
    internal static ConfusionMatrix TrainOrLoadImage(ImageClassifier model, RunConfiguration run, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel) =>
        TrainOrLoadImage(model, "image classifier", folder.Judge, run, run.ImageClassifier, folder, data, reporter, cancel);

    /// <summary>Likewise the encoder of images, which has a code.</summary>
    internal static ConfusionMatrix TrainOrLoadImageEncoder(ImageClassifier model, RunConfiguration run, RunFolder folder,
        TrainingData data, IRunReporter reporter, CancellationToken cancel) =>
        TrainOrLoadImage(model, "image encoder", folder.ImageClassifier, run, run.ImageEncoder, folder, data, reporter, cancel);

    private static ConfusionMatrix TrainOrLoadSound(SoundClassifier model, string name, string prefix, string path, RunConfiguration run,
        RunFolder folder, ExampleSet train, ExampleSet validation,
        IRunReporter reporter, CancellationToken cancel)
    {
        var loop = new ClassifierLoop(name, model, x => model.Forward(x) is var (logits, codeLogits, _) ? [logits, codeLogits]
            : [], run.Classes, run.SoundClassifier, run.Seed);
        return TrainOrLoad(loop, name, new Checkpoint().Add(prefix, model), path, folder, run.SoundClassifier, train, validation,
            SoundAugmentation(run.SoundClassifier, train.Shape), reporter, cancel);
    }

    private static ConfusionMatrix TrainOrLoadImage(ImageClassifier model, string name, string path, RunConfiguration run,
        ClassifierSettings settings, RunFolder folder, TrainingData data,
        IRunReporter reporter, CancellationToken cancel)
    {
        var loop = new ClassifierLoop(name, model, model.Heads, run.Classes, settings, run.Seed);
        var train = Images(data.Pairs.Train);
        return TrainOrLoad(loop, name, new Checkpoint().Add("image_classifier", model), path, folder, settings, train,
            Images(data.Pairs.Validation), ImageAugmentation(settings, train.Shape), reporter, cancel);
    }

    private static ConfusionMatrix TrainOrLoad(ClassifierLoop loop, string name, Checkpoint checkpoint, string path, RunFolder folder,
        ClassifierSettings settings,
        ExampleSet train, ExampleSet validation, Augmentation augment, IRunReporter reporter, CancellationToken cancel)
    {
        if (File.Exists(path))
        {
            checkpoint.Load(path);
            return loop.Evaluate(validation);
        }

        folder.DropMetrics(name);
        ConfusionMatrix named;
        using (var stage = reporter.Stage(name, TrainingLoop.StepsOf(settings, train.Count), "steps"))
        {
            named = loop.Train(train, validation, augment, stage, (epoch, loss, matrix) => folder.AppendMetrics(
                ("step", 0), ("stage", name), ("epoch", epoch), ("loss", loss), ("validation_accuracy", matrix.Accuracy)), cancel);
        }

        checkpoint.Save(path, new Dictionary<string, string> { ["validation_accuracy"] = $"{named.Accuracy}" });
        return named;
    }

    private static RunSummary Train(string command, RunOptions options, IRunReporter reporter, CancellationToken cancel)
    {
        using var device = Device.Open(options.Device);
        if (device.Remark is { } remark)
            reporter.Warning(remark);
        var run = RunConfiguration.Create(command, options, device);
        run = run with { SoundClassifier = Asked(run.SoundClassifier, options), ImageClassifier = Asked(run.ImageClassifier, options) };
        var sound = command.EndsWith("sound-classifier", StringComparison.Ordinal);
        var folder = RunFolder.Create(options.Out, command);
        using var data = TrainingData.Open(run, sound ? device : null, reporter, cancel);
        run = run with { DataFingerprint = data.Pairs.Fingerprint, Classes = data.Pairs.Classes };
        folder.Write(run);
        ConfusionMatrix named;
        using (var masks = sound ? SoundMasks(device, run) : ImageMasks(device, run))
        {
            if (sound)
            {
                using var model = CreateSound(device, run, masks);
                named = TrainOrLoadSound(model, run, folder, data, reporter, cancel);
            }
            else
            {
                using var model = CreateImage(device, run, masks);
                named = TrainOrLoadImage(model, run, folder, data, reporter, cancel);
            }
        }

        new ClassifierReport(SplitAccuracy.Of(named)).Write(folder.Evaluation);
        ConfusionPlot.Write(folder.Confusion, sound ? "Validation sounds" : "Validation images", run.Classes, named.Counts);
        return new RunSummary(folder.Path, [("validation accuracy", $"{named.Accuracy:0.0%}"),
            ("over classes (macro)", $"{named.MacroAccuracy:0.0%}"), ("examples", $"{named.Count}")],
            [folder.Confusion]);
    }
}
