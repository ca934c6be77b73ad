using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>What is taken of a data set.</summary>
/// <param name="ImageSize">Width and height of the images in pixels.</param>
/// <param name="Limit">At most so many pairs in each split, drawn evenly over classes and songs; null for all.</param>
/// <param name="Seed">For that draw.</param>
internal sealed record PairSelection(int ImageSize, int? Limit = null, ulong Seed = 0)
{
    /// <summary>Called with the classes before any file is decoded; it throws where they will not do.</summary>
    public Action<IReadOnlyList<string>>? Accept { get; init; }
}

/// <summary>
/// Sounds and images of instruments, ready for training: decoded once into a cache on disk and read from there, so that sets larger than
/// memory can be used. Everything drawn is a function of seed, epoch and position.
/// </summary>
internal sealed class PairDataset : IDisposable
{
    private readonly SampleCache _cache;
    private readonly Lazy<string> _fingerprint;

    private PairDataset(SampleList list, SampleCache cache, bool cacheHoldsAll)
    {
        _cache = cache;
        Classes = list.Index.Classes;
        Layout = list.Index.Layout;
        CacheKey = list.Fingerprint;
        _fingerprint = new Lazy<string>(() => ContentFingerprint.Of(list));
        Train = new PairSplit(Split.Train, list, cache, cacheHoldsAll);
        Validation = new PairSplit(Split.Validation, list, cache, cacheHoldsAll);
    }

    public string[] Classes { get; }

    public DatasetLayout Layout { get; }

    /// <summary>64 hexadecimal digits that change with any file, its time of change, split or choice of pairs.</summary>
    public string CacheKey { get; }

    /// <summary>
    /// 64 hexadecimal digits that change with the content of the files, split or choice of pairs, and that copies have too
    /// (<see cref="ContentFingerprint"/>).
    /// </summary>
    public string Fingerprint => _fingerprint.Value;

    public PairSplit Train { get; }

    public PairSplit Validation { get; }

    /// <summary>Whether these are the data that a run remembers. Runs of version 0.1.0 remember the times of the files.</summary>
    /// <param name="remembered">A fingerprint.</param>
    public bool Are(string remembered) => remembered == CacheKey || remembered == Fingerprint;

    public PairSplit Of(Split split) => split == Split.Train ? Train : Validation;

    /// <summary>Opens a folder, decoding it into the cache where that was not done before.</summary>
    /// <param name="folder">In the Sub-URMP layout or with one folder a class.</param>
    /// <param name="selection">What is taken of it.</param>
    /// <param name="progress">Called with the stage, how many files are done, and of how many; one call at a time, from any thread.</param>
    /// <param name="warn">Called with one line for each thing that is left out or odd.</param>
    /// <param name="cancel">Stops decoding.</param>
    /// <exception cref="BadInputException">
    /// The folder is no data set that can be used (<see cref="DatasetIndex.Open"/>), more than 1 % of its files are bad, or what is left
    /// of it cannot be learned from (<see cref="DatasetJudgment"/>).
    /// </exception>
    public static PairDataset Open(
        string folder,
        PairSelection selection,
        Action<string, int, int>? progress = null,
        Action<string>? warn = null,
        CancellationToken cancel = default)
    {
        if (selection.Limit is { } least)
            ArgumentOutOfRangeException.ThrowIfLessThan(least, 1, nameof(selection));
        var index = DatasetIndex.Open(folder);
        selection.Accept?.Invoke(index.Classes);
        var all = SampleList.All(index);
        var chosen = selection.Limit is { } limit ? all.Limited(limit, selection.Seed) : all;
        var cache = SampleCache.TryOpen(all, selection.ImageSize);
        var holdsAll = cache is not null;
        cache ??= new SampleCacheBuilder(chosen, selection.ImageSize, progress, cancel).OpenOrBuild();
        foreach (var line in index.Warnings)
            warn?.Invoke(line);
        foreach (var (file, reason) in index.Skipped)
            warn?.Invoke($"{file}: {reason}; it is left out");
        try
        {
            var faults = holdsAll ? cache.Faults.Of(chosen) : cache.Faults;
            foreach (var bad in faults.BadImages.Concat(faults.BadSounds))
                warn?.Invoke($"left out: {bad.Reason}");
            var judgment = DatasetJudgment.Of(chosen, faults);
            foreach (var line in judgment.Warnings)
                warn?.Invoke(line);
            if (judgment.Errors.Count > 0)
                throw new UnusableDataException(index.Folder, judgment.Errors);
            return new PairDataset(chosen, cache, holdsAll);
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    public void Dispose() => _cache.Dispose();
}
