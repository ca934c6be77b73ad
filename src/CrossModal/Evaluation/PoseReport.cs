using CrossModal.Data;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>Whether pictures show the poses that their sounds ask for: correlations within instruments, a figure a component.</summary>
/// <param name="Real">On real validation images: what a generator could reach at best.</param>
/// <param name="Generated">On images generated from validation sounds, one a sound.</param>
/// <param name="Legible">The same, of those instruments alone whose component can be read off real images
/// (<see cref="PoseCorrelation.LeastLegible"/>).</param>
/// <param name="LegibleReal">On real images of those instruments.</param>
public sealed record PoseReport(IReadOnlyDictionary<string, PoseFigure> Real, IReadOnlyDictionary<string, PoseFigure> Generated,
    IReadOnlyDictionary<string, PoseFigure> Legible,
    IReadOnlyDictionary<string, PoseFigure> LegibleReal)
{
    /// <summary>Trains the pose regressor into the run folder, or loads it, and measures; null where the data have no poses.</summary>
    internal static PoseReport? Measure(GanSession session, GeneratedSamples samples, RunFolder folder, IRunReporter reporter,
        CancellationToken cancel)
    {
        var (run, pairs) = (session.Run, session.Data.Pairs);
        if (session.Data.ReadPoses() is not { } poses)
            return null;
        using var masks = PoseTraining.Masks(session.Device, run);
        using var regressor = PoseTraining.Create(session.Device, run, masks);
        var real = PoseTraining.TrainOrLoad(regressor, run, folder, pairs, poses, reporter, cancel);
        var codes = session.ValidationCodes;
        int[] rows = [.. Enumerable.Range(0, codes.Count)];
        var length = pairs.Validation.ImageLength;
        var pixels = new float[rows.Length * length];
        samples.Collect(codes, rows, rows, run.Seed + 1, cancel: cancel, each: (first, batch) =>
            batch.Read(pixels.AsSpan(first * length, (int)batch.Count)));
        var shape = ClassifierTraining.Images(pairs.Validation).Shape;
        var generated = new ExampleSet(rows.Length, shape, i => codes.Classes[i], (i, destination) =>
            pixels.AsSpan(i * length, length).CopyTo(destination));
        var asked = PoseTargets.Of(pairs.Validation, poses, run.Classes);
        var legible = PoseCorrelation.Legible(asked, real, run.Classes);
        var (seen, seenReal) =
            (PoseTraining.Predict(regressor, generated), PoseTraining.Predict(regressor, ClassifierTraining.Images(pairs.Validation)));
        return new PoseReport(real, Figures(seen, asked), Figures(seen, legible), Figures(seenReal, legible));

        IReadOnlyDictionary<string, PoseFigure> Figures(float[] predictions, PoseTargets targets) =>
            PoseCorrelation.Measure(predictions, targets, run.Classes, run.Seed, cancel);
    }

    /// <summary>For the screen: a row a component, and one for the instruments where it can be read off real images.</summary>
    internal IEnumerable<(string Name, string Value)> Rows()
    {
        foreach (var (component, figure) in Generated)
        {
            yield return ($"pose, {component}: correlation with what the sound asks for", Describe(figure, Real[component]));
            if (Legible.TryGetValue(component, out var legible))
                yield return ($"  on the {legible.Instruments.Count} instruments whose real images show it",
                    Describe(legible, LegibleReal[component]));
        }
    }

    internal static string Describe(PoseFigure figure, PoseFigure real) =>
        $"{figure.Correlation:0.00} [{figure.Low:0.00}, {figure.High:0.00}], shuffled {figure.Floor:0.00}, real images "
            + $"{real.Correlation:0.00}";
}
