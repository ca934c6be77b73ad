using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

[assembly: AssemblyFixture(typeof(TinyRun))]

namespace CrossModal.Tests.Pipelines;

/// <summary>One data set and one whole run on it, made when the first test asks for them and shared by all.</summary>
public sealed class TinyRun : IDisposable
{
    /// <summary>Numbers of noise: not as many as a run has by default, so that nobody takes those for granted.</summary>
    internal const int NoiseSize = 12;

    private readonly Lazy<string> _data;
    private readonly Lazy<(RunFolder Folder, RunSummary Summary)> _whole;
    private readonly Lazy<RunFolder> _reverse;
    private string? _root;

    public TinyRun()
    {
        _data = new Lazy<string>(() =>
        {
            TinyData.WritePairs(Path.Combine(Root, "data"));
            return Path.Combine(Root, "data");
        });
        _whole = new Lazy<(RunFolder, RunSummary)>(() =>
        {
            var folder = new RunFolder(Path.Combine(Root, "whole"));
            return (folder, Train(Settings, folder));
        });
        _reverse = new Lazy<RunFolder>(() =>
        {
            var folder = new RunFolder(Path.Combine(Root, "reverse"));
            Train(ReverseSettings, folder);
            return folder;
        });
    }

    public string Root => _root ??= Directory.CreateTempSubdirectory("crossmodal-training-").FullName;

    public string Cache => Path.Combine(Root, "cache");

    /// <summary>In Sub-URMP's layout.</summary>
    public string Data => _data.Value;

    /// <summary>The whole run that others are compared with: three epochs of six steps, on one thread.</summary>
    internal RunFolder Whole => _whole.Value.Folder;

    /// <summary>A run of image to sound, of one epoch.</summary>
    internal RunFolder Reverse => _reverse.Value;

    internal RunSummary WholeSummary => _whole.Value.Summary;

    /// <summary>Networks of a few thousand weights, and classifiers as they are, which take a dozen steps.</summary>
    internal RunSettings Settings => new()
    {
        Kind = RunKind.SoundToImage,
        Data = Data,
        Preset = "quick",
        Device = "cpu",
        Seed = 5,
        Model = new ModelSettings { Width = 4, NoiseSize = NoiseSize },
        SoundClassifier = new ClassifierSettings { Epochs = 6, MinimumSteps = 0, Batch = 8 },
        ImageClassifier = new ClassifierSettings { Epochs = 3, MinimumSteps = 0, Batch = 8 },
        ImageEncoder = new ClassifierSettings { Epochs = 3, MinimumSteps = 0, Batch = 8, Zoom = 0.25 },
        Gan = new GanSettings { Epochs = 3, Batch = 4, Ema = 0.9 },
    };

    private RunSettings ReverseSettings => Settings with
    {
        Kind = RunKind.ImageToSound,
        Model = Settings.Model with { Channels = 1 },
        Gan = Settings.Gan with { Epochs = 1 },
    };

    internal static RunSummary Train(RunSettings run, RunFolder folder, IRunReporter? reporter = null,
        CancellationToken? cancel = null,
        int threads = 1)
    {
        using var device = Device.Open("cpu", threads);
        return GanTraining.Train(run, folder, resume: false, device, reporter ?? new SilentReporter(), Token(cancel));
    }

    /// <summary>Continues a run as the command line does.</summary>
    internal static RunSummary Resume(
        RunFolder folder, Func<RunOptions, RunOptions>? options = null, IRunReporter? reporter = null, CancellationToken? cancel = null)
    {
        var standard = new RunOptions { Resume = folder.Path, Device = new DeviceSettings("cpu", 1) };
        return GanTraining.Train(RunKind.SoundToImage, options?.Invoke(standard) ?? standard, reporter
            ?? new SilentReporter(), Token(cancel));
    }

    private static CancellationToken Token(CancellationToken? cancel) => cancel ?? TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (_root is not null)
            Directory.Delete(_root, recursive: true);
    }
}

/// <summary>Tests that train: alone, because the cache is a variable of the process.</summary>
[Collection("cache")]
public abstract class RunTests : IDisposable
{
    private readonly string? _cacheBefore = Environment.GetEnvironmentVariable("CROSSMODAL_CACHE");
    private int _folders;

    protected RunTests(TinyRun tiny)
    {
        Tiny = tiny;
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", tiny.Cache);
    }

    protected TinyRun Tiny { get; }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", _cacheBefore);
        GC.SuppressFinalize(this);
    }

    /// <summary>A run folder that does not exist yet.</summary>
    private protected RunFolder NewFolder() => new(Path.Combine(Tiny.Root, $"{GetType().Name}-{Guid.NewGuid():N}-{_folders++}"));

    /// <summary>A folder with the classifiers of the whole run, so that only the GAN is trained.</summary>
    private protected RunFolder WithClassifiers()
    {
        var folder = NewFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Judge)!);
        File.Copy(Tiny.Whole.SoundClassifier, folder.SoundClassifier);
        File.Copy(Tiny.Whole.Judge, folder.Judge);
        return folder;
    }

    /// <summary>A copy of the whole run, to be spoilt.</summary>
    private protected RunFolder CopyOfWhole() => CopyOf(Tiny.Whole);

    private protected RunFolder CopyOf(RunFolder run)
    {
        var copy = NewFolder();
        foreach (var file in Directory.GetFiles(run.Path, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy.Path, Path.GetRelativePath(run.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }

    /// <summary>Asserts that two runs ended with the same weights, figures and pictures, byte by byte.</summary>
    private protected static void AssertSameRun(RunFolder expected, RunFolder actual, bool classifierMetrics = true)
    {
        TinyGan.AssertSame(TinyGan.StoredTensors(expected.Last), TinyGan.StoredTensors(actual.Last));
        Assert.Equal(File.ReadAllText(expected.Evaluation), File.ReadAllText(actual.Evaluation));
        Assert.Equal(Lines(expected), Lines(actual));
        Assert.Equal(File.ReadAllBytes(expected.Best), File.ReadAllBytes(actual.Best));
        foreach (var sample in Directory.GetFiles(Path.Combine(expected.Path, "samples")))
            Assert.Equal(File.ReadAllBytes(sample), File.ReadAllBytes(Path.Combine(actual.Path, "samples", Path.GetFileName(sample))));

        string[] Lines(RunFolder folder) =>
            [.. File.ReadAllLines(folder.Metrics).Where(line => classifierMetrics || line.Contains("\"gan\""))];
    }
}

/// <summary>Keeps what it is told, and calls back at each step.</summary>
internal sealed class RecordingReporter(Action<string, long>? step = null) : IRunReporter
{
    public List<string> Messages { get; } = [];

    public List<string> Warnings { get; } = [];

    public List<string> Stages { get; } = [];

    /// <summary>Cancels when the named stage has done so many steps.</summary>
    public static (RecordingReporter Reporter, CancellationToken Token) CancelAt(string stage, long step)
    {
        var source = new CancellationTokenSource();
        return (new RecordingReporter((name, done) =>
        {
            if (name == stage && done == step)
                source.Cancel();
        }), source.Token);
    }

    public IRunStage Stage(string name, long total, string unit)
    {
        Stages.Add(name);
        return new Listener(name, step);
    }

    public void Message(string text) => Messages.Add(text);

    public void Warning(string text) => Warnings.Add(text);

    private sealed class Listener(string name, Action<string, long>? step) : IRunStage
    {
        public void Report(long done, string? detail = null) => step?.Invoke(name, done);

        public void Dispose()
        {
        }
    }
}
