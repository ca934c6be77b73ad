using CrossModal.Kernels;

namespace CrossModal.Runs;

/// <summary>What a command ends with: where its files lie, its figures, and the pictures to look at.</summary>
internal sealed record RunSummary(string Folder, IReadOnlyList<(string Name, string Value)> Rows, IReadOnlyList<string> Pictures)
{
    /// <summary>Why the figures could not be written; null where they were. They are worth to be seen all the same.</summary>
    public string? Unwritten { get; init; }

    /// <summary>Gives it back where all was written.</summary>
    /// <exception cref="BadInputException">It was not.</exception>
    public RunSummary RequireWritten() => Unwritten is { } reason ? throw new BadInputException(reason) : this;
}
