using System.Collections.Concurrent;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Tensors;

namespace CrossModal.Studio;

/// <summary>
/// The one thread that runs networks for the page: a device serves one thread at a time, and two browsers must not meet in it. The networks
/// of the run that was asked for last are kept.
/// </summary>
/// <param name="openDevice">Opens the device, once it is needed.</param>
internal sealed class PlayDesk : IDisposable
{
    private readonly Func<Device> _openDevice;
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 64);
    private readonly Thread _thread;
    private Device? _device;
    private (string Folder, DateTime Written, LiveRun Networks)? _open;

    public PlayDesk(Func<Device> openDevice)
    {
        _openDevice = openDevice;
        _thread = new Thread(Serve) { IsBackground = true, Name = "studio networks" };
        _thread.Start();
    }

    /// <summary>Does something with the networks of a run, behind what was asked for before.</summary>
    /// <exception cref="BadInputException">The run cannot be opened.</exception>
    public Task<T> Ask<T>(ShelvedRun shelved, Func<LiveRun, T> work, CancellationToken cancel) =>
        Ask(device => work(Networks(device, shelved)), cancel);

    /// <summary>Does something with the device, behind what was asked for before.</summary>
    public Task<T> Ask<T>(Func<Device, T> work, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Do()
        {
            if (cancel.IsCancellationRequested)
            {
                answer.TrySetCanceled(cancel);
                return;
            }

            try
            {
                answer.TrySetResult(work(_device ??= _openDevice()));
            }
            catch (Exception error)
            {
                answer.TrySetException(error);
            }
        }

        if (!_work.TryAdd(Do))
            throw new BadInputException("the studio has more to draw than it can; wait a moment");
        return answer.Task;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join(TimeSpan.FromSeconds(10));
        _work.Dispose();
    }

    private void Serve()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work();
        _open?.Networks.Dispose();
        _device?.Dispose();
    }

    /// <summary>Opened anew where its last checkpoint was written again: a run that trains gets better.</summary>
    private LiveRun Networks(Device device, ShelvedRun shelved)
    {
        var written = File.GetLastWriteTimeUtc(shelved.Folder.Last);
        if (_open is { } open && open.Folder == shelved.Folder.Path && open.Written == written)
            return open.Networks;
        var saved = SavedRun.Open(shelved.Folder.Path, Runs.RunKind.All);
        var networks = new LiveRun(device, saved);
        _open?.Networks.Dispose();
        _open = (shelved.Folder.Path, written, networks);
        return networks;
    }
}
