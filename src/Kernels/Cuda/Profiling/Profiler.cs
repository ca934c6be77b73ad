using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>
/// What a profile tells while it is made: the stage, how much of it is done, of how much (0 where nobody knows), and what comes next.
/// </summary>
internal delegate void ProfileProgress(string stage, int done, int total, string next);

/// <summary>
/// A backend on which work is counted instead of done, as if a named card were there: whatever is captured on it becomes a
/// <see cref="ProfileReport"/>.
/// </summary>
internal sealed class Profiler
{
    /// <summary>The stage in which launches are counted, and that in which versions are chosen; the others are of files.</summary>
    public const string Counting = "counting", Choosing = "choosing among versions";

    private readonly CountingDriver _driver;
    private readonly GpuCard _card;
    private readonly ProfileProgress _progress;
    private readonly CompilerResources _resources;

    /// <param name="card">Which GPU it should be.</param>
    /// <param name="settings">Threads and precision.</param>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    /// <exception cref="BadInputException">The card does not know the precision.</exception>
    public Profiler(GpuCard card, DeviceSettings settings, ProfileProgress progress)
    {
        card.Require(settings.Precision ?? Precision.Float32);
        (_card, _progress, _resources) = (card, progress, new CompilerResources(card));
        _driver = new CountingDriver(card.Properties, settings.Threads)
        {
            Compiling = _resources.Begin,
            Compiled = (ready, files) => progress("compiling kernels", ready, files, ""),
            Counted = (done, kernel) => progress(Counting, done, Math.Max(_driver!.Seen, done), kernel),
        };
        var kernels = new CudaBackend(_driver, new DeviceSettings("cuda-sim", settings.Threads) { Precision = settings.Precision },
            new ModelTimer(_driver, _resources, card, (done, kernel) => progress(Choosing, done, 0, kernel)));
        _driver.IsScratch = kernels.IsScratch;
        Backend = Backend.Widening(kernels);
    }

    /// <summary>Owns the driver; disposed with the device that it becomes.</summary>
    public Backend Backend { get; }

    /// <summary>To be called before work that is run once and then captured: from then on progress is of that work.</summary>
    public void Begin() => _driver.Seen = 0;

    /// <summary>What was captured last, with times.</summary>
    public ProfileReport Report()
    {
        var nodes = _driver.Nodes.ToList();
        if (_resources.Nvrtc is { } version)
            AwaitResources(version, [.. nodes.Select(node => node.Launch).OfType<LaunchCounts>().DistinctBy(launch => launch.Family)]);
        return ProfileReport.Of(nodes, _resources.Of, _card, _resources.Nvrtc);
    }

    /// <summary>Most were compiled beside the versions for counting.</summary>
    private void AwaitResources(string version, List<LaunchCounts> families)
    {
        for (var ready = 0; ready < families.Count; ready++)
        {
            _progress($"registers, by NVRTC {version}", ready, families.Count, families[ready].Family);
            _resources.Of(families[ready]);
        }
    }
}
