using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>One direction of a run whose networks stand: its judge, its samples, and the codes that it makes them of.</summary>
/// <param name="Codes">The codes of a split's conditions: of all, or of at least so many of them, spread evenly.</param>
internal sealed record SampledDirection(TrainedJudge Judge, GeneratedSamples Samples, Func<Split, int, ConditionCodes> Codes)
{
    /// <summary>
    /// Conditions of each split that are measured after each epoch. The accuracy on validation conditions chooses the best weights; that on
    /// training conditions is drawn beside it, for which half as many do.
    /// </summary>
    private const int ValidationConditions = 520, TrainConditions = 260;

    public Direction Direction => Judge.Direction;

    /// <summary>The accuracies on a part of each split, and how the samples of validation conditions were named.</summary>
    public (EpochAccuracy Accuracy, ConfusionMatrix Named) MeasureEpoch(int epoch, ulong seed)
    {
        var train = Measure(Split.Train, TrainConditions, seed);
        var validation = Measure(Split.Validation, ValidationConditions, seed + 1);
        return (new EpochAccuracy(epoch, train.Accuracy, validation.Accuracy), validation);

        ConfusionMatrix Measure(Split split, int conditions, ulong noise)
        {
            var codes = Codes(split, conditions);
            return Samples.Judge(codes, codes.Spread(conditions), noise);
        }
    }

    /// <summary>
    /// For a picture of the epoch: a row a class, with a real sample and then samples of conditions of the validation songs, always of the
    /// same conditions and noise.
    /// </summary>
    /// <param name="columns">Samples in a row beside the real one.</param>
    public IReadOnlyList<RgbImage?[]> DrawEpoch(int columns, ulong seed)
    {
        var (real, codes) = (Judge.Samples(Split.Validation), Codes(Split.Validation, ValidationConditions));
        return [.. Enumerable.Range(0, real.Classes.Count).Select(Row)];

        RgbImage?[] Row(int label)
        {
            var row = new RgbImage?[1 + columns];
            var examples = Enumerable.Range(0, real.Count).Where(i => real.Label(i) == label).ToArray();
            var conditions = Enumerable.Range(0, codes.Count).Where(i => codes.Classes[i] == label).ToArray();
            if (examples.Length > 0)
                row[0] = real.Picture(examples[examples.Length / 2]);
            if (conditions.Length > 0)
            {
                int[] chosen = [.. Enumerable.Range(0, columns).Select(k => conditions[k * conditions.Length / columns])];
                Samples.Draw(codes, chosen, i => new CountedRandom(seed, RandomStreams.EpochPictures | (uint)i)).CopyTo(row, 1);
            }

            return row;
        }
    }
}
