using System.Text.Json;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>The files of one run and where they lie.</summary>
internal sealed class RunFolder(string path)
{
    private const string LockName = "run.lock";

    private const long LargestMetrics = 1L << 30;

    private static readonly TimeSpan AskingTakes = TimeSpan.FromMilliseconds(50);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string Settings => In("run.json");

    public string Metrics => In("metrics.jsonl");

    /// <summary>The steps of the GAN, thinned (<see cref="StepLog"/>).</summary>
    public string Steps => In("steps.jsonl");

    /// <summary>What was measured on the run's own data.</summary>
    public string Evaluation => EvaluationOf(null);

    public string Confusion => In("confusion.png");

    /// <summary>That of image to sound in a run of both directions.</summary>
    public string SoundConfusion => In("confusion-image-to-sound.png");

    public string Reconstructions => In("reconstructions.png");

    public string Curves => In("curves.png");

    public string SoundClassifier => In("checkpoints", "sound-classifier.safetensors");

    public string ImageClassifier => In("checkpoints", "image-classifier.safetensors");

    public string SoundAutoencoder => In("checkpoints", "sound-autoencoder.safetensors");

    public string Judge => In("checkpoints", "judge.safetensors");

    /// <summary>The judge of spectrograms in a run of both directions, whose <see cref="Judge"/> is that of images.</summary>
    public string SoundJudge => In("checkpoints", "sound-judge.safetensors");

    public string SoundEncoder => In("checkpoints", "sound-encoder.safetensors");

    public string PoseRegressor => In("checkpoints", "pose-regressor.safetensors");

    public string Last => In("checkpoints", "last.safetensors");

    public string Best => In("checkpoints", "best.safetensors");

    /// <summary>Where the encoder of a run lies.</summary>
    public string EncoderOf(RunSettings run) => run.Encoder switch
    {
        EncoderKind.SoundClassifier => SoundClassifier,
        EncoderKind.SoundAutoencoder => SoundAutoencoder,
        EncoderKind.JointSoundEncoder => SoundEncoder,
        EncoderKind.ImageClassifier => ImageClassifier,
        _ => Last,
    };

    /// <summary>Where the judge of a direction's outputs lies.</summary>
    public string JudgeOf(RunSettings run, Direction direction) =>
        run.Kind.HasBothDirections && direction == Direction.ImageToSound ? SoundJudge : Judge;

    /// <summary>Where it is written what was measured.</summary>
    /// <param name="data">A name for data that are not the run's own; null for those.</param>
    public string EvaluationOf(string? data) => In($"evaluation{Suffix(data)}.json");

    /// <summary>Where it is drawn how the judge names the outputs of a direction.</summary>
    /// <param name="data">As <see cref="EvaluationOf"/> has it.</param>
    public string ConfusionOf(RunSettings run, Direction direction, string? data) =>
        In($"confusion{(run.Kind.HasBothDirections && direction == Direction.ImageToSound ? "-image-to-sound" : "")}{Suffix(data)}.png");

    /// <summary>What <see cref="ConfusionOf"/> draws, as numbers, of all directions.</summary>
    /// <param name="data">As <see cref="EvaluationOf"/> has it.</param>
    public string ConfusionNumbersOf(string? data) => In($"confusion{Suffix(data)}.json");

    public string Sample(int epoch) => In("samples", $"epoch-{epoch:0000}.png");

    /// <summary>How the samples of an epoch were named as numbers.</summary>
    public string Naming(int epoch) => In("samples", $"epoch-{epoch:0000}.json");

