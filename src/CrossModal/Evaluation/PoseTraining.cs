using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>Trains the regressor that reads poses off images, on real images whose poses are known.</summary>
internal static class PoseTraining
{
    /// <summary>How far each color of a training picture is stretched and moved: poses are to be seen whatever the player wears.</summary>
    private const float ColorGain = 0.25f, ColorShift = 0.2f;

    public static PoseRegressor Create(Device device, RunSettings run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, RandomStreams.PoseWeights);
        return new PoseRegressor(random, masks, run.Classes.Count, run.Model.ImageSize, PoseTargets.Components.Count);
    }

    public static RandomStream Masks(Device device, RunSettings run) => new(device, run.Seed, RandomStreams.PoseMasks);

    /// <summary>
    /// Trains the regressor into the run folder, or loads it where a run that is continued has it already. Gives the correlations on real
    /// validation images: what a generator could reach at best.
    /// </summary>
    /// <exception cref="BadInputException">The poses lack an image.</exception>
    public static IReadOnlyDictionary<string, PoseFigure> TrainOrLoad(PoseRegressor model, PoseTable poses, RunContext context)
    {
        var (run, pairs) = (context.Run, context.Data.Pairs);
        var shown = PoseTargets.Of(pairs.Validation, poses, run.Classes);
        var images = context.Data.Images(Split.Validation);
        return new TrainedStage<RealPoses>("pose regressor", model, run.PoseRegressor, run.Seed)
        {
            Loss = batch => Losses.MeanSquaredError(model.Forward(batch.Input, batch.Labels), batch.Targets!, batch.Weights!),
            Examples = () => WithPoses(context.Data.Images(Split.Train), PoseTargets.Of(pairs.Train, poses, run.Classes)),
            Augment = shape => Augmented(shape, run.PoseRegressor.Shift),
            Measure = () =>
                new RealPoses(PoseCorrelation.Measure(Predict(model, images), shown, run.Classes, run.Seed, context.Cancel)),
        }.TrainOrLoad(context, context.Folder.PoseRegressor, "pose_regressor").Figures;
    }

    /// <summary>Poses [count, components] seen in images, each of which is held to be of the instrument that it is labeled with.</summary>
    public static float[] Predict(PoseRegressor model, ExampleSet images)
    {
        var poses = new float[images.Count * PoseTargets.Components.Count];
        TrainingLoop.Visit(model, images, (first, input) =>
        {
            int[] labels = [.. Enumerable.Range(first, input.Shape[0]).Select(images.Label)];
            var seen = model.Forward(input, Tensor.From(model.Device, new Shape(labels.Length), labels)).ToArray();
            seen.CopyTo(poses.AsSpan(first * PoseTargets.Components.Count));
        });
        return poses;
    }

    /// <summary>Moves an image, then stretches and moves each of its colors by itself.</summary>
    /// <param name="shape">Of an image: [height, width, 3].</param>
    internal static Augmentation Augmented(Shape shape, int shift) => Augmentations.ShiftAndLevel(shape[0], shape[1], shape[2], shift, 0, 0)
        + ((values, _, bits) =>
        {
            var random = new CountedRandom((ulong)bits.C << 32 | bits.D, RandomStreams.PoseColors);
            for (var color = 0; color < shape[2]; color++)
            {
                var (gain, offset) = (1 + random.NextUniform(-ColorGain, ColorGain), random.NextUniform(-ColorShift, ColorShift));
                for (var i = color; i < values.Length; i += shape[2])
                    values[i] = Math.Clamp(values[i] * gain + offset, -1f, 1f);
            }
        });

    /// <summary>Images with their poses, standardized within each instrument.</summary>
    private static ExampleSet WithPoses(ExampleSet images, PoseTargets shown)
    {
        var standard = shown.Standardized(shown);
        return images with
        {
            TargetCount = PoseTargets.Components.Count,
            ReadTargets = (i, targets, weights) =>
            {
                for (var component = 0; component < targets.Length; component++)
                    (targets[component], weights[component]) =
                        (standard.Values[PoseTargets.At(i, component)], standard.Known[PoseTargets.At(i, component)] ? 1 : 0);
            },
        };
    }

    /// <summary>What the regressor tells of real validation images.</summary>
    private sealed record RealPoses(IReadOnlyDictionary<string, PoseFigure> Figures) : IStageResult
    {
        private double Hand => Figures[PoseTargets.Components[PoseTargets.Hand]].Correlation;

        IReadOnlyList<(string Name, double Value)> IStageResult.Figures => [("validation_hand_correlation", Hand)];

        string IStageResult.Summary => $"hand {Hand:0.00}";
    }
}
