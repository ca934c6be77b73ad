using CrossModal.Evaluation.Human;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>The commands <c>human-eval prepare</c> and <c>human-eval score</c>.</summary>
internal static class HumanEvaluation
{
    /// <summary>The folder inside of a run that a page is written to where no other is asked for.</summary>
    public const string DefaultFolder = "human-eval";

    /// <summary>Makes the page of one run or several, and its key.</summary>
    /// <param name="output">A folder without a page; null for <see cref="DefaultFolder"/> in the first run's.</param>
    /// <returns>Where they are.</returns>
    /// <exception cref="BadInputException">As <see cref="RunRatingItems.Make"/> and <see cref="RatingPage.Write"/>.</exception>
    public static (string Page, string Key, int Pictures) Prepare(RatingRequest request, string? output, DeviceSettings device,
        IRunReporter reporter, CancellationToken cancel)
    {
        var folder = output ?? Path.Combine(request.RunFolders[0], DefaultFolder);
        RatingPage.RequireEmptyPlace(folder);
        var (items, runs) = RunRatingItems.Make(request, device, reporter, cancel);
        var page = RatingPage.Build(items, request.Seed, runs);
        page.Write(folder);
        return (Path.Combine(folder, RatingPage.FileName), Path.Combine(folder, RatingKey.FileName), page.Key.Items.Count);
    }

    /// <summary>Counts the answers of one page together.</summary>
    /// <param name="keyPath">The page's key; null for the <c>key.json</c> beside the answers, or beside their folder.</param>
    /// <param name="files">What raters have saved, one a rater.</param>
    /// <param name="warn">Called with one line for each thing that is odd.</param>
    /// <exception cref="BadInputException">There is no key, or a file is not fit to be counted; the message names it.</exception>
    public static HumanEvaluationReport Score(string? keyPath, IReadOnlyList<string> files, Action<string> warn)
    {
        var key = RatingKey.Read(keyPath ?? FindKey(files));
        var counted = new List<(string File, RatingAnswers Answers)>();
        foreach (var file in files.DistinctBy(Path.GetFullPath))
        {
            var answers = RatingAnswers.Read(file, key);
            var place = counted.FindIndex(other => SameRater(other.Answers.Rater, answers.Rater));
            if (place < 0)
                counted.Add((file, answers));
            else
                counted[place] = Merge(counted[place], (file, answers), warn);
        }

        foreach (var (file, answers) in counted.Where(rater => rater.Answers.Answers.Count < key.Items.Count))
            warn($"{file}: {answers.Rater} rated {answers.Answers.Count} of {key.Items.Count} pictures; the others are counted as not "
                + $"rated");
        return HumanEvaluationReport.Of(key, counted);
    }

    /// <summary>Where figures go without overwriting others: <c>human-eval.json</c>, <c>human-eval-2.json</c> and so on.</summary>
    public static string FreeReportPath(string folder)
    {
        var path = Path.Combine(folder, HumanEvaluationReport.FileName);
        for (var number = 2; File.Exists(path); number++)
            path = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(HumanEvaluationReport.FileName)}-{number}.json");
        return path;
    }

    /// <summary>The key beside the first file of answers, or in the folder above, where answers lie in a folder of their own.</summary>
    internal static string FindKey(IReadOnlyList<string> files)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(files[0]));
        foreach (var place in new[] { folder, Path.GetDirectoryName(folder) }.OfType<string>())
        {
            if (File.Exists(Path.Combine(place, RatingKey.FileName)))
                return Path.Combine(place, RatingKey.FileName);
        }

        throw new SettingException("key", $"{files[0]}: no {RatingKey.FileName} beside it; give the key that was written with the page");
    }

    private static bool SameRater(string first, string second) =>
        string.Equals(first.Trim(), second.Trim(), StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Who saves twice leaves two files. Where one holds all of the other it is the later one, and counts; else nobody can tell which is
    /// meant.
    /// </summary>
    private static (string File, RatingAnswers Answers) Merge((string File, RatingAnswers Answers) first,
        (string File, RatingAnswers Answers) second, Action<string> warn)
    {
        var (less, more) = first.Answers.Answers.Count <= second.Answers.Answers.Count ? (first, second) : (second, first);
        var ratings = more.Answers.Answers.ToDictionary(answer => answer.Id, answer => answer.Rating, StringComparer.Ordinal);
        if (less.Answers.Answers.Any(answer => ratings.GetValueOrDefault(answer.Id, RatingTable.None) != answer.Rating))
            throw new BadInputException(
                $"{second.File}: {second.Answers.Rater} has rated in {first.File} too, and differently; leave one of the two files out");
        warn($"{less.File}: {less.Answers.Rater} has rated in {more.File} too, with all that is in here; it is counted once");
        return more;
    }
}
