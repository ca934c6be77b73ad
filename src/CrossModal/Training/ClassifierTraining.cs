using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>How the classifiers of sounds and of images are made and trained: encoders of the GAN, and its judges.</summary>
internal static class ClassifierTraining
{
    public static RandomStream SoundMasks(Device device, RunSettings run) => new(device, run.Seed, RandomStreams.SoundClassifierMasks);

    public static RandomStream ImageMasks(Device device, RunSettings run) => new(device, run.Seed, RandomStreams.ImageClassifierMasks);

    /// <summary>The encoder of sound to image.</summary>
    public static SoundClassifier CreateSound(Device device, RunSettings run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.SoundClassifierWeights);
        return new SoundClassifier(random, masks, run.Classes.Count, run.Model.CodeSize, hidden: run.SoundClassifier.Hidden);
    }

    /// <summary>The judge of image to sound: the classifier of sounds on square spectrograms.</summary>
    public static SoundClassifier CreateSoundJudge(Device device, RunSettings run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.SoundJudgeWeights);
        return new SoundClassifier(random, masks, run.Classes.Count, run.Model.CodeSize,
            new Shape(run.Model.Spectrogram.Frames, run.Model.Spectrogram.Mels, 1), hidden: run.SoundClassifier.Hidden);
    }

    /// <summary>The judge of sound to image.</summary>
    public static ImageClassifier CreateImageJudge(Device device, RunSettings run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.ImageClassifierWeights);
        return new ImageClassifier(random, masks, run.Classes.Count, run.Model.ImageSize, hidden: run.ImageClassifier.Hidden);
    }

    /// <summary>The encoder of image to sound, which has a code.</summary>
    public static ImageClassifier CreateImageEncoder(Device device, RunSettings run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.ImageEncoderWeights);
        return new ImageClassifier(random, masks, run.Classes.Count, run.Model.ImageSize, run.Model.CodeSize, run.ImageEncoder.Hidden);
    }

    /// <summary>How a classifier is trained: by cross-entropy of all its heads; the first is the one that is measured.</summary>
    /// <param name="name">For the screen and the lines of metrics.</param>
    /// <param name="examples">Of each split.</param>
    /// <param name="augment">Changes training examples, given the shape of one.</param>
    public static TrainedStage<ConfusionMatrix> Stage(string name, Classifier model, ClassifierSettings settings, ulong seed,
        Func<Split, ExampleSet> examples, Func<Shape, Augmentation> augment) => new(name, model, settings, seed)
        {
            Loss = batch => Loss(model.Heads(batch.Input), batch.Labels),
            Examples = () => examples(Split.Train),
            Augment = augment,
            Measure = () => ConfusionMatrix.Of(model, model.Forward, examples(Split.Validation)),
        };

    /// <summary>The same of a classifier of sounds, as runs have it.</summary>
    public static TrainedStage<ConfusionMatrix> Stage(string name, SoundClassifier model, RunSettings run,
        Func<Split, ExampleSet> examples) =>
        Stage(name, model, run.SoundClassifier, run.Seed, examples, shape => Augmentations.OfSounds(run.SoundClassifier, shape));

    /// <summary>And of one of images.</summary>
    public static TrainedStage<ConfusionMatrix> Stage(string name, ImageClassifier model, ClassifierSettings settings, ulong seed,
        Func<Split, ExampleSet> images) =>
        Stage(name, model, settings, seed, images, shape => Augmentations.OfImages(settings, shape));

    /// <summary>The sum of the cross-entropies of several heads, each [batch, classes].</summary>
    public static Tensor Loss(IReadOnlyList<Tensor> heads, Tensor labels)
    {
        var total = Losses.SoftmaxCrossEntropy(heads[0], labels);
        foreach (var head in heads.Skip(1))
            total += Losses.SoftmaxCrossEntropy(head, labels);
        return total;
    }
}
