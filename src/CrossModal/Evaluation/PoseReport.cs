using System.Text.Json.Serialization;
using CrossModal.Data;
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
    /// <summary>How the player of a song moves; null in reports of before, and where no song has two moments.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MotionReport? Motion { get; init; }

    /// <summary>Trains the pose regressor into the run folder, or loads it, and measures; null where the data have no poses.</summary>
    /// <param name="codes">Of all validation sounds.</param>
    internal static PoseReport? Measure(RunContext context, GeneratedSamples samples, ConditionCodes codes)
    {
        var (run, pairs) = (context.Run, context.Data.Pairs);
        if (context.Data.ReadPoses() is not { } poses)
            return null;
        using var masks = PoseTraining.Masks(context.Device, run);
        using var regressor = PoseTraining.Create(context.Device, run, masks);
        var real = PoseTraining.TrainOrLoad(regressor, poses, context);
        var images = context.Data.Images(Split.Validation);
        int[] rows = [.. Enumerable.Range(0, codes.Count)];
        var asked = PoseTargets.Of(pairs.Validation, poses, run.Classes);
        var legible = PoseCorrelation.Legible(asked, real, run.Classes);
        var seenReal = PoseTraining.Predict(regressor, images);
        var seen = PoseTraining.Predict(regressor, Generated(rows));
        return new PoseReport(real, Figures(seen, asked), Figures(seen, legible), Figures(seenReal, legible)) { Motion = Motion() };

        MotionReport? Motion()
        {
            var firsts = rows.GroupBy(i => asked.Songs[i]).ToDictionary(song => song.Key, song => song.First());
            var frames = Generated([.. rows.Select(i => firsts[asked.Songs[i]])]);
            return MotionReport.Jumps(frames, images, asked.Songs, run.Seed, context.Cancel) is var (jump, realJump, ratio, following)
                ? new MotionReport(jump, realJump, ratio, following, Along(PoseTraining.Predict(regressor, frames)), Along(seenReal))
                : null;
        }

        // The pictures of all sounds, each from the noise of a row.
        ExampleSet Generated(int[] noiseRows)
        {
            var length = (int)images.Shape.Count;
            var pixels = new float[rows.Length * length];
            samples.Collect(new SampleRequest(codes, rows, run.Seed + 1) { NoiseRows = noiseRows }, each: (first, batch) =>
                batch.Read(pixels.AsSpan(first * length, (int)batch.Count)), cancel: context.Cancel);
            return new ExampleSet(rows.Length, images.Shape, i => codes.Classes[i], (i, destination) =>
                pixels.AsSpan(i * length, length).CopyTo(destination));
        }

        IReadOnlyDictionary<string, PoseFigure> Figures(float[] predictions, PoseTargets targets) =>
            PoseCorrelation.Measure(predictions, targets, run.Classes, run.Seed, context.Cancel);

        IReadOnlyDictionary<string, PoseFigure> Along(float[] predictions) =>
            PoseCorrelation.AlongTime(predictions, legible, run.Classes, run.Seed, context.Cancel);
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

        foreach (var row in Motion?.Rows() ?? [])
            yield return row;
    }

    internal static string Describe(PoseFigure figure, PoseFigure real) =>
        $"{figure.Correlation:0.00} [{figure.Low:0.00}, {figure.High:0.00}], shuffled {figure.Floor:0.00}, real images "
            + $"{real.Correlation:0.00}";
}
