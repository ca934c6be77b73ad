using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Verification.Launches;

namespace CrossModal.Studio;

/// <summary>A launch to record: which of a kernel's, which block of it, and how much is kept.</summary>
internal sealed record RecordedLaunch(string Kernel, int Launch, Index3 Block, int Events);

/// <summary>
/// Records launches of kernels, one at a time, and keeps the last few: the page comes back for each phase and each thread of one.
/// </summary>
internal sealed class KernelDesk : IDisposable
{
    private const int MostKept = 3;

    private readonly SemaphoreSlim _one = new(1);
    private readonly List<(RecordedLaunch Key, ReadyLaunch Launch, KernelTrace Trace)> _kept = [];
    private volatile string? _doing;

    /// <summary>What is going on, for who waits; null where nothing is.</summary>
    public string? Doing => _doing;

    /// <summary>The kernels and their launches; the first call takes a second or two.</summary>
    public static Task<IReadOnlyList<CatalogedKernel>> Kernels() => Task.Run(() => KernelCatalog.All);

    /// <summary>A launch that is kept, or recorded now.</summary>
    /// <exception cref="NotOnShelfException">There is no such kernel, or it has no such launch.</exception>
    /// <exception cref="BadInputException">The grid has no such block.</exception>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    public async Task<(ReadyLaunch Launch, KernelTrace Trace)> Record(RecordedLaunch asked, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            var at = _kept.FindIndex(kept => kept.Key == asked);
            if (at < 0)
            {
                var launch = await Task.Run(() => Find(asked), cancel);
                var trace = await Task.Run(() => launch.Record(asked.Block, asked.Events, file => _doing = $"compiling {file}"), cancel);
                _kept.Insert(0, (asked, launch, trace));
                if (_kept.Count > MostKept)
                    _kept.RemoveAt(MostKept);
                at = 0;
            }

            return (_kept[at].Launch, _kept[at].Trace);
        }
        finally
        {
            _doing = null;
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static ReadyLaunch Find(RecordedLaunch asked)
    {
        try
        {
            var launches = KernelCatalog.Find(asked.Kernel).Launches;
            return asked.Launch < launches.Count
                ? launches[asked.Launch]
                : throw new NotOnShelfException($"{asked.Kernel} has {launches.Count} launches that are ready");
        }
        catch (BadInputException unknown)
        {
            throw new NotOnShelfException(unknown.Message);
        }
    }
}
