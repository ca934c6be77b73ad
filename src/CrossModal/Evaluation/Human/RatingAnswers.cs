using System.Globalization;
using CrossModal.Kernels;

namespace CrossModal.Evaluation.Human;

/// <summary>One rating.</summary>
/// <param name="Id">The picture's name in the page.</param>
/// <param name="Rating">0 to 3.</param>
/// <param name="Time">When it was given, UTC, as ISO 8601.</param>
internal sealed record RatingAnswer(string Id, int Rating, string Time);

/// <summary>What one person's page saved.</summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Version"><see cref="FormatVersion"/>.</param>
/// <param name="Page">The id of the page.</param>
/// <param name="Rater">The name that the person gave.</param>
/// <param name="Answers">In the order of the page; pictures without a rating are not there.</param>
/// <param name="Checksum">Over all of the above.</param>
internal sealed record RatingAnswers(string Format, int Version, string Page, string Rater, IReadOnlyList<RatingAnswer> Answers,
    string Checksum)
{
    public const string FormatName = "crossmodal-answers";

    public const int FormatVersion = 1, HighestRating = 3;

    private const string Remedy = "save the answers from the page again";

    private static readonly JsonFile<RatingAnswers> File = new(RatingJson.Default.RatingAnswers, "file of answers", Remedy)
    {
        Foreign = written => RatingFormat.Of(written) is var format && format.Name == RatingKey.FormatName
                ? "is a key, not answers; give it as the key"
            : format.Name != FormatName ? $"is no file of answers; {Remedy}"
            : format.Version != FormatVersion ? $"has answers of version {format.Version}, this program reads version {FormatVersion}; "
                + "score it with the program that made the page"
            : null,
    };

    /// <summary>Reads a file and compares it with the key of its page.</summary>
    /// <exception cref="BadInputException">
    /// The file is missing, not what a page saves, of another page, was changed, or has a rating outside of 0 to 3, a picture twice or one
    /// that the page has not.
    /// </exception>
    public static RatingAnswers Read(string path, RatingKey key)
    {
        var answers = File.Read(path);
        if (string.IsNullOrWhiteSpace(answers.Rater))
            throw new BadInputException($"{path}: lacks a part of what a page saves; {Remedy}");
        if (answers.Page != key.Page)
            throw new BadInputException($"{path}: answers page {answers.Page}, the key is of page {key.Page}; score the answers of each "
                + $"page by themselves, with its own key");
        if (answers.Answers.FirstOrDefault(answer => answer.Rating is < 0 or > HighestRating) is { } outside)
            throw new BadInputException(
                $"{path}: has the rating {outside.Rating} for picture {outside.Id}; ratings are 0 to {HighestRating}; {Remedy}");
        if (answers.Checksum != answers.ExpectedChecksum())
            throw new BadInputException($"{path}: was changed after the page saved it (its checksum is another); {Remedy}");
        var known = key.Items.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var answer in answers.Answers)
        {
            if (!known.Remove(answer.Id))
                throw new BadInputException(
                    $"{path}: rates picture {answer.Id}, which is "
                    + $"{(key.Items.Any(item => item.Id == answer.Id) ? "there twice" : "not in the page")}; {Remedy}");
        }

        if (answers.Answers.Count == 0)
            throw new BadInputException($"{path}: has no answers yet; leave it out until its rater has begun");
        return answers;
    }

    internal string ExpectedChecksum() => RatingChecksum.Of(
        [$"{Format} {Version.ToString(CultureInfo.InvariantCulture)}", Page, Rater,
            .. Answers.Select(answer => $"{answer.Id} {answer.Rating} {answer.Time}")]);
}
