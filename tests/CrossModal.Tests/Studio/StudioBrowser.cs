using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Tests.Evaluation.Human;

namespace CrossModal.Tests.Studio;

/// <summary>What the tests of the studio's pages do with a browser. They are skipped where no Chromium is on the PATH.</summary>
internal static class StudioBrowser
{
    /// <summary>A folder to leave screenshots in, for whoever works on the pages.</summary>
    private static readonly string? Screenshots = Environment.GetEnvironmentVariable("CROSSMODAL_SCREENSHOTS");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Opens a page of a studio, as <c>play</c> or <c>run/whole</c>.</summary>
    public static Task<Chromium> Open(StudioFixture studio, string page) => OpenAt(studio.Address + page, studio);

    public static Task<Chromium> OpenAt(string address, StudioFixture studio)
    {
        Assert.SkipWhen(Chromium.Find() is null, "no Chromium on the PATH");
        return Chromium.Open(Chromium.Find()!, address, studio.Runs, 1280, 900, dark: false, Cancel);
    }

    public static Task<string> Click(Chromium browser, string button) =>
        browser.Evaluate($"[...document.querySelectorAll('button')].find(button => button.textContent === '{button}').click()");

    /// <summary>Leaves a screenshot, where somebody asked for them.</summary>
    public static async Task Shoot(Chromium browser, string name)
    {
        if (Screenshots is null)
            return;
        Directory.CreateDirectory(Screenshots);
        await browser.Screenshot(Path.Combine(Screenshots, $"studio-{name}.png"));
    }

    /// <summary>
    /// A page in both themes, wide and narrow: it fits its width, axe-core finds nothing, the console stays empty, and nothing is loaded
    /// from elsewhere.
    /// </summary>
    /// <param name="ready">What is true, in JavaScript, once the page shows all it has.</param>
    public static async Task IsAccessibleInAllViews(StudioFixture studio, string page, string heading, string ready)
    {
        await using var browser = await Open(studio, page);
        foreach (var (width, dark) in new[] { (1280, false), (1280, true), (390, false), (390, true) })
        {
            await browser.Resize(width, 900, dark);
            await browser.Until($"document.querySelector('h1')?.textContent === '{heading}' && innerWidth === {width}");
            await browser.Until(ready);
            await Shoot(browser, $"{page.Replace('/', '-')}-{width}-{(dark ? "dark" : "light")}");
            await browser.Until("document.documentElement.scrollWidth <= innerWidth");
            Assert.Equal("[]", await Violations(browser));
        }

        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests.Where(url => !url.StartsWith("blob:", StringComparison.Ordinal)),
            url => Assert.StartsWith(studio.Client.BaseAddress!.ToString(), url, StringComparison.Ordinal));
    }

    /// <summary>What axe-core finds: the rule, and the elements.</summary>
    public static async Task<string> Violations(Chromium browser)
    {
        using var stream = typeof(StudioBrowser).Assembly.GetManifestResourceStream("axe.min.js")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await browser.Evaluate($"{await reader.ReadToEndAsync(Cancel)};0");
        var found = await browser.Evaluate("""
            axe.run().then(results => JSON.stringify(results.violations.map(
                found => [found.id, ...found.nodes.map(node => node.html + node.failureSummary)])))
            """);
        return JsonNode.Parse(found)!.ToJsonString();
    }
}
