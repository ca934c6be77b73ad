using System.Runtime.InteropServices;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary>Where a command writes: tables and progress to the output, the one line of an error to the error stream.</summary>
internal sealed class Terminal : IDisposable
{
    /// <summary>Columns where the output is a file or a pipe: wide enough that paths do not break.</summary>
    private const int RedirectedWidth = 160;

    private readonly Lazy<ConsoleReporter> _reporter;
    private readonly PosixSignalRegistration? _onInterrupt;

    public Terminal(TextWriter output, TextWriter error)
    {
        Output = output;
        Error = error;
        Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        Console.Pipeline.Attach(new PrintableHook());
        IsLive = Console.Profile.Out.IsTerminal && Console.Profile.Capabilities is { Ansi: true, Interactive: true };
        if (!Console.Profile.Out.IsTerminal)
            Console.Profile.Width = RedirectedWidth;
        // Ctrl-C ends a command that watches for nothing while bars may have hidden the cursor.
        if (IsLive)
            _onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => RestoreCursor());
        _reporter = new Lazy<ConsoleReporter>(() => new ConsoleReporter(Console, IsLive, TimeProvider.System));
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public IAnsiConsole Console { get; }

    /// <summary>Whether lines can be drawn over: a terminal that knows escape sequences, and no build server.</summary>
    public bool IsLive { get; }

    /// <summary>Columns that text may take.</summary>
    public int Width => Console.Profile.Width;

    public ConsoleReporter Reporter => _reporter.Value;

    /// <summary>One plain line, above the bars where bars are drawn.</summary>
    public void Say(string text) => Reporter.Message(text);

    /// <summary>Takes bars down that an exception left behind.</summary>
    public void EndProgress()
    {
        if (_reporter.IsValueCreated)
            _reporter.Value.Dispose();
    }

    /// <summary>Shows the cursor again, which is hidden while bars are drawn.</summary>
    public void RestoreCursor()
    {
        if (IsLive)
            Output.Write("\u001b[?25h");
    }

    public void Dispose()
    {
        EndProgress();
        _onInterrupt?.Dispose();
    }
}
