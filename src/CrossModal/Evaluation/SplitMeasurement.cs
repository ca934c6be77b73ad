using CrossModal.Data;
using CrossModal.Evaluation.Metrics;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>The conditions of one split that are measured.</summary>
/// <param name="Rows">Of <paramref name="Codes"/>: the conditions.</param>
/// <param name="Seed">Of the noise.</param>
/// <param name="Whole">Whether also to shuffle conditions and to look at several samples of one, which takes about half as long
/// again.</param>
internal sealed record MeasuredSplit(Split Split, ConditionCodes Codes, IReadOnlyList<int> Rows, ulong Seed, bool Whole)
{
    /// <summary>The real samples beside them: those of the same moments where data are paired, else as many, evenly spread.</summary>
    public IReadOnlyList<int> RealRows(ExampleSet examples, bool paired) =>
        paired ? Rows : ConditionCodes.Spread(examples.Count, Rows.Count);
}

/// <summary>
/// Measures what a generator makes of one split's conditions: accuracy, distances to real samples, whether it listens to its condition, and
/// how much its samples differ.
/// </summary>
internal sealed class SplitMeasurement(RunContext context, SampledDirection sampled)
{
    /// <summary>Conditions of each class whose samples are compared with each other, and how many samples of each.</summary>
    private const int DiverseOfClass = 4, SamplesOfDiverse = 6;

    private const ulong DiverseSeed = 0x6469_7665;

    private readonly GeneratedSamples _samples = sampled.Samples;
    private readonly CancellationToken _cancel = context.Cancel;

    /// <summary>How many samples <see cref="Measure"/> makes or reads, and parts it computes: the units of its progress.</summary>
    public int UnitsOf(MeasuredSplit split) => (split.Whole ? 4 : 2) * split.Rows.Count + MetricsReport.Parts;

    /// <param name="progress">Called with the units done.</param>
    /// <param name="each">Called with each batch of samples, one for each row, and where it begins.</param>
    public (ConfusionMatrix Named, MetricsReport Metrics) Measure(MeasuredSplit measured, Action<int> progress,
        Action<int, Tensor>? each = null)
    {
        var (split, codes, rows, seed, whole) = measured;
        var paired = context.Data.Pairs.Layout.IsPaired;
        var done = 0;
        var made = _samples.Collect(new SampleRequest(codes, rows, seed), progress, _cancel, each);
        done += rows.Count;
        var examples = sampled.Judge.Samples(split);
        var realRows = measured.RealRows(examples, paired);
        var real = Real(examples, realRows, n => progress(done + n));
        done += rows.Count;
        int[] truth = [.. rows.Select(row => codes.Classes[row])];
        int[]? mismatched = null;
        DiversitySamples? diversity = null;
        if (whole)
        {
            if (MismatchSensitivity.CanDerange(truth))
            {
                int[] instead = [.. MismatchSensitivity.Derangement(truth, seed).Select(i => rows[i])];
                var request = new SampleRequest(codes, instead, seed) { NoiseRows = rows };
                mismatched = _samples.Collect(request, n => progress(done + n), _cancel).Named;
            }

            done += rows.Count;
            diversity = Diverse(codes, rows, examples, real, realRows);
        }

        var set = new SampleSet(sampled.Direction == Direction.SoundToImage ? Modality.Image
            : Modality.Sound, context.Run.Classes.Count, truth, made.Named, made.Probabilities, made.Features, real.Features,
            [.. realRows.Select(examples.Label)])
        {
            Song = codes.Songs.Length > 0 ? [.. rows.Select(row => codes.Songs[row])] : null,
            ClassNames = context.Run.Classes,
            Paired = paired,
            MismatchedNamed = mismatched,
            Diversity = diversity,
            Training = whole ? Training(truth, n => progress(done + n)) : null,
        };
        done += whole ? rows.Count : 0;
        var metrics = MetricsReport.Measure(set, seed, parts => progress(done + parts), _cancel);
        var named = new ConfusionMatrix(context.Run.Classes);
        for (var i = 0; i < truth.Length; i++)
            named.Add(truth[i], made.Named[i]);
        return (named, metrics);
    }

    /// <summary>Real training samples, as many of each class as there are in <paramref name="classes"/>, or all.</summary>
    private RealSamples Training(int[] classes, Action<int> progress)
    {
        var examples = sampled.Judge.Samples(Split.Train);
        var byClass = Enumerable.Range(0, examples.Count).ToLookup(examples.Label);
        int[] rows = [.. classes.GroupBy(c => c).OrderBy(group => group.Key)
            .SelectMany(group => Few([.. byClass[group.Key]], group.Count()))];
        return new RealSamples(Real(examples, rows, progress).Features, [.. rows.Select(examples.Label)], examples.Song is { } song
            ? [.. rows.Select(row => ConditionCodes.SongNumber(examples.Label(row), song(row)))] : null);
    }

    /// <summary>Real samples as the judge sees them.</summary>
    private JudgedSamples Real(ExampleSet examples, IReadOnlyList<int> rows, Action<int> progress)
    {
        var length = (int)examples.Shape.Count;
        var values = new float[64 * length];
        return JudgedSamples.Collect(sampled.Judge.Network, rows.Count, (first, count) =>
        {
            _cancel.ThrowIfCancellationRequested();
            if (values.Length < count * length)
                values = new float[count * length];
            for (var i = 0; i < count; i++)
                examples.Read(rows[first + i], values.AsSpan(i * length, length));
            return Tensor.From(context.Device, new Shape([count, .. examples.Shape.Extents]), values.AsSpan(0, count * length));
        }, progress);
    }

    /// <summary>Several samples of a few conditions of each class.</summary>
    private DiversitySamples Diverse(ConditionCodes codes, IReadOnlyList<int> rows, ExampleSet examples, JudgedSamples real,
        IReadOnlyList<int> realRows)
    {
        int[] conditions = [.. rows.GroupBy(row => codes.Classes[row]).OrderBy(group => group.Key)
            .SelectMany(group => Few(group.ToArray(), DiverseOfClass))];
        int[] repeated = [.. conditions.SelectMany(row => Enumerable.Repeat(row, SamplesOfDiverse))];
        int[] noise = [.. Enumerable.Range(0, repeated.Length)];
        var length = (int)examples.Shape.Count;
        var pixels = new float[repeated.Length * length];
        var request = new SampleRequest(codes, repeated, DiverseSeed) { NoiseRows = noise };
        var made = _samples.Collect(request, cancel: _cancel, each: (first, batch) =>
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

    private static int[] Few(int[] all, int most) => [.. ConditionCodes.Spread(all.Length, most).Select(i => all[i])];
}
