using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>
/// Trainings that a page begins, pauses, stops and continues, in a real browser. Skipped where no Chromium is on the PATH.
/// </summary>
public sealed class TrainPageTests(TinyRun tiny)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task BeforeAnythingWasTrainedThePageIsAccessible()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await IsAccessibleInAllViews(studio, "train", "Train", "document.querySelector('form button.main')");
    }

    [Fact]
    public async Task ARunIsPausedStoppedAndContinuedAndEveryBrowserShowsIt()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "train");
        await Begin(browser, "from-page", 4000);
        await browser.Until(Pill("training"), Patience);

        // Samples come once somebody looks.
        await browser.Until("document.querySelector('.said')?.textContent.includes('middle half')", Patience);
        await browser.Until("[...document.querySelectorAll('.samples img')].some(image => image.naturalWidth > 100)", Patience);
        await Click(browser, "Pause");
        await browser.Until(Pill("paused"), Patience);

        // Another browser, and this one after a reload, are at the same place; one goes on, the other shows it.
        await using var other = await Open(studio, "train");
        await other.Until(Pill("paused"));
        await other.Until("document.querySelector('.said')?.textContent.includes('middle half')");
        var step = await other.Evaluate(Tile);
        await browser.Evaluate("document.querySelector('.pill').remove(); location.reload()");
        await browser.Until(Pill("paused"));
        Assert.Equal(step, await browser.Evaluate(Tile));
        await Click(browser, "Go on");
        await other.Until($"{Pill("training")} && {Tile} !== '{step}'");
        await Click(other, "Stop and save");
        await browser.Until(Pill("stopped"), Patience);
        await browser.Until("[...document.querySelectorAll('button')].some(button => button.textContent === 'from-page')");
        await Click(browser, "from-page");
        await other.Until(Pill("training"), Patience);
        await Click(other, "Stop and save");
        await other.Until(Pill("stopped"), Patience);
        Assert.Empty(browser.Complaints);
        Assert.Empty(other.Complaints);
    }

    [Fact]
    public async Task WhatIsTrainedIsAccessibleInAllViews()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using (var browser = await Open(studio, "train"))
        {
            await Begin(browser, "in-all-views", 4000);
            await browser.Until("document.querySelector('.said')?.textContent.includes('middle half')", Patience);
            await browser.Until("[...document.querySelectorAll('.samples img')].some(image => image.naturalWidth > 100)", Patience);
            await Click(browser, "Pause");
            await browser.Until(Pill("paused"), Patience);
        }

        await IsAccessibleInAllViews(studio, "train", "Train",
            $"{Pill("paused")} && document.querySelectorAll('.chart[aria-label*=\"ends at\"]').length >= 3"
                + " && document.querySelector('.samples img')?.naturalWidth");
    }

    [Fact]
    public async Task AShortRunIsWatchedToItsEnd()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "train");
        await Begin(browser, "short", 2);
        await browser.Until(Pill("finished"), Patience);
        await browser.Until("document.querySelector('.chart').ariaLabel.includes('generator ends at')");
        await browser.Until("document.querySelector('canvas.matrix').ariaLabel.includes('samples are named as')");
        await browser.Until("!document.querySelector('form').hidden");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ANameThatLeadsElsewhereIsASentenceOnThePage()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "train");
        await Begin(browser, "../elsewhere", 2);
        await browser.Until("document.getElementById('notice').textContent.includes('a name has letters')");
        Assert.Equal("true", await browser.Evaluate("String(document.querySelector('[aria-label=\"The training\"]').hidden)"));
    }

    private const string Tile = "document.querySelector('dl.tiles dd').textContent";

    private static string Pill(string state) => $"document.querySelector('.pill')?.textContent === '{state}'";

    private static async Task Begin(Chromium browser, string name, int epochs)
    {
        await browser.Until("document.querySelector('form')");
        await browser.Evaluate($$"""
            (() => { document.querySelectorAll('form select')[1].value = 'tiny';
            document.querySelector('form input[type=number]').value = '{{epochs}}';
            document.querySelector('form input[type=text]').value = '{{name}}'; document.querySelector('form button').click(); })()
            """);
    }
}
