using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The command <c>human-eval sheet</c>: what runs draw of the same sounds, side by side.</summary>
internal static class ContactSheet
{
    private const int Scale = 2;

    /// <summary>
    /// Draws a row for each instrument: for each of some validation sounds, evenly spread, the real picture and that of each run.
    /// </summary>
    /// <param name="runFolders">At least one run; all on the same data, and each of a name of its own.</param>
    /// <param name="each">Sounds of each instrument; fewer where there are fewer.</param>
    /// <param name="seed">Draws the noise.</param>
    /// <param name="path">The PNG file to write.</param>
    /// <exception cref="BadInputException">As <see cref="ComparedRuns.Open"/>, or the file cannot be written.</exception>
    public static void Write(IReadOnlyList<string> runFolders, int each, ulong seed, string path, DeviceSettings device,
        IRunReporter reporter, CancellationToken cancel)
    {
        using var runs = ComparedRuns.Open(runFolders, device, reporter, cancel);
        var (classOf, names) = (runs.Classes, runs.Data.Pairs.Classes);
        int[][] chosen = [.. Enumerable.Range(0, names.Length).Select(label => Spread(classOf, label, each))];
        int[] sounds = [.. chosen.SelectMany(row => row)];
        var drawn = Enumerable.Range(0, runs.Names.Count)
            .Select(run => sounds.Zip(runs.Draw(run, sounds, seed)).ToDictionary(pair => pair.First, pair => pair.Second)).ToArray();
        new SampleGrid("", [.. Enumerable.Range(0, each).SelectMany(_ => runs.Names.Prepend("real"))], names,
            [.. chosen.Select(row => (IReadOnlyList<RgbImage?>)
                [.. row.SelectMany(sound => drawn.Select(run => run[sound]).Prepend(runs.Real(sound, seed)))])]).Write(path, Scale);
    }

    /// <summary>Some of the sounds of a class, evenly spread.</summary>
    private static int[] Spread(IReadOnlyList<int> classOf, int label, int count)
    {
        int[] own = [.. Enumerable.Range(0, classOf.Count).Where(i => classOf[i] == label)];
        return [.. ConditionCodes.Spread(own.Length, count).Select(i => own[i])];
    }
}
