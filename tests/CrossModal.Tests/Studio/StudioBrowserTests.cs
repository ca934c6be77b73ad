using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The studio's pages in a real browser. Skipped where no Chromium is on the PATH.</summary>
public sealed class StudioBrowserTests(TinyRun tiny)
{
    [Fact]
    public async Task WithoutTheTokenThePageSaysWhatToDo()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenAt(studio.Client.BaseAddress + "#runs", studio);
        await browser.Until("document.getElementById('notice').textContent.includes('open the address')");
    }
}
