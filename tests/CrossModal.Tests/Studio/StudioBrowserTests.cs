using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The studio's pages in a real browser. Skipped where no Chromium is on the PATH.</summary>
public sealed class StudioBrowserTests(TinyRun tiny)
{
    [Theory]
    [InlineData("play", "Play")]
    [InlineData("train", "Train")]
    [InlineData("runs", "Runs")]
    [InlineData("run/whole", "whole")]
    [InlineData("compare/whole", "Compare")]
    public async Task EveryPageIsAccessibleFitsItsWidthAndComplainsOfNothing(string page, string heading)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await IsAccessibleInAllViews(studio, page, heading, page switch
        {
            "play" or "runs" => "true",
            _ => "document.querySelectorAll('.chart canvas').length >= 3",
        });
    }

    [Fact]
    public async Task AKeyOfTheKeyboardSoundsAndItsPlayerAppears()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "play");
        await browser.Until("document.querySelector('.keys button')");
        Assert.Equal("true", await browser.Evaluate("String(document.querySelector('button[disabled]') !== null)"));
        await browser.Press("d");
        await browser.Until("document.querySelector('canvas.picture').width === 64");
        await browser.Until("document.querySelectorAll('.filmstrip canvas').length > 3");
        var said = await browser.Evaluate("document.querySelector('dl.facts').textContent");
        Assert.Contains("the judge sees", said, StringComparison.Ordinal);
        await Shoot(browser, "play-note");

        // The noise changes the picture while nothing sounds.
        await Click(browser, "Stop");
        var before = await browser.Evaluate("document.querySelector('canvas.picture').toDataURL()");
        await browser.Until("""
            (() => { const slider = document.querySelector('.sliders input'); slider.value = slider.value === '3' ? '-3' : '3';
            slider.dispatchEvent(new Event('input')); return document.querySelector('canvas.picture').toDataURL() !== 
            """ + $"'{before}'; }})()");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task TheMicrophoneIsHeard()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "play");
        await browser.Until("document.querySelector('.keys button')");
        await Click(browser, "Listen to the microphone");

        // Chromium's fake device beeps once a second.
        await browser.Until("document.querySelectorAll('.filmstrip canvas').length > 2");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ASongIsFollowedByManyPicturesASecond()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "play");
        await browser.Until("document.querySelector('.keys button')");
        await Click(browser, "Play a song");
        await browser.Until("document.querySelectorAll('.filmstrip canvas').length === 16");
        await Click(browser, "Keep as A");
        await Click(browser, "Keep as B");
        Assert.Equal("false", await browser.Evaluate("String(document.querySelector('.between input').disabled)"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ASoundThatCannotBeDecodedIsASentenceOnThePage()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "play");
        await browser.Until("document.querySelector('input[type=file]')");
        await browser.Evaluate("""
            (() => { const files = new DataTransfer(); files.items.add(new File(['no sound'], 'notes.txt'));
            const input = document.querySelector('input[type=file]'); input.files = files.files;
            input.dispatchEvent(new Event('change')); })()
            """);
        await browser.Until("!document.getElementById('notice').hidden");
        var said = await browser.Evaluate("document.getElementById('notice').textContent");
        Assert.Contains("notes.txt is no sound", said, StringComparison.Ordinal);
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
