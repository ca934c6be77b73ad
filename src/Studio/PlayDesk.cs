using System.Collections.Concurrent;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Tensors;

namespace CrossModal.Studio;

/// <summary>More is asked for than is kept waiting.</summary>
internal sealed class BusyException(string message) : BadInputException(message);

/// <summary>
/// The one thread that runs networks for the page: a device serves one thread at a time, and two browsers must not meet in it. Networks of
/// the runs that were asked for last are kept.
/// </summary>
/// <param name="openDevice">Opens the device, once it is needed.</param>
internal sealed class PlayDesk : IDisposable
{
    /// <summary>From a sound to a picture and back takes two runs, and two browsers may look at others.</summary>
    private const int MostOpen = 4;

    private readonly Func<Device> _openDevice;
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 64);
    private readonly Thread _thread;
    private Device? _device;

    /// <summary>The one that was asked for last stands at the end.</summary>
    private readonly List<(string Folder, DateTime Written, IDisposable Networks)> _open = [];

    public PlayDesk(Func<Device> openDevice)
    {
        _openDevice = openDevice;
        _thread = new Thread(Serve) { IsBackground = true, Name = "studio networks" };
        _thread.Start();
    }

    /// <summary>Does something with the networks of a run that draws pictures, behind what was asked for before.</summary>
    /// <exception cref="BadInputException">The run cannot be opened, or draws none.</exception>
    public Task<T> Ask<T>(ShelvedRun shelved, Func<LiveRun, T> work, CancellationToken cancel) =>
        Ask(device => work(Networks(device, shelved, saved => new LiveRun(device, saved))), cancel);

    /// <summary>The same with a run that makes sounds.</summary>
    /// <exception cref="BadInputException">The run cannot be opened, or makes none.</exception>
    public Task<T> Ask<T>(ShelvedRun shelved, Func<LiveSoundRun, T> work, CancellationToken cancel) =>
        Ask(device => work(Networks(device, shelved, saved => new LiveSoundRun(device, saved))), cancel);

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
            throw new BusyException("the studio has more to draw than it can; wait a moment");
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
        foreach (var open in _open)
            open.Networks.Dispose();
        _device?.Dispose();
    }

    /// <summary>Opened anew where its last checkpoint was written again: a run that trains gets better.</summary>
    private T Networks<T>(Device device, ShelvedRun shelved, Func<SavedRun, T> open)
        where T : IDisposable
    {
        var written = File.GetLastWriteTimeUtc(shelved.Folder.Last);
        var place = _open.FindIndex(one => one.Folder == shelved.Folder.Path && one.Networks is T);
        var found = place >= 0 ? _open[place] : default;
        if (place >= 0)
            _open.RemoveAt(place);
        if (found.Networks is T kept && found.Written == written)
        {
            _open.Add(found);
            return kept;
        }

        found.Networks?.Dispose();
        if (File.Exists(shelved.Folder.Last) && !shelved.Has(shelved.Folder.Last))
            throw new BadInputException($"{shelved.Folder.Last}: is reached by a link, which the studio does not follow; copy it there");
        var saved = SavedRun.Open(shelved.Folder.Path, Runs.RunKind.All);
        var networks = open(saved);
        _open.Add((shelved.Folder.Path, written, networks));
        if (_open.Count > MostOpen)
        {
            _open[0].Networks.Dispose();
            _open.RemoveAt(0);
        }

        return networks;
    }
}
