using CrossModal.Kernels;
using CrossModal.Kernels.Communication;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary>
/// Runs a command on all ranks of a parallel launch (<c>mpirun -n 4 …</c>). Rank 0 alone speaks; a rank that fails says why and ends all
/// others with it, so that nobody waits for it.
/// </summary>
internal static class OnRanks
{
    /// <param name="terminal">Of this process.</param>
    /// <param name="device">As the options have it; the work is given it with its ranks and its share of the cores.</param>
    /// <param name="work">Given where to speak: nowhere, on all ranks but the first.</param>
    public static int Run(Terminal terminal, DeviceSettings device, Func<Terminal, DeviceSettings, int> work)
    {
        var ranks = ParallelLaunch.Join();
        if (ranks.Size == 1)
            return work(terminal, device);
        device = device with
        {
            Ranks = ranks,
            Threads = device.Threads > 0 ? device.Threads : ParallelLaunch.ThreadsOfRank(ranks.LocalSize),
        };
        using var mute = new Terminal(TextWriter.Null, terminal.Error);
        try
        {
            terminal = ranks.IsFirst ? terminal : mute;
            terminal.Say($"{ranks.Size} ranks of {device.Threads} {(device.Threads == 1 ? "thread" : "threads")}, {ranks.Description}");
            var code = work(terminal, device);
            ranks.Dispose();
            return code;
        }
        catch (RunStoppedException stopped)
        {
            // All ranks stopped at one step, and the first says so; soon, because a launcher that was told to stop ends them before long.
            if (ranks.IsFirst)
                Tell(terminal, stopped, "");
            ranks.Dispose();
            return ExitCodes.Stopped;
        }
        catch (Exception error)
        {
            var code = Tell(terminal, error, ranks.IsFirst ? "" : $"rank {ranks.Rank}: ");
            ranks.Abort(code);
            return code;
        }
    }

    private static int Tell(Terminal terminal, Exception error, string who)
    {
        terminal.EndProgress();
        var code = Failure.Report(error, terminal.Error, who);
        terminal.Error.Flush();
        return code;
    }
}
