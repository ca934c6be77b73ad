using CrossModal.Data;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>Finished runs of sound to image on the same data, opened together to be held against each other.</summary>
internal sealed class ComparedRuns : IDisposable
{
    private const int Batch = 64;

    private readonly Device _device;
    private readonly RunContext[] _contexts;

    private ComparedRuns(Device device, TrainingData data, RunContext[] contexts, string[] names) =>
        (_device, Data, _contexts, Names) = (device, data, contexts, names);

    /// <summary>The data of all of them.</summary>
    public TrainingData Data { get; }

    /// <summary>The names of their folders; no two are alike.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The class of each validation sound.</summary>
    public IReadOnlyList<int> Classes =>
        [.. Enumerable.Range(0, Data.Pairs.Validation.SoundCount).Select(Data.Pairs.Validation.SoundClass)];

    /// <summary>Opens runs and the data of the first.</summary>
    /// <exception cref="BadInputException">A folder is no finished run that draws pictures of sounds, its data are not there or not those
    /// of the first, or two folders have one name.</exception>
    public static ComparedRuns Open(IReadOnlyList<string> folders, DeviceSettings settings, IRunReporter reporter, CancellationToken cancel)
    {
        SavedRun[] runs = [.. folders.Select(path => SavedRun.Open(path, [RunKind.SoundToImage]))];
        string[] names = [.. runs.Select(run => Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Folder.Path)))];
        for (var i = 0; i < runs.Length; i++)
        {
            if (Array.IndexOf(names, names[i]) != i)
                throw new SettingException("run", $"{runs[i].Folder.Path}: another run has the same name; rename one of the folders, so "
                    + "that they can be told apart");
        }

        var first = runs[0].Run;
        var device = Device.Open(settings);
        TrainingData? data = null;
        try
        {
            data = TrainingData.Open(first, device, reporter, cancel, trainedOn: first.Classes);
            if (runs.FirstOrDefault(other => other.Run.DataFingerprint != first.DataFingerprint
                && !(data.Pairs.Are(other.Run.DataFingerprint) && data.Pairs.Are(first.DataFingerprint))) is { } apart)
                throw new SettingException("run", $"{apart.Folder.Path}: was trained on other data than {runs[0].Folder.Path}; leave it to "
                    + "a call of its own");
            return new ComparedRuns(device, data,
                [.. runs.Select(run => new RunContext(device, run.Run, run.Folder, data, reporter, cancel))], names);
        }
        catch
        {
            data?.Dispose();
            device.Dispose();
            throw;
        }
    }

    /// <summary>The real picture of a validation sound; where sounds and pictures are not paired, one of its class.</summary>
    public RgbImage Real(int sound, ulong seed) => Data.Images(Split.Validation).Picture(Data.Pairs.Validation.Pair(sound, seed, 0).Image);

    /// <summary>What a run draws of validation sounds, the noise of each a function of the seed and the sound.</summary>
    /// <param name="run">By its place among <see cref="Names"/>.</param>
    public RgbImage[] Draw(int run, IReadOnlyList<int> sounds, ulong seed)
    {
        var context = _contexts[run];
        using var session = GanSession.Open(context);
        using var generator = session.LoadGenerator();
        var sampled = session.Directions(generator)[0];
        var codes = sampled.Codes(Split.Validation, int.MaxValue);
        using var stage = context.Reporter.Stage($"pictures of {Names[run]}", sounds.Count, "pictures");
        var pictures = new List<RgbImage>();
        foreach (var rows in sounds.Chunk(Batch))
        {
            context.Cancel.ThrowIfCancellationRequested();
            pictures.AddRange(sampled.Samples.Draw(codes, rows, row => new CountedRandom(seed, RandomStreams.RatedNoise | (uint)row)));
            stage.Report(pictures.Count);
        }

        return [.. pictures];
    }

    /// <summary>What the pictures of a run are of, and by which weights.</summary>
    public MeasuredObject Measured(int run) => MeasuredObject.Of(_contexts[run], _contexts[run].Folder.Last);

    /// <inheritdoc/>
    public void Dispose()
    {
        Data.Dispose();
        _device.Dispose();
    }
}
