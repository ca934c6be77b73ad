using CrossModal.Data;
using CrossModal.Evaluation.Metrics;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>
/// Measures what a generator makes of one split's conditions: accuracy, distances to real samples, whether it listens to its condition, and
/// how much its samples differ.
/// </summary>
/// <param name="judge">It also knows the real samples.</param>
/// <param name="paired">Whether sample i of a split and condition i were recorded together.</param>
internal sealed class SplitMeasurement(Device device, TrainedJudge judge, GeneratedSamples samples, IReadOnlyList<string> classes,
    bool paired)
{
    /// <summary>Conditions of each class whose samples are compared with each other, and how many samples of each.</summary>
    private const int DiverseOfClass = 4, SamplesOfDiverse = 6;

    private const ulong DiverseSeed = 0x6469_7665;

    /// <summary>How many samples <see cref="Measure"/> makes or reads, and parts it computes: the units of its progress.</summary>
    public int UnitsOf(int rows, bool whole) => (whole ? 3 : 2) * rows + MetricsReport.Parts;

    /// <param name="rows">Of <paramref name="codes"/>: the conditions.</param>
    /// <param name="whole">Whether also to shuffle conditions and to look at several samples of one, which takes about half as long
    /// again.</param>
    /// <param name="progress">Called with the units done.</param>
    public (ConfusionMatrix Named, MetricsReport Metrics) Measure(
        Split split, ConditionCodes codes, IReadOnlyList<int> rows, ulong seed, bool whole, Action<int>? progress, CancellationToken cancel)
    {
        var done = 0;
        var made = samples.Collect(codes, rows, rows, seed, n => progress?.Invoke(n), cancel);
        done += rows.Count;
        var examples = judge.Samples(split);
        var realRows = paired ? rows : Spread(examples.Count, rows.Count);
        var real = Real(examples, realRows, n => progress?.Invoke(done + n), cancel);
        done += rows.Count;
        int[] truth = [.. rows.Select(row => codes.Classes[row])];
        int[]? mismatched = null;
        DiversitySamples? diversity = null;
        if (whole)
        {
            if (MismatchSensitivity.CanDerange(truth))
            {
                int[] instead = [.. MismatchSensitivity.Derangement(truth, seed).Select(i => rows[i])];
                mismatched = samples.Collect(codes, instead, rows, seed, n => progress?.Invoke(done + n), cancel).Named;
            }

            done += rows.Count;
            diversity = Diverse(codes, rows, examples, real, realRows, cancel);
        }

        var set = new SampleSet(judge.Direction == Direction.SoundToImage ? Modality.Image
            : Modality.Sound, classes.Count, truth, made.Named, made.Probabilities, made.Features, real.Features,
            [.. realRows.Select(examples.Label)])
        {
            Song = codes.Songs.Length > 0 ? [.. rows.Select(row => codes.Songs[row])] : null,
            Paired = paired,
            MismatchedNamed = mismatched,
            Diversity = diversity,
        };
        var metrics = MetricsReport.Measure(set, seed, parts => progress?.Invoke(done + parts), cancel);
        var named = new ConfusionMatrix(classes);
        for (var i = 0; i < truth.Length; i++)
            named.Add(truth[i], made.Named[i]);
        return (named, metrics);
    }

    /// <summary>Real samples as the judge sees them.</summary>
    private JudgedSamples Real(ExampleSet examples, IReadOnlyList<int> rows, Action<int> progress, CancellationToken cancel)
    {
        var length = (int)examples.Shape.Count;
        var values = new float[64 * length];
        return JudgedSamples.Collect(judge.Judge, rows.Count, (first, count) =>
        {
            cancel.ThrowIfCancellationRequested();
            if (values.Length < count * length)
                values = new float[count * length];
            for (var i = 0; i < count; i++)
                examples.Read(rows[first + i], values.AsSpan(i * length, length));
            return Tensor.From(device, new Shape([count, .. examples.Shape.Extents]), values.AsSpan(0, count * length));
        }, progress);
    }

    /// <summary>Several samples of a few conditions of each class.</summary>
    private DiversitySamples Diverse(ConditionCodes codes, IReadOnlyList<int> rows, ExampleSet examples, JudgedSamples real,
        IReadOnlyList<int> realRows, CancellationToken cancel)
    {
        int[] conditions = [.. rows.GroupBy(row => codes.Classes[row]).OrderBy(group => group.Key)
            .SelectMany(group => Few(group.ToArray(), DiverseOfClass))];
        int[] repeated = [.. conditions.SelectMany(row => Enumerable.Repeat(row, SamplesOfDiverse))];
        int[] noise = [.. Enumerable.Range(0, repeated.Length)];
        var length = (int)examples.Shape.Count;
        var pixels = new float[repeated.Length * length];
        var made = samples.Collect(codes, repeated, noise, DiverseSeed, cancel: cancel, each: (first, batch) =>
            batch.Read(pixels.AsSpan(first * length, (int)batch.Count)));

        // As many real samples a class as there are of it among the made ones.
        int[] chosen = [.. Enumerable.Range(0, realRows.Count).GroupBy(i => examples.Label(realRows[i])).OrderBy(group => group.Key)
            .SelectMany(group => Few(group.ToArray(), DiverseOfClass * SamplesOfDiverse))];
        var (realPixels, features) = (new float[chosen.Length * length], new float[chosen.Length * real.Features.Length]);
        for (var i = 0; i < chosen.Length; i++)
        {
            examples.Read(realRows[chosen[i]], realPixels.AsSpan(i * length, length));
            real.Features.Row(chosen[i]).CopyTo(features.AsSpan(i * real.Features.Length));
        }

        return new DiversitySamples(SamplesOfDiverse, new FeatureRows(repeated.Length, length, pixels), made.Features,
            new FeatureRows(chosen.Length, length, realPixels),
            new FeatureRows(chosen.Length, real.Features.Length, features), [.. chosen.Select(i => examples.Label(realRows[i]))],
            codes.Songs.Length > 0 ? [.. conditions.Select(row => codes.Songs[row])] : null);
    }

    private static int[] Few(int[] all, int most) =>
        all.Length <= most ? all : [.. Enumerable.Range(0, most).Select(k => all[(int)((long)k * all.Length / most)])];

    private static int[] Spread(int count, int most) => Few([.. Enumerable.Range(0, count)], most);
}
