using System.Runtime.InteropServices;

namespace CrossModal.Cli;

/// <summary>
/// Ctrl-C while a job runs that can save: the first one asks the job to save and stop, the second one ends the program at once. A request
/// to terminate (SIGTERM, as schedulers send it) counts like Ctrl-C, and so do the end of the terminal (SIGHUP) and Ctrl-\ (SIGQUIT).
/// Commands that have nothing to save do not watch, and end at the first.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Terminal _terminal;
    private int _signals;

    private readonly string _says;

    private Interruption(Terminal terminal, string says)
    {
        (_terminal, _says) = (terminal, says);
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }
            .Select(signal => PosixSignalRegistration.Create(signal, Handle))];
    }

    public CancellationToken Token => _source.Token;

    public bool Requested => _source.IsCancellationRequested;

    /// <param name="terminal">Where the first Ctrl-C is answered.</param>
    /// <param name="says">What the job does then, in a word.</param>
    public static Interruption Watch(Terminal terminal, string says = "saving…") => new(terminal, says);

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) == 1)
        {
            _terminal.Say($"{_says} (once more to quit at once)");
            _source.Cancel();
            return;
        }

        _terminal.RestoreCursor();
        Environment.Exit(ExitCodes.Stopped);
    }
}
