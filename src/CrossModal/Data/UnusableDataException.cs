using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>A folder that looks like a data set and cannot be trained on.</summary>
/// <param name="folder">The data set's folder.</param>
/// <param name="problems">What is wrong with it, at least one line.</param>
internal sealed class UnusableDataException(string folder, IReadOnlyList<string> problems)
    : BadInputException(problems.Count == 1 ? problems[0] : $"{problems[0]} ({problems.Count - 1} more problems)")
{
    public string Folder => folder;

    public IReadOnlyList<string> Problems => problems;
}
