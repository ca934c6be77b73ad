using System.CommandLine;

namespace CrossModal.Cli;

/// <summary>A line to type, without the program's name, and what it does.</summary>
internal sealed record Example(string Line, string Meaning);

/// <summary>A command that does something, with examples at the end of its help.</summary>
internal sealed class DocumentedCommand(string name, string description, params Example[] examples) : Command(name, description)
{
    public IReadOnlyList<Example> Examples => examples;

    /// <summary>Whether several processes that one launcher started may do it together.</summary>
    public bool RunsOnRanks { get; set; }
}
