using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>What a profile tells while it is made: the stage, how much of it is done, and what comes next.</summary>
internal delegate void ProfileProgress(string stage, int done, int total, string next);

/// <summary>
/// A backend on which work is counted instead of done, as if a named card were there: whatever is captured on it becomes a
/// <see cref="ProfileReport"/>.
/// </summary>
internal sealed class Profiler
{
    /// <summary>The stage in which launches are counted; the others are of files.</summary>
    public const string Counting = "counting";

    private readonly CountingDriver _driver;
    private readonly GpuCard _card;
    private readonly ProfileProgress _progress;
    private readonly Dictionary<string, Dictionary<string, KernelResources>> _resources = [];
    private readonly NvrtcCompiler? _compiler;

    /// <param name="card">Which GPU it should be.</param>
    /// <param name="settings">Threads and precision.</param>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    /// <exception cref="BadInputException">The card does not know the precision.</exception>
    public Profiler(GpuCard card, DeviceSettings settings, ProfileProgress progress)
    {
        card.Require(settings.Precision ?? Precision.Float32);
        (_card, _progress) = (card, progress);
        _driver = new CountingDriver(card.Properties, settings.Threads)
        {
            Compiled = (ready, files) => progress("compiling kernels for counting", ready, files, ""),
            Counted = (done, kernel) => progress(Counting, done, Math.Max(_driver!.Seen, done), kernel),
        };
        Backend = Backend.Widening(
            new CudaBackend(_driver, new DeviceSettings("cuda-sim", settings.Threads) { Precision = settings.Precision }));
        if (CudaLibrary.Nvrtc.Lookup.Problem is null)
            _compiler = new NvrtcCompiler(CacheRoot.EnsurePrivate("cuda"));
    }

    /// <summary>Owns the driver; disposed with the device that it becomes.</summary>
    public Backend Backend { get; }

    /// <summary>NVRTC's version, or null where it was not found: then nothing is known of registers.</summary>
    public string? Nvrtc => _compiler?.Version;

    /// <summary>To be called before work that is run once and then captured: from then on progress is of that work.</summary>
    public void Begin() => _driver.Seen = 0;

    /// <summary>What was captured last, with times.</summary>
    public ProfileReport Report()
    {
        var nodes = _driver.Nodes.ToList();
        var families = nodes.Where(node => node.Launch is not null).Select(node => node.Launch!.Family).Distinct()
            .Where(family => !_resources.ContainsKey(family) && KernelSource.Families.Contains(family)).ToList();
        if (_compiler is not null && families.Count > 0)
            ReadResources(_compiler, families);
        return ProfileReport.Of(nodes, launch => _resources.GetValueOrDefault(launch.Family)?.GetValueOrDefault(launch.Kernel), _card, Nvrtc);
    }

    private void ReadResources(NvrtcCompiler compiler, List<string> families)
    {
        var stage = $"registers, by NVRTC {compiler.Version}";
        _progress(stage, 0, families.Count, "");
        KernelSource.CompileAll(families, source =>
        {
            var kernels = KernelResources.Of(compiler.Compile(source, _card.Major, _card.Minor).Image);
            lock (_resources)
                _resources[source.Name] = kernels;
        }, ready => _progress(stage, ready, families.Count, ""));
    }
}
