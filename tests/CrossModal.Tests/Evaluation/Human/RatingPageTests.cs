using System.Text.Json;
using System.Text.RegularExpressions;
using CrossModal.Audio;
using CrossModal.Evaluation.Human;
using CrossModal.Imaging;
using CrossModal.Kernels;

namespace CrossModal.Tests.Evaluation.Human;

public sealed partial class RatingPageTests : RatingFixture
{
    [Fact]
    public void ThePageHoldsEveryPictureAndSoundWhole()
    {
        var (items, page) = (Items(6), Page());
        var data = DataOf(page);
        Assert.Equal(page.Id, data.GetProperty("page").GetString());
        Assert.Equal(items.Length, data.GetProperty("items").GetArrayLength());
        foreach (var (shown, known) in data.GetProperty("items").EnumerateArray().Zip(page.Key.Items))
        {
            var item = Assert.Single(items, item => item.Id == known.Sound);
            Assert.Equal(["id", "instrument", "picture", "sound"], shown.EnumerateObject().Select(property => property.Name));
            Assert.Equal(known.Id, shown.GetProperty("id").GetString());
            Assert.Equal(item.Instrument.Replace('_', ' '), shown.GetProperty("instrument").GetString());
            Assert.Equal((item.Instrument, item.Source.Name, item.Source.IsGenerated), (known.Instrument, known.Source, known.Generated));
            var (picture, sound) = (Path.Combine(Folder, "a.png"), Path.Combine(Folder, "a.wav"));
            File.WriteAllBytes(picture, shown.GetProperty("picture").GetBytesFromBase64());
            File.WriteAllBytes(sound, shown.GetProperty("sound").GetBytesFromBase64());
            Assert.Equal(item.Picture.Pixels, ImageFile.ReadSquare(picture, 64).Pixels);
            Assert.Equal(item.Sound, WavFile.ReadMono(sound).Samples, (a, b) => Math.Abs(a - b) <= 1f / 32768);
        }
    }

    [Fact]
    public void ThePageSaysNothingOfWhereAPictureComesFrom()
    {
        var page = Page();
        foreach (var word in new[] { "tiny-run", "generated", "source", "fake", "take0", "chunk/", "\"real\"" })
            Assert.DoesNotContain(word, page.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"\breal\b", page.Html);

        // Names come from the place alone: with the sources exchanged, each picture would still be named after its page and place.
        Assert.All(page.Key.Items, item => Assert.Matches("^[0-9a-f]{12}$", item.Id));
        Assert.Distinct(page.Key.Items.Select(item => item.Id));
        var order = string.Concat(page.Key.Items.Select(item => item.Generated ? 'g' : 'r'));
        Assert.DoesNotContain("rrrrrr", order);
        Assert.DoesNotContain("gggggg", order);
    }

    [Fact]
    public void ThePageNeedsNothingFromOutside()
    {
        var html = Page().Html;
        Assert.DoesNotMatch(@"(src|href)=""(?!data:)", html);
        Assert.DoesNotMatch(@"https?://|@import|fetch\(|XMLHttpRequest|sendBeacon", html);
        Assert.Contains("default-src 'none'", html);
        Assert.DoesNotContain("{{", html);
    }

    [Fact]
    public void TheIdIsThatOfThePicturesTheOrderAndTheRun()
    {
        var page = Page();
        Assert.Equal(page.Html, Page().Html);
        Assert.NotEqual(page.Id, RatingPage.Build(Items(6), Seed + 1).Id);
        Assert.NotEqual(page.Id, RatingPage.Build(Items(6, "other-run"), Seed).Id);
        Assert.NotEqual(page.Id, RatingPage.Build(Items(5), Seed).Id);
        var changed = Items(6);
        changed[3].Picture.Pixels[77] ^= 1;
        Assert.NotEqual(page.Id, RatingPage.Build(changed, Seed).Id);
    }

    [Fact]
    public void AnInstrumentCannotBreakOutOfTheScript()
    {
        var items = Items(1);
        items[0] = items[0] with { Instrument = "</script><b>\"\\\u2028" };
        var page = RatingPage.Build(items, Seed);
        Assert.Contains(DataOf(page).GetProperty("items").EnumerateArray(), item =>
            item.GetProperty("instrument").GetString() == "</script><b>\"\\\u2028");
        Assert.DoesNotContain("</script><b>", page.Html);
    }

    [Fact]
    public void PageAndKeyAreWrittenOnceAndNeverReplaced()
    {
        var page = Page();
        var folder = Path.Combine(Folder, "survey");
        page.Write(folder);
        var (html, key) = (Path.Combine(folder, "rating.html"), Path.Combine(folder, "key.json"));
        Assert.Equal(page.Html, File.ReadAllText(html));
        Assert.Equal(page.Key.Items, RatingKey.Read(key).Items);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        Refusal(html, () => page.Write(folder));

        // The page was sent away: its key must still stand.
        File.Delete(html);
        Assert.Contains("choose another folder", Refusal(key, () => page.Write(folder)));
        Assert.ThrowsAny<BadInputException>(() => page.Write(key));
    }

    [Fact]
    public void AChangedKeyIsRefused()
    {
        var path = Path.Combine(Folder, "key.json");
        var text = JsonSerializer.Serialize(Page().Key, RatingJson.Default.RatingKey);
        Check(text.Replace("\"oboe\"", "\"cello\""), "was changed");
        Check(text.Replace("\"generated\": true", "\"generated\": false"), "was changed");
        Check(text[..(text.Length / 2)], "not JSON");
        Check("{}", "no key");
        Check("null", "no key");
        Check(text.Replace("\"version\": 1", "\"version\": 2"), "version 2");
        Check(text.Replace("\"items\": [", "\"items\": [null,"), "items[0] is null; must be an object");
        Check(text.Replace("\"seed\": 11", "\"seed\": \"eleven\""), "seed is \"eleven\"; must be a whole number");
        Refusal(Path.Combine(Folder, "none.json"), () => RatingKey.Read(Path.Combine(Folder, "none.json")));

        // Another layout of the same facts is the same key.
        File.WriteAllText(path, text.Replace("\n", "").Replace("  ", ""));
        Assert.Equal(Page().Key.Page, RatingKey.Read(path).Page);

        void Check(string changed, string message)
        {
            Assert.NotEqual(text, changed);
            File.WriteAllText(path, changed);
            Assert.Contains(message, Refusal(path, () => RatingKey.Read(path)));
        }
    }

    private static JsonElement DataOf(RatingPage page) => JsonDocument.Parse(Data().Match(page.Html).Groups[1].Value).RootElement;

    [GeneratedRegex("""<script type="application/json" id="page-data">(.*?)</script>""", RegexOptions.Singleline)]
    private static partial Regex Data();
}
