using System.Diagnostics;
using CrossModal.Evaluation.Human;
using CrossModal.Pipelines;

namespace CrossModal.Tests.Evaluation.Human;

/// <summary>The page in a real browser, by its keyboard. Skipped where no Chromium is on the PATH.</summary>
public sealed class RatingBrowserTests : RatingFixture
{
    /// <summary>A folder to leave screenshots in, for whoever works on the page.</summary>
    private static readonly string? Screenshots = Environment.GetEnvironmentVariable("CROSSMODAL_SCREENSHOTS");

    private readonly RatingPage _page = Page();

    private string Path => System.IO.Path.Combine(Folder, RatingPage.FileName);

    [Fact]
    public async Task ARaterAnswersByKeyboardClosesThePageGoesOnAndSaves()
    {
        _page.Write(Folder);
        await using var browser = await Open();
        Assert.Equal("name", await browser.Evaluate("document.activeElement.id"));
        await Shoot(browser, "start");

        // No name, no start.
        await browser.Press("Enter");
        Assert.Contains("give a name", await Text(browser, "name-error"));
        await browser.Type("Ann O’Neill");
        await browser.Press("Enter");
        Assert.Equal("Picture 1 of 12", await Text(browser, "place"));
        Assert.Equal(_page.Key.Items[0].Instrument.Replace('_', ' '), await Text(browser, "instrument"));
        await browser.Until("document.getElementById('picture').complete && document.getElementById('picture').naturalWidth === 64");
        await Shoot(browser, "first");

        // Forward is closed while there is no rating; back is, on the first picture; other keys do nothing.
        foreach (var key in new[] { "ArrowRight", "ArrowLeft", "Backspace", "4", "x" })
            await browser.Press(key);
        Assert.Equal("Picture 1 of 12", await Text(browser, "place"));

        await browser.Type("3210");
        Assert.Equal("Picture 5 of 12", await Text(browser, "place"));
        Assert.Equal("4 rated", await Text(browser, "count"));

        // Two back, corrected, and forward again past a picture that has its rating.
        await browser.Press("ArrowLeft");
        await browser.Press("Backspace");
        Assert.Equal("1", await Chosen(browser));
        await browser.Press("2");
        Assert.Equal("0", await Chosen(browser));
        await browser.Press("ArrowRight");
        Assert.Equal("Picture 5 of 12", await Text(browser, "place"));

        // The page is closed and opened again: the name stands there, and one key goes on.
        await browser.Navigate(new Uri(Path).AbsoluteUri);
        Assert.Equal("Ann O’Neill", await browser.Evaluate("document.getElementById('name').value"));
        Assert.Equal("4 of 12 rated so far", await Text(browser, "resume"));
        await browser.Press("Enter");
        Assert.Equal("Picture 5 of 12", await Text(browser, "place"));
        await browser.Press("d");
        var part = await Saved("answers-*.json");
        Assert.Equal([3, 2, 2, 0], RatingAnswers.Read(part, _page.Key).Answers.Select(answer => answer.Rating));
        File.Delete(part);

        await browser.Type("12301230");
        Assert.Contains("last picture", await Text(browser, "done"));
        await Shoot(browser, "done");
        await browser.Press("ArrowLeft");
        Assert.Equal("Picture 12 of 12", await Text(browser, "place"));
        await browser.Press("1");
        await browser.Press("d");
        var whole = await Saved("answers-*.json");
        var answers = RatingAnswers.Read(whole, _page.Key);
        Assert.Equal("Ann O’Neill", answers.Rater);
        Assert.Equal(_page.Key.Items.Select(item => item.Id), answers.Answers.Select(answer => answer.Id));
        Assert.Equal([3, 2, 2, 0, 1, 2, 3, 0, 1, 2, 3, 1], answers.Answers.Select(answer => answer.Rating));
        Assert.All(answers.Answers, answer =>
            Assert.InRange(DateTimeOffset.Parse(answer.Time), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1)));
        var warnings = new List<string>();
        Assert.Equal(12, Assert.Single(HumanEvaluation.Score(null, [whole], warnings.Add).Raters).Ratings);
        Assert.Empty(warnings);
        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests, url => Assert.StartsWith("file:", url));
    }

    [Fact]
    public async Task SpacePlaysTheSound()
    {
        _page.Write(Folder);
        await using var browser = await Open();
        await browser.Evaluate("window.played = []; const play = Audio.prototype.play; HTMLMediaElement.prototype.play = function () { "
            + "window.played.push(this); return play.call(this); }; 0");
        await browser.Evaluate("document.getElementById('autoplay').click()");
        await browser.Type("Ben");
        await browser.Press("Enter");
        Assert.Equal("0", await browser.Evaluate("window.played.length"));
        await browser.Press(" ");
        Assert.Equal("1", await browser.Evaluate("window.played.length"));
        await browser.Until("window.played[0].ended && Math.abs(window.played[0].duration - 0.5) < 0.02");
        Assert.Equal("", await Text(browser, "status"));

        // With the box ticked each new picture plays by itself.
        await browser.Evaluate("document.getElementById('autoplay').click(); document.getElementById('rate').focus(); 0");
        await browser.Press("2");
        Assert.Equal("2", await browser.Evaluate("window.played.length"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task RatersOfOneBrowserAreKeptApart()
    {
        _page.Write(Folder);
        await using var browser = await Open();
        await browser.Type("Ann");
        await browser.Press("Enter");
        await browser.Type("333");
        await browser.Navigate(new Uri(Path).AbsoluteUri);
        await browser.Evaluate("document.getElementById('name').value = ''");
        await browser.Type("Ben");
        await browser.Press("Enter");
        Assert.Equal("Picture 1 of 12", await Text(browser, "place"));
        await browser.Type("0");
        await browser.Press("d");
        Assert.Equal(0, Assert.Single(RatingAnswers.Read(await Saved("answers-*-ben.json"), _page.Key).Answers).Rating);
        await browser.Navigate(new Uri(Path).AbsoluteUri);
        await browser.Evaluate("document.getElementById('name').value = ''");
        await browser.Type("ANN");
        await browser.Press("Enter");
        Assert.Equal("Picture 4 of 12", await Text(browser, "place"));
    }

    /// <summary>
    /// Nothing is cut off and nothing scrolls sideways; the picture is whole pixels on a laptop, in a small window and on a phone, light
    /// and dark.
    /// </summary>
    [Fact]
    public async Task ThePageFitsLaptopsAndPhones()
    {
        _page.Write(Folder);
        await using var browser = await Open();
        await browser.Type("Ann");
        foreach (var begun in new[] { false, true })
        {
            if (begun)
                await browser.Press("Enter");
            foreach (var (width, height, dark) in new[] { (1280, 800, false), (1280, 800, true), (1280, 640, false), (800, 600, false),
                (390, 844, false), (360, 640, true), (320, 568, false) })
            {
                await browser.Resize(width, height, dark);
                await Shoot(browser, $"{(begun ? "rate" : "start")}-{width}x{height}{(dark ? "-dark" : "")}");
                Assert.True(await browser.Evaluate("String(document.documentElement.scrollWidth <= innerWidth)") == "true",
                    $"{width} × {height} scrolls sideways");
                if (height >= 800 || begun && width >= 1280)
                    Assert.True(!begun && width < 1280
                        || await browser.Evaluate("String(document.documentElement.scrollHeight <= innerHeight)") == "true",
                        $"{width} × {height} scrolls");
                var side = begun
                    ? int.Parse(await browser.Evaluate("document.getElementById('picture').getBoundingClientRect().width")) : 256;
                Assert.True(side % 64 == 0 && side >= 256 && side <= width, $"{width} × {height}: the picture is {side} wide");
            }
        }
    }

    private async Task<Chromium> Open()
    {
        var program = Chromium.Find();
        if (program is null)
            Assert.Skip("no Chromium is on the PATH, in which the _page would be tried: apt-get install chromium");
        return await Chromium.Open(program, Path, Folder, 1280, 800, dark: false, TestContext.Current.CancellationToken);
    }

    private static Task<string> Text(Chromium browser, string id) => browser.Evaluate($"document.getElementById('{id}').innerText.trim()");

    private static Task<string> Chosen(Chromium browser) =>
        browser.Evaluate("document.querySelector('#scale [aria-pressed=true]')?.dataset.rating");

    private static async Task Shoot(Chromium browser, string name)
    {
        if (Screenshots is not null)
            await browser.Screenshot(System.IO.Path.Combine(Screenshots, name + ".png"));
    }

    /// <summary>The downloaded file, once it is there under its own name.</summary>
    private async Task<string> Saved(string pattern)
    {
        for (var begin = Stopwatch.GetTimestamp(); ; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            if (Directory.GetFiles(Folder, pattern) is [var file] && new FileInfo(file).Length > 0)
                return file;
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(10), "nothing was downloaded");
        }
    }
}