    /// <summary>A new folder for a run, held until it is disposed; it must not hold a run already, nor what is left of one.</summary>
    /// <param name="chosen">Null for <c>runs/KIND-DATE-TIME</c>, with a number where that name is taken.</param>
    /// <exception cref="BadInputException">There is a run in it, or another process trains in it.</exception>
    public static (RunFolder Folder, IDisposable Hold) Create(string? chosen, RunKind kind)
    {
        if (chosen is null)
        {
            var (path, hold) = FolderHold.TakeNew(NameOf(kind.Name), LockName);
            return (new RunFolder(path), hold);
        }

        var folder = new RunFolder(chosen);
        if (File.Exists(folder.Path))
            throw new SettingException("out", $"{folder.Path}: is a file; choose a folder");
        var held = folder.Hold();
        try
        {
            folder.RequireNoRun(kind);
            return (folder, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary><c>runs/KIND-DATE-TIME</c>.</summary>
    public static string NameOf(string kind) => System.IO.Path.Combine("runs", $"{kind}-{DateTime.Now:yyyyMMdd-HHmmss}");

    /// <summary>
    /// Keeps other processes from training in this folder until it is disposed; the system lets go of it even when the process is killed.
    /// </summary>
    /// <exception cref="BadInputException">Another process trains in it, or it cannot be written.</exception>
    public IDisposable Hold()
    {
        var held = FolderHold.TryTake(Path, LockName);
        if (held is null)
        {
            // Somebody who asks whether it is held takes it for an instant.
            Thread.Sleep(AskingTakes);
            held = FolderHold.TryTake(Path, LockName) ?? throw new BadInputException(
                $"{Path}: another process is training in this folder; wait for it, or choose another folder");
        }

        foreach (var folder in new[] { Path, In("checkpoints"), In("samples") })
            StagedPath.RemoveLeftovers(folder);
        return held;
    }

    /// <summary>
    /// A run that lost its description is not gone on with in silence: nobody knows what it was. Networks that were trained before a GAN
    /// say themselves what they are of, and may be there.
    /// </summary>
    private void RequireNoRun(RunKind kind)
    {
        if (File.Exists(Settings))
            throw new RunExistsException(Path, canContinue: kind.Directions.Count > 0);
        foreach (var left in new[] { Metrics, Steps, Evaluation, Confusion, Reconstructions, Curves, Last, Best, In("samples") })
        {
            if (System.IO.Path.Exists(left))
                throw new SettingException("out",
                    $"{Path}: has {System.IO.Path.GetRelativePath(Path, left)} and no run.json; choose another folder");
        }
    }

    /// <summary>Whether a process trains in this folder at this moment; asking takes the lock for an instant.</summary>
    public bool IsHeld()
    {
        try
        {
            using var file = new FileStream(In(LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Write(RunSettings settings) => AtomicFile.WriteText(Settings, settings.ToJson());

    /// <summary>Adds one line of numbers.</summary>
    public void AppendMetrics(params ReadOnlySpan<(string Name, JsonNode? Value)> values)
    {
        var line = new JsonObject();
        foreach (var (name, value) in values)
            line[name] = value;
        Directory.CreateDirectory(Path);
        File.AppendAllText(Metrics, line.ToJsonString() + "\n");
    }

    /// <summary>The lines of numbers. A kill may have cut the last, and what is none of ours is passed over.</summary>
    public IReadOnlyList<MetricsLine> ReadMetrics() => [.. WholeLines().Select(line => line.Ours).OfType<MetricsLine>()];

    /// <summary>Drops the lines of a stage that is begun anew.</summary>
    public void DropMetrics(string stage) => Rewrite(line => line.Stage != stage);

    /// <summary>Drops the lines after <paramref name="step"/>, which a resumed run will write again; returns the others.</summary>
    public IReadOnlyList<MetricsLine> RewindMetrics(long step)
    {
        Rewrite(line => line.Step <= step);
        return ReadMetrics();
    }

    /// <summary>The accuracies by epoch among lines of numbers.</summary>
    /// <param name="stage">The stage that wrote them.</param>
    public static List<EpochAccuracy> EpochsIn(IReadOnlyList<MetricsLine> lines, string stage) =>
        [.. lines.Where(line => line.Stage == stage).Select(line => line.Accuracy).OfType<EpochAccuracy>()];

    /// <summary>
    /// Drops lines that were cut while they were written, and of ours those that are not to be kept. Others stay as they are.
    /// </summary>
    private void Rewrite(Func<MetricsLine, bool> keep)
    {
        if (BoundedFile.HasContent(Metrics))
            AtomicFile.WriteText(Metrics,
                string.Concat(WholeLines().Where(line => line.Ours is null || keep(line.Ours)).Select(line => line.Text + "\n")));
    }

    /// <summary>The lines that are JSON, each with what it says where it is one of ours.</summary>
    private IEnumerable<(string Text, MetricsLine? Ours)> WholeLines()
    {
        if (!BoundedFile.HasContent(Metrics))
            yield break;
        var lines = BoundedFile.ReadLines(Metrics, MetricsLine.Longest, LargestMetrics, "lines of metrics", "remove it").ToList();
        foreach (var (line, parsed) in lines.AsParallel().AsOrdered().Select(line => (line.Line, MetricsLine.Parse(line.Line))))
        {
            if (parsed is { } ours)
                yield return (line, ours);
            else if (line.Length <= MetricsLine.Longest && IsJson(line))
                yield return (line, null);
        }
    }

    private static bool IsJson(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return true;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return false;
        }
    }

    private static string Suffix(string? data) => data is null ? "" : $"-{data}";

    private string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);
}
