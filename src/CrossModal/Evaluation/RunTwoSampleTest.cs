using CrossModal.Data;
using CrossModal.Evaluation.Metrics;
using CrossModal.Evaluation.TwoSample;
using CrossModal.Models;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>
/// The two-sample test of what a run has generated. Songs do not stand on both sides, and where it is known who plays, neither do players:
/// one whom the generator never saw could else be told by the coat.
/// </summary>
internal sealed class RunTwoSampleTest(RunContext context, SampledDirection sampled)
{
    /// <param name="split">The samples that were generated.</param>
    /// <param name="kept">The same, in order.</param>
    /// <returns>Null where there are too few samples for two halves.</returns>
    public TwoSampleFigure? Measure(MeasuredSplit split, KeptSamples kept, string stageName)
    {
        var paired = context.Data.Pairs.Layout.IsPaired;
        var examples = sampled.Judge.Samples(split.Split);
        var (codes, rows, realRows) = (split.Codes, split.Rows, split.RealRows(examples, paired));
        int[] classes = [.. rows.Select(row => codes.Classes[row])], realClasses = [.. realRows.Select(examples.Label)];
        int[]? songs = codes.Songs.Length > 0 ? [.. rows.Select(row => codes.Songs[row])] : null;
        int[]? realSongs = paired ? songs : examples.Song is { } song
            ? [.. realRows.Select(row => ConditionCodes.SongNumber(examples.Label(row), song(row)))] : null;
        var generated = new ComparedSamples(kept.Read, new GroupedSamples(classes, Groups(rows, songs)), songs);
        var real = new ComparedSamples(ReadReal,
            new GroupedSamples(realClasses, Groups(realRows, realSongs)), realSongs);
        return new TwoSampleTest(context.Device, split.Seed)
            .Measure(examples.Shape, generated, real, paired, context.Reporter, stageName, context.Cancel);

        // Images come from files; spectrograms are to have no more shades than generated ones.
        void ReadReal(int i, Span<float> values)
        {
            examples.Read(realRows[i], values);
            if (sampled.Direction == Direction.ImageToSound)
                Shades.Round(values);
        }

        int[] Groups(IReadOnlyList<int> places, int[]? songs)
        {
            var (poses, pairs) = (context.Data.ReadPoses(), context.Data.Pairs.Of(split.Split));
            var numbers = new Dictionary<string, int>();
            return [.. places.Select((place, i) => Numbered(poses?.PlayerOf(pairs.ImageName(place)) ?? $"{songs?[i] ?? i}"))];

            int Numbered(string name)
            {
                numbers.TryAdd(name, numbers.Count);
                return numbers[name];
            }
        }
    }
}
