using CrossModal.Data;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>
/// Whether pictures show the poses that their sounds ask for: correlations within instruments, a figure a component. <paramref name="Real"/>: on real validation images, which no generator can pass for
/// long; <paramref name="Generated"/>: on images generated from validation sounds, one a sound.
/// </summary>
internal sealed record PoseReport(IReadOnlyDictionary<string, PoseFigure> Real, IReadOnlyDictionary<string, PoseFigure> Generated)
{
    /// <summary>Trains the pose regressor into the run folder, or loads it, and measures; null where the data have no poses.</summary>
    public static PoseReport? Measure(GanSession session, GeneratedSamples samples, RunFolder folder, IRunReporter reporter, CancellationToken cancel)
    {
        var (run, pairs) = (session.Run, session.Data.Pairs);
        if (session.Data.ReadPoses() is not { } poses)
            return null;
        using var masks = PoseTraining.Masks(session.Device, run);
        using var regressor = PoseTraining.Create(session.Device, run, masks);
        var real = PoseTraining.TrainOrLoad(regressor, run, folder, pairs, poses, reporter, cancel);
        var codes = session.ValidationCodes;
        int[] rows = [.. Enumerable.Range(0, codes.Count)];
        var length = PairSplit.ImageLength;
        var pixels = new float[rows.Length * length];
        samples.Collect(codes, rows, rows, run.Seed + 1, cancel: cancel, each: (first, batch) => batch.Read(pixels.AsSpan(first * length, (int)batch.Count)));
        var shape = ClassifierTraining.Images(pairs.Validation).Shape;
        var generated = new ExampleSet(rows.Length, shape, i => codes.Classes[i], (i, destination) => pixels.AsSpan(i * length, length).CopyTo(destination));
        return new PoseReport(real, PoseCorrelation.Measure(PoseTraining.Predict(regressor, generated), PoseTargets.Of(pairs.Validation, poses, run.Classes), run.Classes, run.Seed, cancel));
    }

    /// <summary>For the screen: a row a component.</summary>
    public IEnumerable<(string Name, string Value)> Rows() => Generated.Select(pair =>
        ($"pose, {pair.Key}: correlation with what the sound asks for",
            $"{pair.Value.Correlation:0.00} [{pair.Value.Low:0.00}, {pair.Value.High:0.00}], shuffled {pair.Value.Floor:0.00}, real images {Real[pair.Key].Correlation:0.00}"));
}
