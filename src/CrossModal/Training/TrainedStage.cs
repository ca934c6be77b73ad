using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>How good a network is, as it is measured after each epoch.</summary>
internal interface IStageResult
{
    /// <summary>What the lines of metrics and the checkpoint say of it.</summary>
    IReadOnlyList<(string Name, double Value)> Figures { get; }

    /// <summary>What stands beside the bar.</summary>
    string Summary { get; }
}

/// <summary>A network that a run trains before its GAN, or finds trained in its folder.</summary>
/// <typeparam name="T">What it is measured to be.</typeparam>
/// <param name="name">For the screen and the lines of metrics.</param>
internal sealed class TrainedStage<T>(string name, Module module, ClassifierSettings settings, ulong seed) where T : class, IStageResult
{
    /// <summary>The loss of a batch, a scalar.</summary>
    public required Func<ExampleBatch, Tensor> Loss { get; init; }

    /// <summary>The examples that it is trained on; asked for only where it is trained.</summary>
    public required Func<ExampleSet> Examples { get; init; }

    /// <summary>How training examples are changed, given the shape of one.</summary>
    public required Func<Shape, Augmentation> Augment { get; init; }

    public required Func<T> Measure { get; init; }

    /// <summary>What is left to do once it is trained and before it is saved.</summary>
    public Action? Finish { get; init; }

    /// <summary>Loads the network where the run has it; else trains it from the beginning and saves it.</summary>
    /// <param name="path">Its checkpoint.</param>
    /// <param name="prefix">What the names of its tensors begin with there.</param>
    /// <exception cref="BadInputException">The checkpoint is damaged, of another network, or of another run; or it is missing and the data
    /// are not those of the run.</exception>
    public T TrainOrLoad(RunContext context, string path, string prefix)
    {
        var checkpoint = new Checkpoint().Add(prefix, module);
        var identity = new StageIdentity(name, seed, settings, context.Run.DataFingerprint);
        if (File.Exists(path))
        {
            identity.Require(path, Checkpoint.ReadMetadata(path), context.IsNew);
            checkpoint.Load(path);
            return Measure();
        }

        if (!context.HasOwnData)
            throw new BadInputException($"{path}: not there, and it is trained on the data of the run alone; measure it on those first");
        var folder = context.Folder;
        folder.DropMetrics(name);
        var result = Train(context.Reporter, name, context.Cancel, (epoch, loss, measured) => folder.AppendMetrics(
        [
            ("step", 0), ("stage", name), ("epoch", epoch), ("loss", loss),
            .. measured.Figures.Select(figure => (figure.Name, (JsonNode?)figure.Value)),
        ]));
        Finish?.Invoke();
        var text = result.Figures.ToDictionary(figure => figure.Name, figure => $"{figure.Value}");
        identity.AddTo(text);
        checkpoint.Save(path, text);
        return result;
    }

    /// <summary>Trains the network; returns what it is measured to be at the end.</summary>
    /// <param name="stageName">What the bar is called.</param>
    /// <param name="epochDone">Called with the epoch (from 1), the mean loss, and what was measured.</param>
    public T Train(IRunReporter reporter, string stageName, CancellationToken cancel, Action<int, double, T> epochDone)
    {
        var examples = Examples();
        T? result = null;
        using var stage = reporter.Stage(stageName, TrainingLoop.StepsOf(settings, examples.Count), "steps");
        new TrainingLoop(name, module, Loss, settings, seed).Train(examples, Augment(examples.Shape), stage, (epoch, loss) =>
        {
            result = Measure();
            epochDone(epoch, loss, result);
            return result.Summary;
        }, cancel);
        return result ?? Measure();
    }
}
