using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The page Step: one training step, taken apart.</summary>
public sealed class StepPageTests(TinyRun tiny) : RunTests(tiny)
{
    private const string Shown = "document.querySelectorAll('.weights tbody tr').length > 20 && document.querySelector('.detail h3')";

    [Fact]
    public async Task ThePageIsAccessibleAndFitsItsWidth()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(Tiny));
        await IsAccessibleInAllViews(studio, "step", "Step", Shown);
    }

    [Fact]
    public async Task TheTapeIsWalkedForwardAndBackByKeys()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(Tiny));
        await using var browser = await Open(studio, "step/whole");
        await browser.Until(Shown);

        // It opens where the discriminator's walk back begins: at its loss, whose gradient is 1.
        Assert.Contains("is complete, its length 1.00", await Said(browser), StringComparison.Ordinal);
        await browser.Evaluate("document.querySelector('.tape').focus()");
        await browser.Press("ArrowRight");
        await browser.Until("document.querySelectorAll('.node.lit').length === 2");
        await browser.Press("Home");
        await browser.Until("document.querySelector('.happened').textContent.startsWith('1 of ')");
        Assert.Equal("0", await browser.Evaluate("String(document.querySelectorAll('.node.lit').length)"));
        await browser.Press("End");
        await browser.Until("document.querySelector('.happened').textContent.includes('it is what the optimizer gets')");
        await browser.Until("document.querySelector('.detail h3').textContent.startsWith('generator.')");
        Assert.Equal("0", await browser.Evaluate("String(document.querySelectorAll('.node:not(.done)').length)"));
        await Shoot(browser, "step-end");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ATensorShowsItsPicturesItsDerivativeAndItsNeighbors()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(Tiny));
        await using var browser = await Open(studio, "step/whole");
        await browser.Until(Shown);
        await browser.Evaluate("[...document.querySelectorAll('.node')].find(node => node.textContent === 'convᵀ').click()");
        await browser.Until("document.querySelector('.detail h3').textContent === 'convolution input gradient, generator.deconv1'");
        Assert.Equal("2", await browser.Evaluate("String(document.querySelectorAll('.detail .twins canvas.tiles').length)"));
        var detail = await browser.Evaluate("document.querySelector('.detail').textContent");
        Assert.Contains("h => Convolve(h, weight, geometry, g.Type)", detail, StringComparison.Ordinal);
        Assert.Contains("kernel 4×4, stride 2, padding 1", detail, StringComparison.Ordinal);
        await Shoot(browser, "step-node");

        // The link to an input leads there.
        await Click(browser, "generator.deconv1.weight");
        await browser.Until("document.querySelector('.detail h3').textContent === 'generator.deconv1.weight'");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task OneAloneMovesAndTheCheckpointIsGoneBackTo()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(Tiny));
        await using var browser = await Open(studio, "step/whole");
        await browser.Until(Shown);
        Assert.Equal("0", await Unchanged(browser));
        await browser.Evaluate("document.querySelector('input[value=generator]').click()");
        await Click(browser, "Step again");
        await browser.Until("document.querySelector('.columns').textContent.includes(' 2 of yours after it')");
        Assert.NotEqual("0", await Unchanged(browser));

        // What was made is there again after a reload of the page.
        await browser.Evaluate("location.reload()");
        await browser.Until("document.querySelector('.columns')?.textContent.includes(' 2 of yours after it')");
        await browser.Until(Shown);
        await Click(browser, "Back to the checkpoint");
        await browser.Until("document.querySelector('.columns').textContent.includes(' 0 of yours after it')");

        // An absurd rate is refused in one sentence.
        await browser.Evaluate("document.querySelector('[aria-label=\"Learning rate\"]').value = '1e9'");
        await Click(browser, "Make a step");
        await browser.Until("document.getElementById('notice').textContent.startsWith('the learning rate is 1000000000 and must')");
        Assert.DoesNotContain(browser.Complaints, complaint => !complaint.Contains("400", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatIsNoStepIsRefusedAndTheServerGoesOn()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(Tiny));
        Assert.Equal(HttpStatusCode.NotFound, (await Ask("api/runs/absent/step", "{}")).Status);
        foreach (var (body, what) in new[]
        {
            ("nothing", "the request is no step"), ("{\"learningRate\": \"much\"}", "the request is no step"),
            ("{\"learningRate\": -1}", "the learning rate is -1"), ("{\"learningRate\": \"NaN\"}", "the learning rate is NaN"),
            ("{\"realTarget\": 1, \"pairs\": -3}", "the number of the pairs is -3"),
        })
        {
            var (status, text) = await Ask("api/runs/whole/step", body);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains(what, JsonNode.Parse(text)!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        using var absent = await studio.Client.GetAsync(new Uri("api/runs/whole/step/nodes/3", UriKind.Relative),
            TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Null((await studio.Get("api/runs/whole/step"))["last"]);

        async Task<(HttpStatusCode Status, string Text)> Ask(string path, string body)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await studio.Client.PostAsync(new Uri(path, UriKind.Relative), content,
                TestContext.Current.CancellationToken);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    private static Task<string> Said(Chromium browser) => browser.Evaluate("document.querySelector('.happened').textContent");

    private static Task<string> Unchanged(Chromium browser) => browser.Evaluate(
        "String([...document.querySelectorAll('.weights tbody tr')].filter(row => row.textContent.includes('unchanged')).length)");
}
