using System.Text.Json.Serialization;

namespace CrossModal.Evaluation.Metrics;

/// <summary>
/// What real training samples have in the place of generated ones, as many of each class: as near as a generator comes that has learned
/// what it was trained on and nothing beyond. Where validation songs have other players, that is not near at all.
/// </summary>
/// <param name="Frechet">Fréchet distance to the real validation samples.</param>
/// <param name="KidByClass">Mean kernel distance class by class; left out where no class has two samples of each kind.</param>
/// <param name="Precision">Share of training samples that validation samples could be.</param>
/// <param name="Recall">Share of validation samples that training samples could be.</param>
/// <param name="Density">In how many neighborhoods of validation samples a training sample is.</param>
/// <param name="Coverage">Share of validation samples with a training sample in their neighborhood. These four are left out where there are
/// too few songs for neighborhoods.</param>
/// <param name="Count">How many training samples there are.</param>
public sealed record TrainingSamplesFigure(double Frechet,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? KidByClass,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Precision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Recall,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Density,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Coverage, int Count)
{
    /// <returns>Null where there are too few samples for a distance.</returns>
    internal static TrainingSamplesFigure? Measure(SampleSet set, CancellationToken cancel)
    {
        if (set.Training is not { Rows.Count: > 1 } training || set.RealFeatures.Count < 2)
            return null;
        var near = Neighborhoods.Compare(SongRows.Of(training.Rows, training.Song), SongRows.Of(set.RealFeatures, set.Songs().Real),
            cancel);
        double[] byClass = [.. Enumerable.Range(0, set.Classes)
            .Select(c => (Ours: KernelByClass.RowsOf(training.Class, c), Real: KernelByClass.RowsOf(set.RealClass, c)))
            .Where(rows => rows.Ours.Length > 1 && rows.Real.Length > 1)
            .Select(rows => KernelDistance.Between(training.Rows.Take(rows.Ours), set.RealFeatures.Take(rows.Real)))];
        return new TrainingSamplesFigure(FrechetDistance.Between(training.Rows, set.RealFeatures),
            byClass.Length > 0 ? byClass.Average() : null, near?.InReal.Average(), near?.InGenerated.Average(),
            near?.RealBalls.Average(), near?.Reached.Average(), training.Rows.Count);
    }
}

/// <summary>Real samples as the judge sees them.</summary>
/// <param name="Class">[count] their classes.</param>
/// <param name="Song">[count] the song of each; null where samples are independent.</param>
internal sealed record RealSamples(FeatureRows Rows, int[] Class, int[]? Song);
