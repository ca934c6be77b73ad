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
    private const string Name = "pose regressor";
    private const ulong WeightStream = 16, MaskStream = 17, AugmentationStream = 18;

    /// <summary>How far each color of a training picture is stretched and moved: poses are to be seen whatever the player wears.</summary>
    private const float ColorGain = 0.25f, ColorShift = 0.2f;

    public static PoseRegressor Create(Device device, RunConfiguration run, RandomStream masks)
    {
        using var random = new RandomStream(device, run.Seed, WeightStream);
        return new PoseRegressor(random, masks, run.Classes.Count, run.Model.ImageSize, PoseTargets.Components.Count);
    }

    public static RandomStream Masks(Device device, RunConfiguration run) => new(device, run.Seed, MaskStream);

    /// <summary>
    /// Trains the regressor into the run folder, or loads it where a run that is continued has it already. Gives the correlations on real
    /// validation images: what a generator could reach at best.
    /// </summary>
    /// <exception cref="BadInputException">The poses lack an image.</exception>
    public static IReadOnlyDictionary<string, PoseFigure> TrainOrLoad(
        PoseRegressor model, RunConfiguration run, RunFolder folder, PairDataset pairs, PoseTable poses, IRunReporter reporter,
            CancellationToken cancel)
    {
        var checkpoint = new Checkpoint().Add("pose_regressor", model);
        var shown = PoseTargets.Of(pairs.Validation, poses, run.Classes);
        var images = ClassifierTraining.Images(pairs.Validation);
        IReadOnlyDictionary<string, PoseFigure> Measure() =>
            PoseCorrelation.Measure(Predict(model, images), shown, run.Classes, run.Seed, cancel);
        if (File.Exists(folder.PoseRegressor))
        {
            checkpoint.Load(folder.PoseRegressor);
            return Measure();
        }

        folder.DropMetrics(Name);
        var train = Examples(pairs.Train, PoseTargets.Of(pairs.Train, poses, run.Classes));
        var loop = new TrainingLoop(Name, model, batch =>
            Losses.MeanSquaredError(model.Forward(batch.Input, batch.Labels), batch.Targets!, batch.Weights!), run.PoseRegressor, run.Seed);
        IReadOnlyDictionary<string, PoseFigure> measured = new Dictionary<string, PoseFigure>();
        using (var stage = reporter.Stage(Name, TrainingLoop.StepsOf(run.PoseRegressor, train.Count), "steps"))
        {
            loop.Train(train, Augmented(run.PoseRegressor.Shift, run.Model.ImageSize), stage, (epoch, loss) =>
            {
                measured = Measure();
                var hand = measured[PoseTargets.Components[PoseTargets.Hand]].Correlation;
                folder.AppendMetrics(("step", 0), ("stage", Name), ("epoch", epoch), ("loss", loss), ("validation_hand_correlation", hand));
                return $"hand {hand:0.00}";
            }, cancel);
        }

        checkpoint.Save(folder.PoseRegressor);
        return measured;
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
    /// <param name="size">Pixels of a side.</param>
    internal static Augmentation Augmented(int shift, int size) => (values, room, bits) =>
    {
        Augmentations.ShiftAndLevel(size, size, ModelConfiguration.Colors, shift, 0, 0)(values, room, bits);
        var random = new CountedRandom((ulong)bits.C << 32 | bits.D, AugmentationStream);
        for (var color = 0; color < ModelConfiguration.Colors; color++)
        {
            var (gain, offset) = (1 + random.NextUniform(-ColorGain, ColorGain), random.NextUniform(-ColorShift, ColorShift));
            for (var i = color; i < values.Length; i += ModelConfiguration.Colors)
                values[i] = Math.Clamp(values[i] * gain + offset, -1f, 1f);
        }
    };

    /// <summary>Images and their poses, standardized within each instrument.</summary>
    private static ExampleSet Examples(PairSplit split, PoseTargets shown)
    {
        var standard = shown.Standardized(shown);
        return ClassifierTraining.Images(split) with
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
}
