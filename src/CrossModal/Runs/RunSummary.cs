namespace CrossModal.Runs;

/// <summary>What a command ends with: where its files lie, its figures, and the pictures to look at.</summary>
internal sealed record RunSummary(string Folder, IReadOnlyList<(string Name, string Value)> Rows, IReadOnlyList<string> Pictures);
