using System.Text.Json.Serialization;

namespace CrossModal.Evaluation.Metrics;

/// <summary>What the figures are based on.</summary>
/// <param name="Generated">Generated samples.</param>
/// <param name="Real">Real samples beside them.</param>
/// <param name="Songs">Songs that the generated samples' conditions are of, which is what the intervals draw again; left out where samples
/// were drawn.</param>
/// <param name="Resamples">Resamples of each interval.</param>
/// <param name="DistanceResamples">Resamples of the intervals of Fréchet and kernel distance.</param>
public sealed record SampleCounts(int Generated, int Real,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Songs, int Resamples, int DistanceResamples);

/// <summary>
/// The metrics of one split in <c>evaluation.json</c>. What could not be measured for want of samples is left out. Shares are 0 to 1.
/// </summary>
/// <param name="Accuracy">Share of generated samples named as the class of their condition.</param>
/// <param name="MacroAccuracy">The same over classes: each class that occurs counts the same.</param>
/// <param name="Fid">Fréchet inception distance of generated images.</param>
/// <param name="Fad">Fréchet audio distance of generated sounds.</param>
/// <param name="Kid">Kernel distance, of images or sounds.</param>
/// <param name="InceptionScore">1 to the number of classes.</param>
/// <param name="Retrieval">R@1, R@5 and R@10.</param>
/// <param name="Mismatch">What becomes of the accuracy with shuffled conditions.</param>
/// <param name="Diversity">How much samples of one condition differ.</param>
/// <param name="Counts">What all of it is based on.</param>
public sealed record MetricsReport(
    Interval Accuracy,
    Interval MacroAccuracy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FrechetFigure? Fid,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FrechetFigure? Fad,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] KernelFigure? Kid,
    Interval InceptionScore,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RetrievalFigure? Retrieval,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MismatchFigure? Mismatch,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DiversityFigure? Diversity,
    SampleCounts Counts)
{
    /// <summary>How well a network tells generated from real samples; null where that was not measured.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TwoSampleFigure? TwoSample { get; init; }

    /// <summary>Share of generated samples that real ones could be, by the neighborhoods of real ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NeighborFigure? Precision { get; init; }

    /// <summary>Share of real samples that generated ones could be, by the neighborhoods of generated ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NeighborFigure? Recall { get; init; }

    /// <summary>In how many neighborhoods of real samples a generated one is: 1 where both are alike.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NeighborFigure? Density { get; init; }

    /// <summary>Share of real samples that have a generated one in their neighborhood.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NeighborFigure? Coverage { get; init; }

    /// <summary>Kernel distances class by class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClassDistances? KidByClass { get; init; }

    /// <summary>What training samples have in the place of generated ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TrainingSamplesFigure? TrainingSamples { get; init; }

    /// <summary>How often <see cref="Measure"/> reports progress.</summary>
    internal const int Parts = 10;

    /// <summary>Measures all that the samples suffice for.</summary>
    /// <param name="seed">Of the resamples: the same seed gives the same intervals, whatever the number of threads.</param>
    /// <param name="progress">Told after each of the <see cref="Parts"/> how many are done.</param>
    /// <exception cref="Kernels.BadInputException">There is no sample, or a feature or probability is a NaN.</exception>
    /// <exception cref="ArgumentException">The arrays do not fit together.</exception>
    internal static MetricsReport Measure(SampleSet set, ulong seed, Action<int>? progress = null, CancellationToken cancel = default)
    {
        set.Check();
        var done = 0;
        var (count, real) = (set.TrueClass.Length, set.RealFeatures.Count);
        var accuracy = Part(() => Bootstrap.Mean([.. set.TrueClass.Select((c, i) => set.Named[i] == c ? 1.0 : 0)], seed, set.Song, cancel));
        var macro = Part(() => Bootstrap.Percentile(count, indices => Macro(set, indices), seed, set.Song, cancel: cancel));
        var score = Part(() => Metrics.InceptionScore.Measure(set.Probabilities, set.Classes, seed, set.Song, cancel));
        var (frechet, kernel) = Part(() => Distances(set, seed, cancel));
        var byClass = Part(() => KernelByClass.Measure(set, seed, cancel));
        var neighbors = Part(() => Neighbors(set, seed, cancel));
        var training = Part(() => TrainingSamplesFigure.Measure(set, cancel));
        var retrieval = Part(() => real == 0 ? null
            : Metrics.Retrieval.Measure(new LabeledFeatures(set.Features, set.TrueClass),
                new LabeledFeatures(set.RealFeatures, set.RealClass), set.Paired, seed, set.Song, cancel));
        var mismatch = Part(() =>
            set.MismatchedNamed is { } named ? MismatchSensitivity.Measure(set.TrueClass, set.Named, named, seed, set.Song, cancel) : null);
        var diversity = Part(() => set.Diversity is { } samples ? Metrics.Diversity.Measure(samples, seed, cancel) : null);
        var counts = new SampleCounts(count, real, set.Song is null ? null
            : Bootstrap.Units(count, set.Song), Bootstrap.Resamples, Bootstrap.DistanceResamples);
        var (fid, fad) = set.Modality == Modality.Image ? (frechet, (FrechetFigure?)null) : (null, frechet);
        return new MetricsReport(accuracy, macro, fid, fad, kernel, score, retrieval, mismatch, diversity, counts)
        {
            Precision = neighbors?.Precision,
            Recall = neighbors?.Recall,
            Density = neighbors?.Density,
            Coverage = neighbors?.Coverage,
            KidByClass = byClass,
            TrainingSamples = training,
        };

        T Part<T>(Func<T> measure)
        {
            cancel.ThrowIfCancellationRequested();
            var result = measure();
            progress?.Invoke(++done);
            return result;
        }
    }

    private static (FrechetFigure? Frechet, KernelFigure? Kernel) Distances(SampleSet set, ulong seed, CancellationToken cancel)
    {
        var (count, real) = (set.Features.Count, set.RealFeatures.Count);
        if (count < 2 || real < 2)
            return (null, null);
        var songs = set.Songs();
        var plan = new ResamplingPlan(count, songs.Generated, real, songs.Real, seed);
        return (FrechetDistance.Measure(set.Features, set.RealFeatures, plan, cancel: cancel),
            KernelDistance.Measure(set.Features, set.RealFeatures, plan, cancel: cancel));
    }

    private static NeighborFigures? Neighbors(SampleSet set, ulong seed, CancellationToken cancel)
    {
        var songs = set.Songs();
        return set.RealFeatures.Count == 0 ? null
            : Neighborhoods.Measure(set.Features, songs.Generated, set.RealFeatures, songs.Real, seed, cancel);
    }

    private static double Macro(SampleSet set, ReadOnlySpan<int> indices)
    {
        var (right, total) = (new int[set.Classes], new int[set.Classes]);
        foreach (var i in indices)
        {
            total[set.TrueClass[i]]++;
            right[set.TrueClass[i]] += set.Named[i] == set.TrueClass[i] ? 1 : 0;
        }

        var (sum, present) = (0.0, 0);
        for (var c = 0; c < set.Classes; c++)
        {
            if (total[c] == 0)
                continue;
            sum += right[c] / (double)total[c];
            present++;
        }

        return sum / present;
    }
}
