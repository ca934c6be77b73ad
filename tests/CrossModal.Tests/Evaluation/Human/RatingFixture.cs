using System.Text.Json;
using CrossModal.Evaluation.Human;
using CrossModal.Imaging;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Human;

/// <summary>A page of a few pictures in a folder of its own, and answers to it as the page saves them.</summary>
public abstract class RatingFixture : IDisposable
{
    protected const ulong Seed = 11;

    protected string Folder { get; } = Directory.CreateTempSubdirectory("crossmodal-rating-").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// As many real pictures as generated ones, in turn over three instruments; each of another gray and with a tone of another pitch.
    /// </summary>
    private protected static RatingItem[] Items(int perSource, string run = "tiny-run")
    {
        string[] instruments = ["cello", "double_bass", "oboe"];
        return [.. Enumerable.Range(0, 2 * perSource)
            .Select(i => new RatingItem($"chunk/validation/take{i:00}.wav", Picture(i), Tone(i), instruments[i % perSource % 3],
            i < perSource ? RatingSource.Real : RatingSource.GeneratedBy(run)))];
    }

    private protected static RatingPage Page(int perSource = 6) => RatingPage.Build(Items(perSource), Seed);

    /// <summary>What the page would save for a rater who gives <paramref name="rate"/> to each picture; null leaves it out.</summary>
    private protected static RatingAnswers Answers(RatingKey key, string rater, Func<RatingKeyItem, int?> rate)
    {
        var given = key.Items.Select(item => (item, Rating: rate(item))).Where(pair => pair.Rating is not null)
            .Select((pair, i) => new RatingAnswer(pair.item.Id, pair.Rating!.Value, $"2026-05-01T10:00:{i % 60:00}.000Z")).ToArray();
        var answers = new RatingAnswers(RatingAnswers.FormatName, RatingAnswers.FormatVersion, key.Page, rater, given, "");
        return answers with { Checksum = answers.ExpectedChecksum() };
    }

    private protected string Save(string name, RatingAnswers answers) =>
        SaveText(name, JsonSerializer.Serialize(answers, RatingJson.Default.RatingAnswers));

    protected string SaveText(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Asserts one line that begins with the file's path.</summary>
    protected static string Refusal(string path, Action action)
    {
        var message = Assert.ThrowsAny<BadInputException>(action).Message;
        Assert.StartsWith(path + ":", message);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static RgbImage Picture(int i)
    {
        var image = new RgbImage(64, 64);
        for (var at = 0; at < image.Pixels.Length; at++)
            image.Pixels[at] = (byte)(at / 3 % 64 < 32 ? 8 * i + 20 : 3 * (at / 192));
        return image;
    }

    private static float[] Tone(int i) =>
        [.. Enumerable.Range(0, 22050).Select(n => 0.3f * MathF.Sin(2 * MathF.PI * (220 + 20 * i) * n / 44100))];
}
