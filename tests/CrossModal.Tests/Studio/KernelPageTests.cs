using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The page that steps a kernel on the simulator, and what it asks the server.</summary>
[Collection("cache")]
public sealed class KernelPageTests(TinyRun tiny)
{
    private const string Transpose = "document.querySelector('.stepper p')?.textContent.startsWith('Phase 1 of 3')";

    /// <summary>The first run of a kernel compiles it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ThePageIsAccessibleFitsItsWidthAndComplainsOfNothing()
    {
        TestDevices.Require("cuda-sim");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await studio.Get("/api/kernels/movement_transpose_4");
        await IsAccessibleInAllViews(studio, "kernel", "Kernel",
            $"{Transpose} && document.querySelector('.source .lit') && document.querySelectorAll('.event').length > 0");
    }

    [Fact]
    public async Task ATransposeIsSteppedFromBarrierToBarrier()
    {
        TestDevices.Require("cuda-sim");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "kernel/movement_transpose_4");
        await browser.Until(Transpose, Patience);
        await browser.Until("document.querySelectorAll('.accesses button').length === 8");

        // Four rows of the tile a thread: each a load of device memory and a store without conflict.
        var accesses = await browser.Evaluate("[...document.querySelectorAll('.accesses button')].map(one => one.textContent).join(';')");
        Assert.Contains("load x · 32 lanes · ", accesses, StringComparison.Ordinal);
        Assert.Contains("store tile · 32 lanes · no conflict", accesses, StringComparison.Ordinal);
        var lit = await browser.Evaluate("document.querySelector('.source .lit code').textContent");
        Assert.Contains("tile[", lit, StringComparison.Ordinal);
        await browser.Resize(1280, 2400, dark: false);
        await Shoot(browser, "kernel-first-phase");

        // The arrow key goes over the barrier: now the tile is read by columns.
        await browser.Press("ArrowRight");
        await browser.Until("document.querySelector('.stepper p').textContent.startsWith('Phase 2 of 3')");
        await browser.Until("[...document.querySelectorAll('.accesses button')].some(one => one.textContent.includes('load tile'))");
        await browser.Evaluate(
            "[...document.querySelectorAll('.accesses button')].find(one => one.textContent.includes('load tile')).click()");
        await browser.Until("document.querySelector('.kernel').textContent.includes('No bank has to give two words at once')");
        await Shoot(browser, "kernel-second-phase");
        await Click(browser, "◀ Back");
        await browser.Until(Transpose);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ALineShowsItsAccessesAndAThreadItsStory()
    {
        TestDevices.Require("cuda-sim");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "kernel/softmax_log_1/0/1");
        await browser.Until("document.querySelectorAll('.source .lit').length === 3", Patience);

        // The second block has one row of 33 numbers: one warp works, and of that in the end one lane.
        await browser.Until("document.querySelectorAll('.accesses button').length === 8");
        await browser.Evaluate("document.querySelectorAll('.source .lit')[0].click()");
        await browser.Until("document.querySelectorAll('.accesses button').length === 2");
        await browser.Evaluate("document.querySelectorAll('.accesses button')[1].click()");
        await browser.Until("document.querySelector('.kernel').textContent.includes('31 lanes are idle meanwhile')");
        await browser.Until("document.querySelectorAll('.event').length > 10");
        var story = await browser.Evaluate("document.querySelector('.story').textContent");
        Assert.Contains("load x[132]", story, StringComparison.Ordinal);
        Assert.Contains("__shfl_xor_sync", story, StringComparison.Ordinal);
        await browser.Evaluate("""
            (() => { const input = [...document.querySelectorAll('.kernel input[type=number]')][0]; input.value = 40;
            input.dispatchEvent(new Event('change')); })()
            """);
        await browser.Until("!document.querySelector('.story').textContent.includes('load x')");
        await Shoot(browser, "kernel-divergence");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task AnotherKernelIsChosenAndABlockThatIsNotThereIsASentence()
    {
        TestDevices.Require("cuda-sim");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await Open(studio, "kernel/movement_transpose_4");
        await browser.Until(Transpose, Patience);
        await browser.Evaluate("""
            (() => { const kernel = document.querySelector('.kernel-choice select'); kernel.value = 'softmax_log_2';
            kernel.dispatchEvent(new Event('change')); })()
            """);
        await browser.Until("document.querySelector('.source h3')?.textContent === 'softmax.cu'", Patience);
        Assert.StartsWith("#kernel/softmax_log_2/0/0", await browser.Evaluate("location.hash"), StringComparison.Ordinal);
        await browser.Evaluate("document.querySelector('.kernel-choice input').value = '7,0,0'");
        await Click(browser, "Run");
        await browser.Until("document.getElementById('notice').textContent.includes('7,0,0 is none of them')");
    }

