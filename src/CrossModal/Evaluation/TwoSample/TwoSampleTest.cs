using CrossModal.Evaluation.Metrics;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation.TwoSample;

/// <summary>Generated and real samples that are to be told apart.</summary>
/// <param name="Read">Writes sample i.</param>
/// <param name="Groups">What must not stand on both sides.</param>
/// <param name="Songs">The song of each; null where samples are independent.</param>
internal sealed record ComparedSamples(ExampleReader Read, GroupedSamples Groups, int[]? Songs);

/// <summary>
/// The classifier two-sample test (Lopez-Paz and Oquab 2017): a network learns on half of the samples which are generated, and is asked
/// about the other half; then the halves change places, so that every sample is asked about once. Nothing is chosen by what it says of a
/// half that it is asked about: the number of steps is fixed. On the device that is given; the same for any number of its threads.
/// </summary>
/// <param name="steps">Of each half; always the same, because figures of different runs are to be compared.</param>
internal sealed class TwoSampleTest(Device device, ulong seed, int steps = 300)
{
    private readonly ClassifierSettings _recipe = new() { Epochs = 0, MinimumSteps = steps, Batch = 64, LearningRate = 1e-3 };

    /// <param name="shape">Of a sample: [height, width, channels].</param>
    /// <param name="paired">Whether sample i of both is of the same moment.</param>
    /// <returns>Null where there are too few samples for two halves.</returns>
    public TwoSampleFigure? Measure(Shape shape, ComparedSamples generated, ComparedSamples real, bool paired, IRunReporter reporter,
        string stageName, CancellationToken cancel)
    {
        if (TwoSampleHalves.Divide(generated.Groups, real.Groups, paired, seed) is not { } halves)
            return null;
        var (first, second) = (Labeled(halves.First), Labeled(halves.Second));
        double[][] told =
        [
            Told(second, first, $"{stageName}, half 1 of 2"),
            Told(first, second, $"{stageName}, half 2 of 2"),
        ];
        int[] songs = [.. SongsOf(halves.First), .. SongsOf(halves.Second)];
        var share = Bootstrap.Mean([.. told[0], .. told[1]], seed, songs, cancel);
        return new TwoSampleFigure(share.Value, share.Low, share.High, [.. told.Select(half => half.Average())],
            halves.First.Generated.Length + halves.Second.Generated.Length, halves.First.Real.Length + halves.Second.Real.Length);

        // The generated ones come first.
        ExampleSet Labeled(TwoSampleHalf half) => new(half.Count, shape,
            i => i < half.Generated.Length ? FakeDetector.Generated : FakeDetector.Real,
            (i, values) =>
            {
                if (i < half.Generated.Length)
                    generated.Read(half.Generated[i], values);
                else
                    real.Read(half.Real[i - half.Generated.Length], values);
            });

        double[] Told(ExampleSet learned, ExampleSet asked, string name)
        {
            using var random = new RandomStream(device, seed, RandomStreams.DetectorWeights);
            using var detector = new FakeDetector(random, learned.Shape);
            using (var stage = reporter.Stage(name, TrainingLoop.StepsOf(_recipe, learned.Count), "steps"))
            {
                new TrainingLoop("network of the two-sample test", detector,
                        batch => Losses.SoftmaxCrossEntropy(detector.Forward(batch.Input), batch.Labels), _recipe, seed)
                    .Train(learned, Mirror(learned.Shape), stage, (epoch, _) => $"epoch {epoch}", cancel);
            }

            return Right(detector, asked);
        }

        // Samples that are not of songs are songs of their own; where nothing is paired, the two kinds share none.
        IEnumerable<int> SongsOf(TwoSampleHalf half) => half.Generated.Select(i => generated.Songs?[i] ?? i)
            .Concat(half.Real.Select(i => real.Songs?[i] ?? i).Select(song => paired ? song : ~song));
    }

    /// <summary>1 for each sample of a set that is told right, 0 for each that is told wrong, 0.5 where neither is likelier.</summary>
    private static double[] Right(FakeDetector detector, ExampleSet set)
    {
        var right = new double[set.Count];
        TrainingLoop.Visit(detector, set, (first, input) =>
        {
            var logits = detector.Forward(input).ToArray();
            for (var i = 0; i < input.Shape[0]; i++)
            {
                var label = set.Label(first + i);
                right[first + i] = (1 + Math.Sign(logits[2 * i + label] - logits[2 * i + 1 - label])) / 2.0;
            }
        });
        return right;
    }

    /// <summary>Pictures are mirrored, which makes twice as many of them; a spectrogram has no left and right.</summary>
    private static Augmentation? Mirror(Shape shape) => shape[2] == ModelSettings.Colors ? Augmentations.Mirror(shape[1], shape[2]) : null;
}
