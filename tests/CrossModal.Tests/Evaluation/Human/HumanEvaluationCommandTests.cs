using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrossModal.Evaluation.Human;
using CrossModal.Imaging;
using CrossModal.Runs;
using CrossModal.Tests.Cli;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Evaluation.Human;

/// <summary>The commands on the tiny run: a page is made, answered and scored.</summary>
public sealed partial class HumanEvaluationCommandTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>Of a grid of pictures: what lies around it, and between its cells.</summary>
    private const int Margin = (int)DrawingStyle.Margin, Gap = 6;

    [Fact]
    public void APageIsMadeAnsweredAndScored()
    {
        var folder = Path.Combine(Tiny.Root, $"survey-{Guid.NewGuid():N}");
        string[] prepare = ["human-eval", "prepare", "--run", Tiny.Whole.Path, "--items", "5", "--output", folder, "--device", "cpu",
            "--threads", "1"];
        var made = Invocation.InProcess(prepare);
        Assert.Empty(made.Error);
        Assert.Equal(0, made.ExitCode);
        Assert.Contains("10 pictures to rate", made.Output);
        var key = RatingKey.Read(Path.Combine(folder, "key.json"));
        var (settings, weights) = (RunSettings.Read(Tiny.Whole.Settings), SHA256.HashData(File.ReadAllBytes(Tiny.Whole.Last)));
        RatedRun[] rated = [new("whole", settings.Data, settings.DataFingerprint, "checkpoints/last.safetensors",
            Convert.ToHexStringLower(weights))];
        Assert.Equal(rated, key.Runs!);
        var run = Path.GetFileName(Tiny.Whole.Path);
        Assert.Equal(5, key.Items.Count(item => item is { Generated: true } && item.Source == run));
        Assert.Equal(5, key.Items.Count(item => item is { Generated: false, Source: "real" }));
        foreach (var item in key.Items)
            Assert.StartsWith($"chunk/validation/{item.Instrument}/{item.Instrument}", item.Sound);
        Assert.True(Pictures(folder).Distinct().Count() > 7, "pictures repeat");

        // The same again is refused; the same seed elsewhere gives the same page.
        Assert.Contains("rating.html: is there already", Invocation.InProcess(prepare).Failure());
        var again = Path.Combine(Tiny.Root, $"survey-{Guid.NewGuid():N}");
        Assert.Equal(0, Invocation.InProcess([.. prepare[..6], "--output", again, .. prepare[8..]]).ExitCode);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "rating.html")), File.ReadAllBytes(Path.Combine(again, "rating.html")));

        var (ann, ben) = (Answer(folder, key, "Ann", item => item.Generated ? 1 : 3),
            Answer(folder, key, "Ben", item => item.Generated ? 2 : 3));
        var scored = Invocation.InProcess("human-eval", "score", "--key", Path.Combine(folder, "key.json"), ann, ben);
        Assert.Empty(scored.Error);
        Assert.Matches(@"real +3\.00 +3\.00 to 3\.00 +100% +0% +0% +0% +10", scored.Output);
        Assert.Matches($@"generated, {run} +1\.50 +1\.00 to 2\.00 +0% +50% +50% +0% +10", scored.Output);
        foreach (var paper in new[] { @"real +2\.59", @"S2I-C +1\.81", @"S2I-N +1\.16", @"S2I-A +0\.84" })
            Assert.Matches("the paper's " + paper, scored.Output);
        Assert.Contains("the same rating in 50% of pairs", scored.Output);
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "human-eval.json")));
        Assert.Equal(rated[0].CheckpointSha256, report.RootElement.GetProperty("runs")[0].GetProperty("checkpoint_sha256").GetString());
        Assert.Equal(1.5, report.RootElement.GetProperty("sources")[1].GetProperty("score").GetProperty("mean").GetDouble());
        Assert.Equal(key.Page, report.RootElement.GetProperty("page").GetString());

        // Figures that are there stay, and one rater alone has nobody to agree with.
        var before = File.ReadAllText(Path.Combine(folder, "human-eval.json"));
        var alone = Invocation.InProcess("human-eval", "score", ann);
        Assert.Contains("it takes two raters", alone.Output);
        Assert.Contains("human-eval-2.json", alone.Output);
        Assert.Equal(before, File.ReadAllText(Path.Combine(folder, "human-eval.json")));
        Assert.Contains("is there already",
            Invocation.InProcess("human-eval", "score", ann, "--output", Path.Combine(folder, "human-eval.json")).Failure());
    }

    /// <summary>
    /// Three pictures of each of two runs and three real ones, each source by its name; runs that cannot be told apart, or on other data,
    /// are refused.
    /// </summary>
    [Fact]
    public void SeveralRunsAreRatedOnOnePage()
    {
        var (folder, other) = (Path.Combine(Tiny.Root, $"survey-{Guid.NewGuid():N}"), CopyOfWhole());
        Invocation Prepare(string second, string output) =>
            Invocation.InProcess("human-eval", "prepare", "--run", Tiny.Whole.Path, "--run", second, "--items", "3", "--output", output,
                "--device", "cpu", "--threads", "1");
        var made = Prepare(other.Path, folder);
        Assert.Equal("", made.Error);
        Assert.Contains("9 pictures to rate", made.Output);
        var key = RatingKey.Read(Path.Combine(folder, "key.json"));
        Assert.Equal(new[] { ("real", 3), (Path.GetFileName(Tiny.Whole.Path), 3), (Path.GetFileName(other.Path), 3) }.Order(),
            key.Items.GroupBy(item => item.Source).Select(g => (g.Key, g.Count())).Order());
        Assert.Equal(9, key.Items.Select(item => item.Sound).Distinct().Count());
        var scored = Invocation.InProcess("human-eval", "score",
            Answer(folder, key, "Ann", item => item.Source == Path.GetFileName(other.Path) ? 2 : 1));
        Assert.Matches($@"generated, {Path.GetFileName(other.Path)} +2\.00", scored.Output);
        Assert.Matches($@"generated, {Path.GetFileName(Tiny.Whole.Path)} +1\.00", scored.Output);

        var twin = Path.Combine(Tiny.Root, $"twin-{Guid.NewGuid():N}", Path.GetFileName(Tiny.Whole.Path));
        Directory.CreateDirectory(Path.GetDirectoryName(twin)!);
        Directory.Move(other.Path, twin);
        Assert.Contains("another run has the same name", Prepare(twin, folder + "-2").Failure());
        var elsewhere = CopyOfWhole();
        elsewhere.Write(RunSettings.Read(elsewhere.Settings) with { DataFingerprint = "another" });
        Assert.Contains($"was trained on other data than {Tiny.Whole.Path}", Prepare(elsewhere.Path, folder + "-2").Failure());
        Assert.False(Directory.Exists(folder + "-2"));
    }

    /// <summary>A copy of a run draws what the run draws, of the same sounds; so its column shows the same, and the real one not.</summary>
    [Fact]
    public void ASheetShowsRunsSideBySide()
    {
        var (other, path) = (CopyOfWhole(), Path.Combine(Tiny.Root, $"sheet-{Guid.NewGuid():N}.png"));
        Invocation Sheet(string output, params string[] more) => Invocation.InProcess(["human-eval", "sheet", "--run", Tiny.Whole.Path,
            "--run", other.Path, "--output", output, "--device", "cpu", "--threads", "1", .. more]);
        var made = Sheet(path, "--each", "1");
        Assert.Equal("", made.Error);
        var (sheet, size) = (RgbImage.Load(path), 2 * RunSettings.Read(Tiny.Whole.Settings).Model.ImageSize);
        var (right, step) = (sheet.Width - Margin - size, size + Gap);
        var rows = 0;
        for (var bottom = sheet.Height - Margin; bottom - size > Margin; bottom -= step, rows++)
        {
            var (real, first, second) = (Cell(right - 2 * step), Cell(right - step), Cell(right));
            Assert.True(first.Distinct().Count() > 1, "a picture of one color");
            Assert.Equal(first, second);
            Assert.NotEqual(real, first);

            byte[] Cell(int left) => [.. Enumerable.Range(bottom - size, size).SelectMany(y =>
                sheet.Pixels.AsSpan(3 * (y * sheet.Width + left), 3 * size).ToArray())];
        }

        Assert.Equal(RunSettings.Read(Tiny.Whole.Settings).Classes.Count, rows);
        var again = path + "-2.png";
        Assert.Equal(0, Sheet(again, "--each", "1").ExitCode);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
        Assert.Contains("must end in .png", Sheet(Path.Combine(Tiny.Root, "sheet.jpg")).WrongUsage());
        Assert.Contains("is a folder", Sheet(Directory.CreateDirectory(path + "-3.png").FullName).Failure());
    }

    [Fact]
    public void MoreThanThereIsIsWarnedOf()
    {
        var folder = Path.Combine(Tiny.Root, $"survey-{Guid.NewGuid():N}");
        var made = Invocation.InProcess("human-eval", "prepare", "--run", Tiny.Whole.Path, "--items", "50", "--output", folder, "--device",
            "cpu", "--threads", "1");
        Assert.Equal(0, made.ExitCode);
        Assert.Contains($"warning: the data set has {TinyData.ValidationPairs} validation sounds", made.Output);
        Assert.Equal(2 * TinyData.ValidationPairs, RatingKey.Read(Path.Combine(folder, "key.json")).Items.Count);
    }

    [Fact]
    public void WrongUsageAndWhatIsNoRunIsOneLine()
    {
        Assert.Contains("--run <DIR> must be given", Invocation.InProcess("human-eval", "prepare").WrongUsage());
        Assert.Contains("<ANSWERS.json> is missing", Invocation.InProcess("human-eval", "score").WrongUsage());
        Assert.Contains("from 1 to 500", Invocation.InProcess("human-eval", "prepare", "--run", "x", "--items", "0").WrongUsage());
        Assert.Contains("give the folder of a run",
            Invocation.InProcess("human-eval", "prepare", "--run", Path.Combine(Tiny.Root, "no-run")).Failure());
        Assert.Contains("no key.json beside it", Invocation.InProcess("human-eval", "score", Path.Combine(Tiny.Root, "answers.json"))
            .Failure());
        var classifier = CopyOfWhole();
        classifier.Write(Tiny.Settings with { Kind = RunKind.SoundClassifier });
        Assert.Contains("give the folder of a run of `train s2i`", Invocation.InProcess("human-eval", "prepare", "--run", classifier.Path)
            .Failure());
    }

    private static string Answer(string folder, RatingKey key, string rater, Func<RatingKeyItem, int> rate)
    {
        var answers = new RatingAnswers(RatingAnswers.FormatName, RatingAnswers.FormatVersion, key.Page, rater,
            [.. key.Items.Select(item => new RatingAnswer(item.Id, rate(item), "2026-05-01T10:00:00.000Z"))], "");
        var path = Path.Combine(folder, $"answers-{rater}.json");
        File.WriteAllText(path,
            JsonSerializer.Serialize(answers with { Checksum = answers.ExpectedChecksum() }, RatingJson.Default.RatingAnswers));
        return path;
    }

    private static IEnumerable<string> Pictures(string folder) =>
        Picture().Matches(File.ReadAllText(Path.Combine(folder, "rating.html"))).Select(match => match.Groups[1].Value);

    [GeneratedRegex("\"picture\":\"([^\"]+)\"")]
    private static partial Regex Picture();
}
