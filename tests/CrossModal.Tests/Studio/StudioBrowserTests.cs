using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The studio's pages in a real browser. Skipped where no Chromium is on the PATH.</summary>
public sealed class StudioBrowserTests(TinyRun tiny)
{
    [Theory]
    [InlineData("play", "Play")]
    [InlineData("inside", "Inside")]
    public async Task EveryPageIsAccessibleFitsItsWidthAndComplainsOfNothing(string page, string heading)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await IsAccessibleInAllViews(studio, page, heading, page switch
        {
            "inside" => "document.querySelectorAll('.doubted figure').length === 3",
            _ => "true",
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
    public async Task ALayerIsShownWithItsChannelsAndKernels()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "inside");
        await browser.Until("document.querySelectorAll('.doubted figure').length === 3");
        await browser.Evaluate("""
            [...document.querySelectorAll('.layers')][2].querySelector('button').click()
            """);
        await browser.Until("[...document.querySelectorAll('h2')].some(one => one.textContent === 'discriminator, conv1: convolution')");
        Assert.Equal("4", await browser.Evaluate("String(document.querySelectorAll('[aria-label=Channels] canvas').length)"));
        Assert.Equal("4", await browser.Evaluate("String(document.querySelectorAll('[aria-label=Kernels] canvas').length)"));
        await Shoot(browser, "inside-layer");

        // Another place, by keyboard, has another cause.
        const string Cause = "document.querySelectorAll('canvas.spectrum')[1].toDataURL()";
        var before = await browser.Evaluate(Cause);
        await browser.Evaluate("document.querySelector('.patched').focus()");
        await browser.Press("ArrowLeft");
        await browser.Until($"{Cause} !== '{before}'");
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
    public async Task WithoutTheTokenThePageSaysWhatToDo()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenAt(studio.Client.BaseAddress + "#runs", studio);
        await browser.Until("document.getElementById('notice').textContent.includes('open the address')");
    }
}
