using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>A finished run that generates something, ready to be used.</summary>
internal sealed record SavedRun(RunConfiguration Run, RunFolder Folder)
{
    /// <summary>Opens the folder of a run.</summary>
    /// <param name="path">As <c>--run</c> gave it.</param>
    /// <param name="accepted">The kinds of runs that will do.</param>
    /// <exception cref="BadInputException">It is none of a run, of another kind of run, or of one that is not finished.</exception>
    public static SavedRun Open(string path, IEnumerable<RunKind> accepted)
    {
        var folder = new RunFolder(path);
        var run = RunConfiguration.Read(folder.Configuration);
        if (!accepted.Contains(run.Kind))
        {
            var commands = string.Join(" or ", accepted.Select(kind => $"`{kind}`"));
            throw new BadInputException($"--run {folder.Path}: is a run of `{run.Kind}`; give the folder of a run of {commands}");
        }

        foreach (var file in run.Kind.Directions.Select(direction => folder.JudgeOf(run, direction)).Prepend(folder.EncoderOf(run))
            .Append(folder.Last))
        {
            if (!File.Exists(file))
                throw new BadInputException($"{file}: not there yet; finish the run with --resume {folder.Path}");
        }

        return new SavedRun(run, folder);
    }

    /// <summary>Opens the folder of a run that knows a direction.</summary>
    /// <exception cref="BadInputException">As above.</exception>
    public static SavedRun Open(string path, Direction direction) =>
        Open(path, RunKind.All.Where(kind => kind.Directions.Contains(direction)));

    /// <summary>The generator of a direction from the last checkpoint, with its averaged weights where they are kept.</summary>
    public static Generator LoadGenerator(Device device, RunConfiguration run, RunFolder folder, Direction direction)
    {
        using var random = new RandomStream(device, run.Seed);
        var both = run.Kind.HasBothDirections;
        var generator = new Generator(random, both ? CrossModalGenerator.Of(direction, run.Model) : run.Model) { Training = false };
        var name = both ? $"{run.SampledWeights}.{CrossModalGenerator.DecoderNameOf(direction)}" : run.SampledWeights;
        new Checkpoint().Add(name, generator).Load(folder.Last, everything: false);
        return generator;
    }
}
