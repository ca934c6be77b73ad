using System.Collections.Concurrent;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>What NVRTC gives the kernels of the program on a card, compiled a file at a time, beside whoever asks.</summary>
internal sealed class CompilerResources
{
    private readonly GpuCard _card;
    private readonly NvrtcCompiler? _compiler;
    private readonly ConcurrentDictionary<string, Lazy<Task<Dictionary<string, KernelResources>>>> _families = [];

    public CompilerResources(GpuCard card)
    {
        _card = card;
        if (CudaLibrary.Nvrtc.Lookup.Problem is null)
            _compiler = new NvrtcCompiler(CacheRoot.EnsurePrivate("cuda"));
    }

    /// <summary>NVRTC's version, or null where it was not found: then nothing is known of any kernel.</summary>
    public string? Nvrtc => _compiler?.Version;

    /// <summary>Begins to compile a file that will be asked for; several threads may.</summary>
    public void Begin(KernelSource source)
    {
        if (_compiler is not null)
            _ = Family(source.Name, () => source).Value;
    }

    /// <summary>What the kernel of a launch got; null where there is no compiler.</summary>
    /// <exception cref="CudaException">Its file does not compile.</exception>
    public KernelResources? Of(LaunchCounts launch) => _compiler is null
        ? null
        : Family(launch.Family, () => KernelSource.Of(launch.Family)).Value.GetAwaiter().GetResult().GetValueOrDefault(launch.Kernel);

    private Lazy<Task<Dictionary<string, KernelResources>>> Family(string name, Func<KernelSource> source) =>
        _families.GetOrAdd(name, _ => new(() => Task.Run(() =>
            KernelResources.Of(_compiler!.Compile(source(), _card.Major, _card.Minor).Image))));
}
