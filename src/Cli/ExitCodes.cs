namespace CrossModal.Cli;

/// <summary>What the program tells the shell.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>It could not be done; one line on stderr says what to do.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong; nothing was begun.</summary>
    public const int WrongUsage = 2;

    /// <summary>Stopped by Ctrl-C or a request to end, after saving: 128 + SIGINT, as shells count.</summary>
    public const int Stopped = 130;
}