    [Fact]
    public async Task TheListHasEveryKernelAndNeedsNoCompiler()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var files = (await studio.Get("/api/kernels")).AsArray();
        Assert.Equal("batch_norm.cu", (string)files[0]!["file"]!);
        Assert.True(files.Sum(file => file!["kernels"]!.AsArray().Count) > 150);
        Assert.All(files.SelectMany(file => file!["kernels"]!.AsArray()), kernel => Assert.NotEmpty(kernel!["launches"]!.AsArray()));
    }

    [Fact]
    public async Task AnUnknownKernelOrPhaseIsNotFound()
    {
        TestDevices.Require("cuda-sim");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        async Task<(HttpStatusCode, string)> Ask(string path)
        {
            using var answer = await studio.Client.GetAsync(new Uri("/api/kernels/" + path, UriKind.Relative), Cancel);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        }

        var (status, text) = await Ask("softmax_log_3");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("near it are softmax_log_1", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await Ask("softmax_log_2?launch=7")).Item1);
        Assert.Equal(HttpStatusCode.NotFound, (await Ask("softmax_log_2/phases/99")).Item1);
        Assert.Equal(HttpStatusCode.NotFound, (await Ask("softmax_log_2/threads/256")).Item1);
        Assert.Equal(HttpStatusCode.BadRequest, (await Ask("softmax_log_2?block=9")).Item1);
        Assert.Equal(HttpStatusCode.BadRequest, (await Ask("softmax_log_2?block=one")).Item1);
        Assert.Equal(HttpStatusCode.BadRequest, (await Ask("softmax_log_2?events=0")).Item1);
        Assert.Equal(HttpStatusCode.BadRequest, (await Ask("softmax_log_2?events=200001")).Item1);
    }

    /// <summary>The compiler is named by the environment, which a process has alone.</summary>
    [Fact]
    public async Task WithoutACompilerTheServerSaysWhatToInstallAndGoesOn()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "crossmodal.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, "studio", "--no-open", "--port", "0"])
        {
            RedirectStandardOutput = true,
            Environment = { ["CXX"] = "no-such-compiler" },
        })!;
        try
        {
            var said = (await process.StandardOutput.ReadLineAsync(Cancel))!;
            var address = new Uri(said[said.IndexOf("http", StringComparison.Ordinal)..]);
            using var client = new HttpClient { BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority)) };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", address.Fragment[1..]);
            using var answer = await client.GetAsync(new Uri("/api/kernels/softmax_log_2", UriKind.Relative), Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("no-such-compiler cannot be run; install one", await answer.Content.ReadAsStringAsync(Cancel),
                StringComparison.Ordinal);
            using var list = await client.GetAsync(new Uri("/api/kernels", UriKind.Relative), Cancel);
            Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task ALaunchLargerThanTheBoundIsShownInPart()
    {
        TestDevices.Require("cuda-sim");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var answer = await studio.Get("/api/kernels/softmax_log_2?events=3000");
        // Barriers take a place of the record, too.
        Assert.InRange((int)answer["report"]!["events"]!, 2995, 3000);
        Assert.True((long)answer["report"]!["dropped"]! > 1000);
        Assert.Equal(5, answer["report"]!["phases"]!.AsArray().Count);
        Assert.Equal(0, (int)answer["report"]!["phases"]![4]!["events"]!);
        Assert.Empty((await studio.Get("/api/kernels/softmax_log_2/phases/4?events=3000")).AsArray());
    }
}
