namespace CrossModal.Data;

/// <summary>
/// How the files of a data set lie in folders, and what follows from it. A new layout is a class of its own and a place in
/// <see cref="All"/>.
/// </summary>
internal abstract class DatasetLayout
{
    /// <summary>All that are understood.</summary>
    public static IReadOnlyList<DatasetLayout> All { get; } = [new StemPairLayout(), new ClassFolderLayout()];

    /// <summary>Its name in fingerprints of data; once a run has been trained, it must not change.</summary>
    public abstract string Name { get; }

    /// <summary>Where the files lie, for a message: <c>images|audio/CLASS/*</c>.</summary>
    public abstract string Pattern { get; }

    /// <summary>How sounds and images belong together, in one sentence for a report.</summary>
    public abstract string Meaning { get; }

    /// <summary>
    /// Whether each sound has an image of its own, taken at the same moment: entry i of the sounds then belongs to entry i of the images.
    /// Otherwise they belong together by class only.
    /// </summary>
    public abstract bool IsPaired { get; }

    /// <summary>Lists the files of a folder; null where the folder is laid out in another way.</summary>
    /// <param name="folder">The folder of a data set. What forbids its use is noted in the findings of the index.</param>
    /// <exception cref="Kernels.BadInputException">A file that describes the data set is damaged.</exception>
    internal abstract DatasetIndex? Examine(string folder);
}
