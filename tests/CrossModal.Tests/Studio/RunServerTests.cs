using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Studio;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>
/// Runs as the studio's server shows them while their folders change, grow, break or vanish, and listeners that do not read.
/// </summary>
public sealed class RunServerTests(TinyRun tiny)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void ALongRunIsThinnedToTheMeansOfWhatAScreenCanShow()
    {
        var lines = Enumerable.Range(1, 100_000).Select(epoch => MetricsLine.Parse(
            $$"""{"step":{{10 * epoch}},"stage":"gan","epoch":{{epoch}},"generator_loss":{{epoch}},"score_wrong":null}""")!).ToList();
        var shown = RunEndpoints.Thinned(lines).ToList();
        Assert.Equal(RunEndpoints.MostLines, shown.Count);
        Assert.Equal((1_000_000, 100_000), ((int)shown[^1]["step"]!, (int)shown[^1]["epoch"]!));
        Assert.Equal(50.5, (double)shown[0]["generator_loss"]!);
        Assert.Null(shown[0]["score_wrong"]);
    }

    [Fact]
    public async Task ARunOfAHundredThousandStepsIsAnsweredInABoundedSize()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        LongRun.Write(new RunFolder(Path.Combine(studio.Runs, "whole")), 100_000);
        foreach (var (path, most) in new[] { ("/api/runs/whole", 512 << 10), ("/api/runs/whole/steps", 512 << 10) })
        {
            var begin = Stopwatch.GetTimestamp();
            var bytes = await studio.Client.GetByteArrayAsync(new Uri(path, UriKind.Relative), Cancel);
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"{path}: {bytes.Length >> 10} KB in {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0} ms");
            Assert.InRange(bytes.Length, 1 << 15, most);
        }
    }

    [Fact]
    public async Task StepsComeAsTheyAreWritten()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var folder = new RunFolder(Path.Combine(studio.Runs, "whole"));
        var table = await studio.Get("/api/runs/whole/steps");
        Assert.Equal(Enumerable.Range(1, 18), table["step"]!.AsArray().Select(step => (int)step!));
        Assert.True((bool)table["whole"]!);

        // Half a line is not there yet.
        var line = StepPoint.Of(new TrainingStep(19, 1, 2, 3, 0.5, 0.25, 0.75)).ToLine();
        await File.AppendAllTextAsync(folder.Steps, line[..20], Cancel);
        Assert.Empty((await studio.Get("/api/runs/whole/steps?after=18&stride=1"))["step"]!.AsArray());
        await File.AppendAllTextAsync(folder.Steps, line[20..] + "\n", Cancel);
        var added = await studio.Get("/api/runs/whole/steps?after=18&stride=1");
        Assert.Equal((19, false), ((int)added["step"]!.AsArray().Single()!, (bool)added["whole"]!));

        // It went back, or its points were joined: all that the page had is old.
        await File.WriteAllTextAsync(folder.Steps, StepPoint.Of(new TrainingStep(2, 1, 2, 3, 0.5, 0.25, 0.75)).ToLine() + "\n", Cancel);
        var again = await studio.Get("/api/runs/whole/steps?after=19&stride=1");
        Assert.Equal((2, true), ((int)again["step"]!.AsArray().Single()!, (bool)again["whole"]!));

        // A run of before there was such a file has none.
        File.Delete(folder.Steps);
        Assert.Empty((await studio.Get("/api/runs/whole/steps?after=2&stride=1"))["step"]!.AsArray());
    }

    [Fact]
    public async Task HowSamplesWereNamedIsToldByEpoch()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var run = await studio.Get("/api/runs/whole");
        Assert.Equal([1, 2, 3], run["named_epochs"]!.AsArray().Select(epoch => (int)epoch!));
        var counts = run["confusion"]!["directions"]![0]!["counts"]!.AsArray();
        Assert.Equal((int)run["evaluation"]!["validation"]!["count"]!, counts.Sum(row => row!.AsArray().Sum(count => (int)count!)));
        var naming = await studio.Get("/api/runs/whole/epochs/2");
        Assert.Equal("sound to image", (string)naming["directions"]![0]!["direction"]!);
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio, "/api/runs/whole/epochs/4"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio, "/api/runs/whole/epochs/-1"));
    }

    [Fact]
    public async Task ARunIsShownWhileItIsWritten()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var folder = new RunFolder(Path.Combine(studio.Runs, "whole"));
        await File.AppendAllTextAsync(folder.Metrics, """{"step":24,"stage":"ga""", Cancel);
        await File.WriteAllTextAsync(folder.Evaluation, "{ \"validation\": {", Cancel);
        await File.WriteAllTextAsync(folder.ConfusionNumbersOf(null), "[", Cancel);
        var run = await studio.Get("/api/runs/whole");
        Assert.Equal(3, run["metrics"]!.AsArray().Count(values => (string?)values!["stage"] == "gan"));
        Assert.Null(run["evaluation"]);
        Assert.Null(run["confusion"]);
        await studio.Get("/api/runs");
    }

    [Fact]
    public async Task LinksOutOfTheRunsLeadNowhere()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var outside = Path.Combine(Path.GetDirectoryName(studio.Runs)!, "outside");
        var folder = new RunFolder(Path.Combine(studio.Runs, "whole"));
        Directory.Move(Path.Combine(folder.Path, "samples"), outside);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "samples"), outside);
        foreach (var file in new[] { folder.Metrics, folder.Evaluation, folder.Steps, folder.Confusion })
        {
            var moved = Path.Combine(outside, Path.GetFileName(file));
            File.Move(file, moved);
            File.CreateSymbolicLink(file, moved);
        }

        Directory.CreateSymbolicLink(Path.Combine(studio.Runs, "linked"), folder.Path);
        Assert.Equal(["whole"], (await studio.Get("/api/runs"))["runs"]!.AsArray().Select(run => (string)run!["id"]!));
        var run = await studio.Get("/api/runs/whole");
        Assert.Empty(run["metrics"]!.AsArray());
        Assert.Null(run["evaluation"]);
        Assert.Equal(["curves.png"], run["pictures"]!.AsArray().Select(name => (string)name!));
        Assert.Empty((await studio.Get("/api/runs/whole/steps"))["step"]!.AsArray());
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio, "/api/runs/whole/epochs/1"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio, "/api/runs/whole/pictures/epoch-0001.png"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio, "/api/runs/linked"));
    }

    [Fact]
    public async Task ARunOfAnotherVersionIsNamedAndTheServerGoesOn()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var settings = new RunFolder(Path.Combine(studio.Runs, "whole")).Settings;
        var text = await File.ReadAllTextAsync(settings, Cancel);
        await File.WriteAllTextAsync(settings, text.Replace("\"CrossEntropy\"", "\"OfTomorrow\"", StringComparison.Ordinal), Cancel);
        var line = (await studio.Get("/api/runs"))["runs"]!.AsArray().Single()!;
        Assert.Equal("damaged", (string)line["state"]!);
        Assert.Contains("OfTomorrow", (string)line["problem"]!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, await Status(studio, "/api/runs/whole"));
    }

    [Fact]
    public async Task AFollowerLearnsThatItsRunIsGone()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        using var answer = await studio.Client.GetAsync(new Uri("/api/runs/whole/changes", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        Assert.Contains("\"state\":\"finished\"", await reader.ReadLineAsync(Cancel), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(studio.Runs, "whole"), recursive: true);
        string? line;
        while ((line = await reader.ReadLineAsync(Cancel)) is not null && !line.StartsWith("data:", StringComparison.Ordinal))
        {
        }

        Assert.Contains("\"state\":\"gone\"", line, StringComparison.Ordinal);
    }

    /// <summary>A gigabyte is refused by what its header says, before any of it was sent.</summary>
    [Fact]
    public async Task AGigabyteIsRefusedBeforeItIsRead()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        foreach (var (path, length) in new[] { ("/api/runs/whole/play?noise=0", 1L << 30), ("/api/train", 33L << 20) })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, studio.Client.BaseAddress!.Port, Cancel);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {studio.Client.BaseAddress.Authority}\r\n"
                + $"Authorization: Bearer {studio.Token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"), Cancel);
            using var reader = new StreamReader(stream);
            Assert.Equal("HTTP/1.1 413 Payload Too Large", await reader.ReadLineAsync(Cancel).AsTask().WaitAsync(
                TimeSpan.FromSeconds(30), Cancel));
        }

        await studio.Get("/api/runs");
    }

    /// <summary>A listener that takes nothing of what it asked for holds up neither the training nor another listener.</summary>
    [Fact]
    public async Task AListenerThatDoesNotReadSlowsNobody()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        using var deaf = new TcpClient { ReceiveBufferSize = 1 << 10 };
        await deaf.ConnectAsync(IPAddress.Loopback, studio.Client.BaseAddress!.Port, Cancel);
        await deaf.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /api/train/changes HTTP/1.1\r\n"
            + $"Host: {studio.Client.BaseAddress.Authority}\r\nAuthorization: Bearer {studio.Token}\r\n\r\n"), Cancel);
        using var content = new StringContent("""{"model":"s2i","preset":"tiny","scenario":"","epochs":2,"seed":1,"name":"beside"}""",
            Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var begun = await studio.Client.PostAsync(new Uri("/api/train", UriKind.Relative), content, Cancel);
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync(Cancel));
        using var answer = await studio.Client.GetAsync(new Uri("/api/train/changes", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        string? said;
        while ((said = await reader.ReadLineAsync(Cancel)) is not null && !said.Contains("\"finished\"", StringComparison.Ordinal))
            Assert.DoesNotContain("\"failed\"", said, StringComparison.Ordinal);
        Assert.NotNull(said);
    }

    private static async Task<HttpStatusCode> Status(StudioFixture studio, string path)
    {
        using var answer = await studio.Client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return answer.StatusCode;
    }
}
