using CrossModal.Data;

namespace CrossModal.Cli;

/// <summary>What a user of the command line can do about an error. The libraries below know of no command line.</summary>
internal static class Remedies
{
    /// <summary>To be put behind the error's message; empty where that says enough.</summary>
    public static string For(Exception error) => error switch
    {
        UnfinishedRunException unfinished => $"; continue it with --resume {unfinished.Folder}",
        UnusableDataException { Problems.Count: > 1 } data => $"; see them all: {CommandTree.ProgramName} data inspect {data.Folder}",
        _ => "",
    };
}
