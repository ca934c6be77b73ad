using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Kernels;

namespace CrossModal.Evaluation.Human;

/// <summary>The ratings of some pictures.</summary>
/// <param name="Mean">0 to 3; null where nothing was rated.</param>
/// <param name="Low">Lower end of the mean's 95 % interval; null where fewer than two pictures were rated.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Pictures">Pictures with at least one rating.</param>
/// <param name="Ratings">Ratings in all.</param>
/// <param name="Distribution">How often 0, 1, 2 and 3 were given.</param>
internal sealed record HumanScore(double? Mean, double? Low, double? High, int Pictures, int Ratings, IReadOnlyList<int> Distribution)
{
    private const int Resamples = 2000;
    private const ulong Seed = 2017;

    public static HumanScore Of(RatingTable table)
    {
        var (distribution, interval) = (table.Distribution(), table.Interval(Resamples, Seed));
        var pictures = Enumerable.Range(0, table.Pictures)
            .Count(i => Enumerable.Range(0, table.Raters).Any(rater => table.Ratings[i, rater] != RatingTable.None));
        return new HumanScore(table.Mean(), interval?.Low, interval?.High, pictures, distribution.Sum(), distribution);
    }
}

/// <summary>The ratings of what comes from one source.</summary>
/// <param name="Name"><c>real</c> or the run's name.</param>
/// <param name="Generated">Whether a run drew them.</param>
/// <param name="Score">Over all instruments.</param>
/// <param name="Instruments">By instrument.</param>
internal sealed record HumanSourceScore(string Name, bool Generated, HumanScore Score, IReadOnlyDictionary<string, HumanScore> Instruments);

/// <summary>One rater: how many pictures, and the mean of the ratings, which shows who is strict.</summary>
internal sealed record HumanRater(string Name, string File, int Ratings, double Mean);

/// <summary>How far the raters agree; null where fewer than two have rated the same pictures.</summary>
/// <param name="AlphaOrdinal">As <see cref="RaterAgreement.OrdinalAlpha"/>.</param>
/// <param name="ExactShare">As <see cref="RaterAgreement.ExactShare"/>.</param>
internal sealed record HumanAgreement(double? AlphaOrdinal, double? ExactShare);

/// <summary>A mean that the paper reports.</summary>
internal sealed record PaperScore(string Name, double Mean);

/// <summary>What <c>human-eval.json</c> holds.</summary>
/// <param name="Page">The id of the page.</param>
/// <param name="Pictures">In the page.</param>
internal sealed record HumanEvaluationReport(
    string Page, int Pictures, IReadOnlyList<HumanSourceScore> Sources, HumanAgreement Agreement, IReadOnlyList<HumanRater> Raters,
        IReadOnlyList<PaperScore> Paper)
{
    public const string FileName = "human-eval.json";

    /// <summary>The runs whose pictures were rated, as the key has them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RatedRun>? Runs { get; init; }

    /// <summary>The means of the paper's raters on its own data (Chen et al. 2017).</summary>
    public static IReadOnlyList<PaperScore> PaperScores { get; } =
        [new("real", 2.59), new("S2I-C", 1.81), new("S2I-N", 1.16), new("S2I-A", 0.84)];

    /// <summary>Counts answers together.</summary>
    /// <param name="answers">One a rater, checked against the key, with the file that each was read from.</param>
    public static HumanEvaluationReport Of(RatingKey key, IReadOnlyList<(string File, RatingAnswers Answers)> answers)
    {
        var places = key.Items.Select((item, i) => (item.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i, StringComparer.Ordinal);
        var ratings = new int[key.Items.Count, answers.Count];
        for (var i = 0; i < key.Items.Count; i++)
        {
            for (var rater = 0; rater < answers.Count; rater++)
                ratings[i, rater] = RatingTable.None;
        }

        for (var rater = 0; rater < answers.Count; rater++)
        {
            foreach (var answer in answers[rater].Answers.Answers)
                ratings[places[answer.Id], rater] = answer.Rating;
        }

        var table = new RatingTable(ratings);
        var sources = key.Items.Select((item, i) => (item, i)).GroupBy(pair => (pair.item.Generated, pair.item.Source))
            .OrderBy(group => group.Key.Generated)
            .ThenBy(group => group.Key.Source, StringComparer.Ordinal).Select(group => new HumanSourceScore(
                group.Key.Source, group.Key.Generated, HumanScore.Of(table.Rows([.. group.Select(pair => pair.i)])),
                group.GroupBy(pair => pair.item.Instrument).OrderBy(part => part.Key, StringComparer.Ordinal)
                    .ToDictionary(part => part.Key, part => HumanScore.Of(table.Rows([.. part.Select(pair => pair.i)])))));
        return new HumanEvaluationReport(
            key.Page, key.Items.Count, [.. sources],
                new HumanAgreement(RaterAgreement.OrdinalAlpha(ratings), RaterAgreement.ExactShare(ratings)),
            [.. answers.Select(rater => new HumanRater(
                rater.Answers.Rater, Path.GetFileName(rater.File), rater.Answers.Answers.Count,
                    rater.Answers.Answers.Average(answer => answer.Rating)))],
            PaperScores)
        { Runs = key.Runs };
    }

    /// <summary>Writes the figures, whole or not at all.</summary>
    public void Write(string path) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(this, RatingJson.Default.HumanEvaluationReport) + "\n");
}
