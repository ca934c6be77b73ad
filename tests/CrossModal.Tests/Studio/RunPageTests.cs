using CrossModal.Runs;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The pages of runs in a real browser. Skipped where no Chromium is on the PATH.</summary>
public sealed class RunPageTests(TinyRun tiny)
{
    private const string Charts = "document.querySelectorAll('.chart[aria-label*=\"ends at\"]').length >= 2";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("runs", "Runs", "document.querySelectorAll('tbody tr').length === 2")]
    [InlineData("run/whole", "whole", Charts + " && document.querySelector('canvas.matrix') && document.querySelector('svg.whisker')")]
    [InlineData("run/long", "long", Charts + " && document.querySelector('.warning')")]
    [InlineData("compare/whole/long", "Compare", Charts + " && document.querySelectorAll('.samples img').length === 2")]
    public async Task ThePageIsAccessibleFitsItsWidthAndComplainsOfNothing(string page, string heading, string ready)
    {
        await using var studio = await OpenWithLong();
        await IsAccessibleInAllViews(studio, page, heading, ready);
    }

    [Fact]
    public async Task ARunThatATerminalStartedIsFollowedStepByStep()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "run/whole");
        var folder = new RunFolder(Path.Combine(studio.Runs, "whole"));
        await browser.Until("document.querySelector('.lead')?.textContent.includes('Epoch 3')");
        await browser.Until("document.querySelector('.said').textContent.startsWith('Step 18')");
        await File.AppendAllTextAsync(folder.Steps, StepPoint.Of(LongRun.Step(19)).ToLine() + "\n", Cancel);
        await browser.Until("document.querySelector('.said').textContent.startsWith('Step 19')");
        await File.AppendAllTextAsync(folder.Metrics,
            """{"step":24,"stage":"gan","epoch":4,"discriminator_loss":1,"train_accuracy":0.25,"validation_accuracy":0.75}""" + "\n",
            Cancel);
        await browser.Until("document.querySelector('.lead').textContent.includes('Epoch 4: 75.0 %')");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task AFolderThatVanishesWhileItIsShownIsASentence()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "run/whole");
        await browser.Until("document.querySelector('.lead')?.textContent.includes('Epoch 3')");
        Directory.Delete(Path.Combine(studio.Runs, "whole"), recursive: true);
        await browser.Until("document.querySelector('.lead').textContent.includes('is gone')");
        await browser.Evaluate("location.reload()");
        await browser.Until("document.getElementById('notice')?.textContent.includes('there is no run')");
    }

    [Fact]
    public async Task ARunOfBeforeThereWereStepsShowsItsEpochs()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var folder = new RunFolder(Path.Combine(studio.Runs, "whole"));
        File.Delete(folder.Steps);
        File.Delete(folder.ConfusionNumbersOf(null));
        for (var epoch = 1; epoch <= 3; epoch++)
            File.Delete(folder.Naming(epoch));
        await using var browser = await Open(studio, "run/whole");
        await browser.Until("[...document.querySelectorAll('.chart')]"
            + ".some(chart => chart.ariaLabel?.startsWith('Losses by epoch: discriminator ends'))");
        await browser.Until("[...document.querySelectorAll('img.grid')]"
            + ".some(image => image.alt.startsWith('Confusion matrix') && image.naturalWidth)");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ACollapseIsSaidAndExplained()
    {
        await using var studio = await OpenWithLong();
        await using var browser = await Open(studio, "run/long");
        await browser.Until("document.querySelectorAll('.warning').length > 1");
        var said = await browser.Evaluate("document.querySelector('.warnings').textContent");
        Assert.Contains("It collapsed in epoch 150", said, StringComparison.Ordinal);
        Assert.Contains("The discriminator has won", said, StringComparison.Ordinal);
    }

    /// <summary>Opening is timed for whoever works on it; the bound is far from it, because tests do not depend on the machine.</summary>
    [Fact]
    public async Task ARunOfAHundredThousandStepsOpensAndScrolls()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        LongRun.Write(new RunFolder(Path.Combine(studio.Runs, "whole")), 100_000);
        await using var browser = await Open(studio, "runs");
        await browser.Until("document.querySelector('tbody a')");
        var opened = await browser.Evaluate("""
            new Promise(done => { const begin = performance.now(); location.hash = 'run/whole';
            const look = () => document.querySelectorAll('.chart canvas').length >= 2 ? done(performance.now() - begin)
              : requestAnimationFrame(look); look(); })
            """);
        var scrolled = await browser.Evaluate("""
            new Promise(done => { const times = []; let before = performance.now(), i = 0;
            const move = now => { times.push(now - before); before = now; scrollTo(0, 20 * ++i);
              if (i < 90) { requestAnimationFrame(move); return; }
              times.sort((a, b) => a - b);
              done(times[45].toFixed(1) + ' ms in the middle, ' + times[85].toFixed(1) + ' ms at worst but four'); };
            requestAnimationFrame(move); })
            """);
        TestContext.Current.TestOutputHelper?.WriteLine($"100000 steps: open in {opened} ms; a frame of scrolling: {scrolled}");
        Assert.InRange(double.Parse(opened, System.Globalization.CultureInfo.InvariantCulture), 0, 20_000);
        Assert.Empty(browser.Complaints);
    }

    /// <summary>The tiny run, and beside it one of 20000 steps that collapsed.</summary>
    private async Task<StudioFixture> OpenWithLong()
    {
        var runs = StudioFixture.RunsOf(tiny);
        var other = StudioFixture.RunsOf(tiny);
        Directory.Move(Path.Combine(other, "whole"), Path.Combine(runs, "long"));
        Directory.Delete(Path.GetDirectoryName(other)!, recursive: true);
        LongRun.Write(new RunFolder(Path.Combine(runs, "long")), 20_000, collapse: 15_000);
        return await StudioFixture.Open(runs);
    }
}
