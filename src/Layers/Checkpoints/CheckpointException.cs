using CrossModal.Kernels;

namespace CrossModal.Layers;

/// <summary>A checkpoint that cannot be read, or holds something else than what it is to be loaded into.</summary>
/// <param name="path">The file.</param>
/// <param name="message">One line that names the file, what is wrong with it and what helps.</param>
/// <param name="inner">What the system said, where it said something.</param>
public sealed class CheckpointException(string path, string message, Exception? inner = null) : BadInputException(message, inner)
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
