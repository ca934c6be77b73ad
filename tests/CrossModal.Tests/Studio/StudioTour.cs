using CrossModal.Kernels;
using CrossModal.Studio;
using CrossModal.Tests.Evaluation.Human;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>
/// Makes the pictures of docs/studio.md: each page with the weights that ship, wide and narrow, light and dark. It is left out unless
/// <c>CROSSMODAL_TOUR</c> names the folder for them, and <c>CROSSMODAL_TOUR_RUNS</c> that of the runs that the weights were made of.
/// </summary>
public sealed class StudioTour : IDisposable
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("CROSSMODAL_TOUR");
    private static readonly string? Runs = Environment.GetEnvironmentVariable("CROSSMODAL_TOUR_RUNS");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-tour-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("play/pose-s2i", "play")]
    [InlineData("inside/pose-s2i", "inside")]
    [InlineData("step/pose-s2i", "step")]
    [InlineData("kernel", "kernel")]
    [InlineData("train", "train")]
    [InlineData("runs", "runs")]
    [InlineData("run/pose-s2i", "run")]
    [InlineData("compare/pose-s2i/i2s", "compare")]
    public async Task APageInAllViews(string page, string name)
    {
        Assert.SkipWhen(Pictures is null || Runs is null, "CROSSMODAL_TOUR and CROSSMODAL_TOUR_RUNS name no folders");
        Directory.CreateDirectory(Pictures!);
        var runs = Directory.CreateDirectory(Path.Combine(_folder, "runs")).FullName;
        foreach (var run in Directory.GetDirectories(Runs!))
            StudioFixture.Copy(run, Path.Combine(runs, Path.GetFileName(run)));
        await using var server = await StudioServer.Start(new StudioOptions(runs, null, 0), new DeviceSettings("cpu"));
        await using var browser = await Chromium.Open(Chromium.Find()!, server.Address + page, _folder, 1280, 1100, dark: false,
            TestContext.Current.CancellationToken);
        await Show(browser, name);
        foreach (var (width, height, view) in new[] { (1280, 1100, "wide"), (390, 1100, "narrow") })
        {
            foreach (var dark in new[] { false, true })
            {
                await browser.Resize(width, height, dark);
                await browser.Until($"innerWidth === {width}");

                // Charts are drawn anew for the width and the theme.
                await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
                await browser.Screenshot(Path.Combine(Pictures!, $"{name}-{view}-{(dark ? "dark" : "light")}.webp"));
            }
        }
    }

    /// <summary>Brings a page to where there is something to see.</summary>
    private static async Task Show(Chromium browser, string page)
    {
        switch (page)
        {
            case "play":
                await browser.Until("document.querySelector('.keys button')", Patience);
                await Click(browser, "Play a song");
                await browser.Until("document.querySelectorAll('.filmstrip figure').length === 16", Patience);
                await Click(browser, "Keep as A");
                await Click(browser, "Another player");
                await browser.Until("document.querySelectorAll('.filmstrip figure').length === 16", Patience);
                await Click(browser, "Keep as B");
                break;
            case "inside":
                await browser.Until("document.querySelectorAll('.doubted figure').length === 3", Patience);
                break;
            case "step":
                await browser.Until("document.querySelector('.reel')", Patience);
                break;
            case "kernel":
                await browser.Until("document.querySelectorAll('main canvas').length > 2", Patience);
                break;
            case "train":
                await browser.Until("document.querySelector('form')", Patience);
                await browser.Evaluate("""
                    (() => { const form = document.querySelector('form'), [, preset] = form.querySelectorAll('select');
                    preset.value = 'tiny'; form.querySelector('input[type=number]').value = '30';
                    form.querySelector('input[type=text]').value = 'from-the-page'; form.querySelector('button').click(); })()
                    """);
                await browser.Until("document.querySelector('.pill')?.textContent === 'finished'", Patience);
                break;
            case "run" or "compare":
                await browser.Until("document.querySelectorAll('.chart canvas').length >= 3", Patience);
                break;
            default:
                await browser.Until("document.querySelector('main table')", Patience);

                // The page names the folder of this test; a reader's is called "runs".
                await browser.Evaluate("""
                    (() => { const lead = document.querySelector('.lead');
                    lead.textContent = lead.textContent.replace(/ in .*?, the newest/, ' in runs, the newest'); })()
                    """);
                break;
        }
    }
}
