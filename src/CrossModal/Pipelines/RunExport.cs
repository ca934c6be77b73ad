using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Runs;

namespace CrossModal.Pipelines;

/// <summary>
/// A run made small, to be handed on: all that generating, looking inside and measuring need. Left out are the optimizers, the generator
/// whose averaged weights are there, what encoders are trained with and not used with, older checkpoints, and pictures. Weights of two and
/// more axes are rounded to float16.
/// </summary>
internal static class RunExport
{
    /// <summary>Writes the copy, whole or not at all.</summary>
    /// <param name="saved">The run.</param>
    /// <param name="path">The folder that is made; nothing is there.</param>
    /// <returns>The bytes of the copy.</returns>
    /// <exception cref="BadInputException">Something is there, or a file cannot be read or written.</exception>
    public static long Write(SavedRun saved, string path)
    {
        var (run, folder) = saved;
        return NewFolder.Make(path, folder.Path, aside =>
        {
            foreach (var file in new[] { folder.Settings, folder.Metrics, folder.Evaluation }.Where(File.Exists))
                File.Copy(file, In(folder, file, aside));
            var checkpoints = run.Kind.Directions.Select(direction => folder.JudgeOf(run, direction)).Append(folder.EncoderOf(run))
                .Append(folder.Last).Distinct();
            foreach (var checkpoint in checkpoints)
                Checkpoint.CopyNarrow(checkpoint, In(folder, checkpoint, aside), name => IsNeeded(name, run), ExportMark.Of);
        }).Sum(file => file.Bytes);
    }

    private static bool IsNeeded(string tensor, RunSettings run) => tensor.Split('.') switch
    {
        ["optimizer" or "random", ..] => false,
        ["generator", ..] => run.SampledWeights == "generator",
        ["sound_encoder", "decoder", ..] => false,
        _ => true,
    };

    /// <summary>The place of a run's file in another folder, which is made.</summary>
    private static string In(RunFolder folder, string file, string target)
    {
        var place = Path.Combine(target, Path.GetRelativePath(folder.Path, file));
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        return place;
    }
}
