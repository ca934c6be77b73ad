using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>A finished run that generates something, ready to be used.</summary>
internal sealed record SavedRun(RunSettings Run, RunFolder Folder)
{
    /// <summary>Opens the folder of a run.</summary>
    /// <param name="accepted">The kinds of runs that will do.</param>
    /// <exception cref="BadInputException">It is none of a run, or of another kind of run.</exception>
    /// <exception cref="UnfinishedRunException">Its training was not finished.</exception>
    public static SavedRun Open(string path, IEnumerable<RunKind> accepted)
    {
        var folder = new RunFolder(path);
        var run = RunSettings.Read(folder.Settings);
        var saved = new SavedRun(run, folder);
        saved.Require(accepted);
        foreach (var file in run.Kind.Directions.Select(direction => folder.JudgeOf(run, direction)).Prepend(folder.EncoderOf(run))
            .Append(folder.Last))
        {
            if (!File.Exists(file))
                throw new UnfinishedRunException(folder.Path, file);
        }

        if (run.Classes.Count == 0)
            throw new BadInputException($"{folder.Settings}: names no classes; put the file back as training wrote it");
        saved.RequireModel();
        return saved;
    }

    /// <summary>Refuses it where it is none of some kinds of runs.</summary>
    /// <exception cref="BadInputException">It is of another kind.</exception>
    public void Require(IEnumerable<RunKind> accepted)
    {
        if (accepted.Contains(Run.Kind))
            return;
        var commands = string.Join(" or ", accepted.Select(kind => $"`{kind}`"));
        throw new BadInputException($"{Folder.Path}: is a run of `{Run.Kind}`; give the folder of a run of {commands}");
    }

    /// <summary>Refuses a description whose networks are not those of the last checkpoint, before memory is taken for them.</summary>
    /// <exception cref="BadInputException">They differ.</exception>
    public void RequireModel()
    {
        if (GanProgress.ReadModel(Folder.Last) is not { } saved)
            return;
        foreach (var property in RunJson.Default.ModelSettings.Properties)
        {
            if (property.Get is { } value && !Equals(value(saved), value(Run.Model)))
                throw new BadInputException($"{Folder.Settings}: model.{property.Name} is {value(Run.Model)}, and in {Folder.Last} it is "
                    + $"{value(saved)}; put back the file that was changed");
        }
    }

    /// <summary>The generator of a direction from the last checkpoint, with its averaged weights where they are kept.</summary>
    public Generator LoadGenerator(Device device, Direction direction)
    {
        using var random = new RandomStream(device, Run.Seed);
        var both = Run.Kind.HasBothDirections;
        var generator = new Generator(random, both ? CrossModalGenerator.Of(direction, Run.Model) : Run.Model) { Training = false };
        var name = both ? $"{Run.SampledWeights}.{CrossModalGenerator.DecoderNameOf(direction)}" : Run.SampledWeights;
        new Checkpoint().Add(name, generator).Load(Folder.Last, everything: false);
        return generator;
    }

    /// <summary>
    /// The discriminator from the last checkpoint; null for a run of both directions, whose discriminators take other pairs than a sample
    /// and a code.
    /// </summary>
    public Discriminator? LoadDiscriminator(Device device)
    {
        if (Run.Kind.HasBothDirections)
            return null;
        using var random = new RandomStream(device, Run.Seed);
        var discriminator = new Discriminator(random, Run.Model) { Training = false };
        new Checkpoint().Add("discriminator", discriminator).Load(Folder.Last, everything: false);
        return discriminator;
    }

    /// <summary>The judge of what a direction makes.</summary>
    public Classifier LoadJudge(Device device, Direction direction)
    {
        // The masks of dropout, which are drawn in training alone.
        var images = direction == Direction.SoundToImage;
        using var masks = images ? ClassifierTraining.ImageMasks(device, Run) : ClassifierTraining.SoundMasks(device, Run);
        Classifier judge = images ? ClassifierTraining.CreateImageJudge(device, Run, masks)
            : ClassifierTraining.CreateSoundJudge(device, Run, masks);
        new Checkpoint().Add(images ? "image_classifier" : "sound_judge", judge).Load(Folder.JudgeOf(Run, direction));
        judge.Training = false;
        return judge;
    }
}
