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
/// half that it is asked about: the number of steps is fixed. The same is done with smaller samples, of which only what is coarse is left:
/// where all are told, that is what is left to compare. On the device that is given; the same for any number of its threads.
/// </summary>
/// <param name="steps">Of each half; always the same, because figures of different runs are to be compared.</param>
internal sealed class TwoSampleTest(Device device, ulong seed, int steps = 200)
{
    /// <summary>Pixels of a side, below which little is left to be seen.</summary>
    private const int LeastSize = 16;

    private readonly ClassifierSettings _recipe = new() { Epochs = 0, MinimumSteps = steps, Batch = 64, LearningRate = 1e-3 };

    /// <param name="shape">Of a sample: [height, width, channels].</param>
    /// <param name="paired">Whether sample i of both is of the same moment.</param>
    /// <returns>Null where there are too few samples for two halves.</returns>
    public TwoSampleFigure? Measure(Shape shape, ComparedSamples generated, ComparedSamples real, bool paired, IRunReporter reporter,
        string stageName, CancellationToken cancel)
    {
        if (TwoSampleHalves.Divide(generated.Groups, real.Groups, paired, seed) is not { } halves)
            return null;
        int[] songs = [.. SongsOf(halves.First), .. SongsOf(halves.Second)];
        var (whole, told) = Share(1, stageName);
        var smaller = new List<TwoSampleAt>();
        for (var by = 2; shape[0] / by >= LeastSize; by *= 2)
            smaller.Add(new TwoSampleAt(shape[0] / by, Share(by, $"{stageName} at {shape[0] / by} pixels").Share));
        return new TwoSampleFigure(whole.Value, whole.Low, whole.High, [.. told.Select(half => half.Average())], smaller,
            halves.First.Generated.Length + halves.Second.Generated.Length, halves.First.Real.Length + halves.Second.Real.Length);

        (Interval Share, double[][] Told) Share(int by, string name)
        {
            var (first, second) = (Labeled(halves.First, by), Labeled(halves.Second, by));
            double[][] told = [Told(second, first, $"{name}, half 1 of 2"), Told(first, second, $"{name}, half 2 of 2")];
            return (Bootstrap.Mean([.. told[0], .. told[1]], seed, songs, cancel), told);
        }

        // The generated ones come first.
        ExampleSet Labeled(TwoSampleHalf half, int by)
        {
            var large = new float[shape.Count];
            return new ExampleSet(half.Count, new Shape(shape[0] / by, shape[1] / by, shape[2]),
                i => i < half.Generated.Length ? FakeDetector.Generated : FakeDetector.Real,
                (i, values) =>
                {
                    if (i < half.Generated.Length)
                        generated.Read(half.Generated[i], large);
                    else
                        real.Read(half.Real[i - half.Generated.Length], large);
                    Shrink(large, shape, by, values);
                });
        }

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

    /// <summary>The mean of each square of <paramref name="by"/> pixels of a sample.</summary>
    internal static void Shrink(ReadOnlySpan<float> sample, Shape shape, int by, Span<float> smaller)
    {
        if (by == 1)
        {
            sample.CopyTo(smaller);
            return;
        }

        var (width, channels) = (shape[1], shape[2]);
        smaller.Clear();
        for (var row = 0; row < shape[0]; row++)
        {
            var into = smaller.Slice(row / by * (width / by) * channels, width / by * channels);
            for (var column = 0; column < width; column++)
            {
                for (var c = 0; c < channels; c++)
                    into[column / by * channels + c] += sample[(row * width + column) * channels + c] / (by * by);
            }
        }
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
