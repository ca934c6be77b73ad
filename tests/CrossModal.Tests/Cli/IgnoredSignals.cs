using System.Runtime.InteropServices;

namespace CrossModal.Tests.Cli;

/// <summary>
/// What a shell starts in the background ignores Ctrl-C and its like, what <c>nohup</c> starts ignores the end of the terminal, and so
/// would a program that is started from there.
/// </summary>
internal static partial class IgnoredSignals
{
    public const int Hangup = 1, Interrupt = 2, Quit = 3;

    private const nint DefaultAction = 0, Ignored = 1;

    /// <summary>Lets this process, and those that it starts from now on, heed a signal again.</summary>
    public static unsafe void Heed(int signal)
    {
        // The handler is the first member of a sigaction on Linux and on macOS; 256 bytes hold any.
        var action = stackalloc nint[32];
        Assert.Equal(0, SignalAction(signal, null, action));
        if (action[0] == Ignored)
            Signal(signal, DefaultAction);
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static unsafe partial int SignalAction(int signal, nint* action, nint* before);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint action);
}
