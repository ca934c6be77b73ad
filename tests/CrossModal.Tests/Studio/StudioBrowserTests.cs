using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The studio's pages in a real browser. Skipped where no Chromium is on the PATH.</summary>
public sealed class StudioBrowserTests(TinyRun tiny)
{
    [Theory]
    [InlineData("train", "Train")]
    [InlineData("runs", "Runs")]
    [InlineData("run/whole", "whole")]
    [InlineData("compare/whole", "Compare")]
    public async Task EveryPageIsAccessibleFitsItsWidthAndComplainsOfNothing(string page, string heading)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await IsAccessibleInAllViews(studio, page, heading, page switch
        {
            "runs" => "true",
            _ => "document.querySelectorAll('.chart canvas').length >= 3",
        });
    }

    [Fact]
    public async Task ARunIsBegunAndWatchedFromThePage()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "train");
        await browser.Until("document.querySelector('form')");
        await browser.Evaluate("""
            (() => { const [model, preset] = document.querySelectorAll('form select'); preset.value = 'tiny';
            document.querySelector('form input[type=text]').value = 'from-page'; document.querySelector('form button').click(); })()
            """);
        await browser.Until("document.querySelector('h2').textContent === 'from-page: training'");
        await browser.Until("document.querySelector('h2').textContent === 'from-page: finished'", TimeSpan.FromMinutes(2));
        await browser.Until("document.querySelector('.chart').ariaLabel.includes('generator ends at')");
        await Shoot(browser, "train-finished");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ARunThatGoesOnIsFollowed()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "run/whole");
        await browser.Until("document.querySelector('.lead')?.textContent.includes('Epoch 3')");
        await File.AppendAllTextAsync(Path.Combine(studio.Runs, "whole", "metrics.jsonl"),
            """{"step":24,"stage":"gan","epoch":4,"discriminator_loss":1,"train_accuracy":0.25,"validation_accuracy":0.75}""" + "\n",
            TestContext.Current.CancellationToken);
        await browser.Until("document.querySelector('.lead').textContent.includes('Epoch 4: 75.0 %')");
    }

    [Fact]
    public async Task WithoutTheTokenThePageSaysWhatToDo()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenAt(studio.Client.BaseAddress + "#runs", studio);
        await browser.Until("document.getElementById('notice').textContent.includes('open the address')");
    }
}
