using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The studio's page Inside in a real browser, and what the server answers it. Skipped where no Chromium is on the PATH.</summary>
public sealed class InsidePageTests(TinyRun tiny)
{
    private const string Ready = "document.querySelectorAll('.doubted figure').length === 3 && document.querySelector('.equation')"
        + " && [...document.querySelectorAll('.time')].every(one => one.textContent)";

    private const string Heading = "document.querySelector('#layer h2').textContent";

    private static readonly string Noise = string.Join(',', new float[TinyRun.NoiseSize]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ThePageIsAccessibleFitsItsWidthAndComplainsOfNothing()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await IsAccessibleInAllViews(studio, "inside", "Inside", Ready);
    }

    [Fact]
    public async Task ALayerIsShownWithItsChannelsAndFilters()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "inside");
        await browser.Until(Ready);
        await Choose(browser, "discriminator", "conv1");
        await browser.Until($"{Heading} === 'discriminator, conv1: convolution'");
        Assert.Equal("4", await browser.Evaluate("String(document.querySelectorAll('[aria-label=Channels] canvas').length)"));
        Assert.Equal("4", await browser.Evaluate("String(document.querySelectorAll('[aria-label=Filters] canvas').length)"));

        // The slider goes from all colors to red alone.
        const string First = "document.querySelector('[aria-label=Filters] canvas').toDataURL()";
        var colors = await browser.Evaluate(First);
        await browser.Evaluate("""
            (() => { const slider = document.querySelector('[aria-label="Channel of the input"]'); slider.value = 0;
            slider.dispatchEvent(new Event('input')); })()
            """);
        await browser.Until($"{First} !== '{colors}'");
        await Shoot(browser, "inside-layer");

        // A normalization has bars, and its arithmetic has a mean.
        await Choose(browser, "generator", "norm1");
        await browser.Until("document.querySelectorAll('#layer svg.bars').length === 4");
        await browser.Until("document.querySelector('.equation').textContent.includes('less the mean of training')");
        await Choose(browser, "judge", "hidden");
        await browser.Until($"{Heading} === 'judge, hidden: linear'");
        await browser.Until("document.querySelector('.equation').textContent.includes('the sum of 4,096 products')");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ANumberIsChosenByKeyboardAndItsArithmeticAgrees()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "inside");
        await browser.Until(Ready);
        await Choose(browser, "generator", "deconv1");
        await browser.Until($"{Heading} === 'generator, deconv1: transposed convolution'");
        await browser.Until("document.querySelector('.value').textContent.startsWith('row 4, column 4, channel 0: ')");
        await browser.Evaluate("document.querySelector('.board').focus()");
        await browser.Press("ArrowLeft");
        await browser.Until("document.querySelector('.value').textContent.startsWith('row 4, column 3, channel 0: ')");
        await browser.Until("document.querySelector('#layer').textContent.includes('rows 1, 2 through rows 3, 1 of the kernel')");
        var lines = await browser.Evaluate("[...document.querySelectorAll('.equation tr')].map(row => row.cells[2].textContent).join(' ')");
        var numbers = lines.Replace('−', '-').Split(' ').Select(text => Math.Round(double.Parse(text, CultureInfo.InvariantCulture), 4));
        Assert.Single(numbers.Distinct());
        await Shoot(browser, "inside-arithmetic");

        // The server keeps a few looks only. When other pages have looked since, the page looks again, and goes on at the same place.
        for (var i = 0; i < 4; i++)
            await Look(studio);
        await browser.Press("ArrowLeft");
        await browser.Until("document.querySelector('.value').textContent.startsWith('row 4, column 2, channel 0: ')");
        Assert.Equal("generator, deconv1: transposed convolution", await browser.Evaluate(Heading));

        // The refusal, which a browser notes down, is all there is to complain of.
        Assert.All(browser.Complaints, complaint => Assert.Contains("status of 404", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BothWaysBetweenSoundAndPixelsFollowThePlaceAndTheMethod()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "inside");
        await browser.Until(Ready);
        foreach (var (chooser, canvas, methods) in new[] { (0, ".pair canvas.spectrum", 3), (1, ".sound-first canvas.picture", 2) })
        {
            var map = $"document.querySelector('{canvas}').toDataURL()";
            var before = await browser.Evaluate(map);
            await browser.Evaluate($"document.querySelectorAll('.patched')[{chooser}].focus()");
            await browser.Press("ArrowLeft");
            await browser.Until($"{map} !== '{before}'");
            for (var method = 1; method < methods; method++)
            {
                before = await browser.Evaluate(map);
                await browser.Evaluate($$"""
                    (() => { const select = document.querySelectorAll('.both select')[{{chooser}}]; select.selectedIndex = {{method}};
                    select.dispatchEvent(new Event('change')); })()
                    """);
                await browser.Until($"{map} !== '{before}'");
            }
        }

        Assert.Matches("^\\d+ ms in the networks", await browser.Evaluate("document.querySelector('.time').textContent"));
        await Shoot(browser, "inside-pixels");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task TheSpectrumKeepsThePowerAndPutsACheckerboardIntoItsCorner()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "runs");
        var said = await browser.Evaluate("""
            import('./inside-spectrum.js').then(({ power, radialMean, decibels }) => {
              const height = 6, width = 10, sum = values => values.reduce((a, b) => a + b, 0);
              const places = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width]);
              const board = places.map(([row, column]) => 5 + (-1) ** (row + column));
              const wave = places.map(([row]) => Math.cos(2 * Math.PI * row / 6));
              const [ofBoard, ofWave] = [power(board, height, width), power(wave, height, width)];
              return JSON.stringify([ofBoard.indexOf(Math.max(...ofBoard)), Math.round(ofBoard[0]), Math.round(sum(ofBoard)),
                Math.abs(sum(ofWave) - sum(wave.map(value => value ** 2))) < 1e-9,
                ofWave[2 * width + 5] > 14.9 && ofWave[4 * width + 5] > 14.9,
                radialMean(ofWave, height, width)[0] > radialMean(ofWave, height, width)[2], decibels([1, 0.1, 0])]);
            })
            """);
        Assert.Equal("[0,60,60,true,true,true,[0,-10,-60]]", said);
    }

    [Fact]
    public async Task WithoutARunThatDrawsPicturesThePageSaysWhichItLooksInto()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var settings = Path.Combine(studio.Runs, "whole", "run.json");
        await File.WriteAllTextAsync(settings,
            (await File.ReadAllTextAsync(settings, Cancel)).Replace("\"train s2i\"", "\"train i2s\"", StringComparison.Ordinal), Cancel);
        await using var browser = await Open(studio, "inside");
        await browser.Until("document.querySelector('.panel')?.textContent.includes('looks into runs that draw pictures of sounds')");
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData("looks/1/generator/deconv9?place=0,0,0", HttpStatusCode.BadRequest, "no layer 'deconv9' in its generator")]
    [InlineData("looks/1/generator/deconv1?place=0,99,0", HttpStatusCode.BadRequest, "none in row 0, column 99")]
    [InlineData("looks/1/generator/deconv1?place=0,0", HttpStatusCode.BadRequest, "is not 3 whole numbers")]
    [InlineData("looks/1/generator/deconv1?place=0,0,1e9", HttpStatusCode.BadRequest, "is not 3 whole numbers")]
    [InlineData("looks/2/generator/deconv1?place=0,0,0", HttpStatusCode.NotFound, "look again")]
    [InlineData("networks/generator/deconv1/filters?input=99", HttpStatusCode.BadRequest, "there is no channel 99")]
    [InlineData("networks/generator/norm1/filters?input=0", HttpStatusCode.BadRequest, "norm1 has no weight")]
    [InlineData("networks/generator/deconv1/normalization", HttpStatusCode.BadRequest, "is no batch normalization")]
    [InlineData("saliency?method=guess&patch=0,0,8,8", HttpStatusCode.BadRequest, "'guess' is no way")]
    [InlineData("saliency?method=occlusion&patch=60,0,8,8", HttpStatusCode.BadRequest, "a patch lies within 64 × 64 pixels")]
    [InlineData("pixels?method=silence&region=0,0,45,8", HttpStatusCode.BadRequest, "a region lies within 44 × 128 frames and mels")]
    [InlineData("pixels?method=gradient&region=one", HttpStatusCode.BadRequest, "region: 'one' is not 4 whole numbers")]
    public async Task BadRequestsGetASentence(string path, HttpStatusCode status, string sentence)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var window = new byte[22050 * 4];
        MemoryMarshal.Cast<byte, float>(window.AsSpan()).Fill(0.1f);
        await Ask(HttpMethod.Post, $"look?noise={Noise}");
        var (said, code) = path.StartsWith("looks", StringComparison.Ordinal) || path.StartsWith("networks", StringComparison.Ordinal)
            ? await Ask(HttpMethod.Get, path) : await Ask(HttpMethod.Post, $"{path}&noise={Noise}");
        Assert.Equal(status, code);
        Assert.Contains(sentence, (string)JsonNode.Parse(said)!["error"]!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Ask(HttpMethod.Get, "looks/1/generator/deconv1?place=7,7,0")).Code);

        async Task<(string Said, HttpStatusCode Code)> Ask(HttpMethod method, string what)
        {
            using var request = new HttpRequestMessage(method, new Uri("/api/runs/whole/" + what, UriKind.Relative));
            if (method == HttpMethod.Post)
                request.Content = new ByteArrayContent(window);
            using var answer = await studio.Client.SendAsync(request, Cancel);
            return (await answer.Content.ReadAsStringAsync(Cancel), answer.StatusCode);
        }
    }

    private static async Task<JsonNode> Look(StudioFixture studio)
    {
        using var window = new ByteArrayContent(MemoryMarshal.AsBytes<float>(Enumerable.Repeat(0.1f, 22050).ToArray()).ToArray());
        using var answer = await studio.Client.PostAsync(new Uri($"/api/runs/whole/look?noise={Noise}", UriKind.Relative), window, Cancel);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
    }

    private static Task<string> Choose(Chromium browser, string network, string layer) => browser.Evaluate($"""
        [...document.querySelectorAll('.network[aria-label={network}] button')]
            .find(button => button.querySelector('.name').textContent === '{layer}').click()
        """);
}
