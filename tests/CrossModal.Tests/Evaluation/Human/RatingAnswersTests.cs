using System.Text.Json;
using CrossModal.Evaluation.Human;
using CrossModal.Pipelines;

namespace CrossModal.Tests.Evaluation.Human;

/// <summary>Files of answers: what is counted, and what is refused by name.</summary>
public sealed class RatingAnswersTests : RatingFixture
{
    private readonly RatingKey _key = Page().Key;
    private readonly List<string> _warnings = [];

    [Fact]
    public void WhatIsNoFileOfAnswersIsRefused()
    {
        var good = JsonSerializer.Serialize(Answers(_key, "Ann", _ => 2), RatingJson.Default.RatingAnswers);
        Check(good.Replace("\"rating\": 2", "\"rating\": 3"), "was changed");
        Check(good.Replace("\"Ann\"", "\"Ben\""), "was changed");
        Check(good.Replace("\"rating\": 2", "\"rating\": 4"), "has the rating 4");
        Check(good.Replace("\"rating\": 2", "\"rating\": -1"), "has the rating -1");
        Check(good.Replace("\"rating\": 2", "\"rating\": 2.5"), "answers[0].rating is 2.5; must be a whole number");
        Check(good[..^20], "not JSON");
        Check("", "is empty");
        Check("<html>", "not JSON");
        Check("null", "no file of answers");
        Check("[1, 2]", "file of answers");
        Check("{\"answers\": []}", "no file of answers");
        Check(good.Replace("\"version\": 1", "\"version\": 9"), "version 9");
        Check(good.Replace("\"rater\": \"Ann\"", "\"rater\": \" \""), "lacks a part");
        Check(good.Replace("\"answers\": [", "\"answers\": [null,"), "answers[0] is null; must be an object");
        Check(JsonSerializer.Serialize(_key, RatingJson.Default.RatingKey), "give it as the key");
        Check(JsonSerializer.Serialize(Answers(_key, "Ann", _ => null), RatingJson.Default.RatingAnswers), "has no answers yet");
        Refusal(Path.Combine(Folder, "none.json"), () => RatingAnswers.Read(Path.Combine(Folder, "none.json"), _key));

        void Check(string text, string message)
        {
            var path = SaveText("answers.json", text);
            Assert.Contains(message, Refusal(path, () => RatingAnswers.Read(path, _key)));
            Assert.Equal(text, File.ReadAllText(path));
        }
    }

    [Fact]
    public void AnswersOfAnotherPageAreRefused()
    {
        var other = RatingPage.Build(Items(6, "other-run"), Seed).Key;
        var path = Save("other.json", Answers(other, "Ann", _ => 1));
        var message = Refusal(path, () => RatingAnswers.Read(path, _key));
        Assert.Contains(other.Page, message);
        Assert.Contains(_key.Page, message);
    }

    [Fact]
    public void PicturesThatAreThereTwiceOrNotInThePageAreRefused()
    {
        var answers = Answers(_key, "Ann", _ => 1);
        Check(answers with { Answers = [.. answers.Answers, answers.Answers[0]] }, "there twice");
        Check(answers with { Answers = [.. answers.Answers.Skip(1), answers.Answers[0] with { Id = "0123456789ab" }] }, "not in the page");

        void Check(RatingAnswers changed, string message)
        {
            var path = Save("answers.json", changed with { Checksum = changed.ExpectedChecksum() });
            Assert.Contains(message, Refusal(path, () => RatingAnswers.Read(path, _key)));
        }
    }

    [Fact]
    public void AnotherLayoutOfTheSameAnswersIsAccepted()
    {
        var text = JsonSerializer.Serialize(Answers(_key, "Änne O’Neill", _ => 3), RatingJson.Default.RatingAnswers);
        var path = SaveText("answers.json", text.Replace("\n", "\r\n\t"));
        Assert.Equal("Änne O’Neill", RatingAnswers.Read(path, _key).Rater);
    }

    [Fact]
    public void AnUnfinishedFileIsCountedAndWarnedOf()
    {
        _key.Write(Path.Combine(Folder, "key.json"));
        var path = Save("part.json", Answers(_key, "Ann", item => item.Generated ? null : 3));
        var report = HumanEvaluation.Score(null, [path], _warnings.Add);
        Assert.Equal($"{path}: Ann rated 6 of 12 pictures; the others are counted as not rated", Assert.Single(_warnings));
        Assert.Equal(3, report.Sources[0].Score.Mean);
        Assert.Null(report.Sources[1].Score.Mean);
        Assert.Equal(0, report.Sources[1].Score.Ratings);
    }

    [Fact]
    public void ARaterCountsOnce()
    {
        _key.Write(Path.Combine(Folder, "key.json"));
        var (half, whole) = (Save("half.json", Answers(_key, "Ann", item => item.Generated ? null : 3)),
            Save("whole.json", Answers(_key, " ann", item => item.Generated ? 1 : 3)));
        foreach (var files in new[] { new[] { half, whole }, [whole, half], [half, whole, half] })
        {
            _warnings.Clear();
            var report = HumanEvaluation.Score(null, files, _warnings.Add);
            Assert.Equal(12, Assert.Single(report.Raters).Ratings);
            Assert.StartsWith($"{half}: ", Assert.Single(_warnings));
            Assert.Equal(1, report.Sources[1].Score.Mean);
        }

        // Two files that contradict each other: nobody can tell which is meant.
        var other = Save("other.json", Answers(_key, "ANN", _ => 2));
        Assert.Contains(whole, Refusal(other, () => HumanEvaluation.Score(null, [whole, other], _warnings.Add)));
    }

    [Fact]
    public void TheKeyIsFoundBesideOrAbove()
    {
        _key.Write(Path.Combine(Folder, "key.json"));
        Directory.CreateDirectory(Path.Combine(Folder, "answers", "deep"));
        var (beside, below) = (Save("a.json", Answers(_key, "Ann", _ => 3)), Save("answers/a.json", Answers(_key, "Ann", _ => 3)));
        Assert.Equal(_key.Page, HumanEvaluation.Score(null, [beside], _warnings.Add).Page);
        Assert.Equal(_key.Page, HumanEvaluation.Score(null, [below], _warnings.Add).Page);
        var deep = Save("answers/deep/a.json", Answers(_key, "Ann", _ => 3));
        Assert.Contains("give the key", Refusal(deep, () => HumanEvaluation.Score(null, [deep], _warnings.Add)));
        Assert.Equal(_key.Page, HumanEvaluation.Score(Path.Combine(Folder, "key.json"), [deep], _warnings.Add).Page);
        Assert.Empty(_warnings);
    }
}
