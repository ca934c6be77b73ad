using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Studio;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>The studio's server as a browser, and as somebody who should not be there, sees it.</summary>
public sealed class StudioServerTests(TinyRun tiny)
{
    private static readonly string Noise = string.Join(',', new float[TinyRun.NoiseSize]);

    private static Uri PlayAddress => new($"/api/runs/whole/play?noise={Noise}", UriKind.Relative);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OnlyWhoBringsTheTokenIsAnswered()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        using var stranger = new HttpClient { BaseAddress = studio.Client.BaseAddress };
        Assert.Equal(HttpStatusCode.OK, await Status(stranger, "/"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(stranger, "/api/runs"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(stranger, "/api/runs", ("Authorization", "Bearer " + new string('0', 32))));
        Assert.Equal(HttpStatusCode.OK, await Status(studio.Client, "/api/runs"));
    }

    [Fact]
    public async Task ForeignHostsAndOriginsAreRefused()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var port = studio.Client.BaseAddress!.Port;
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await Status(studio.Client, "/", ("Host", $"rebound.example:{port}")));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(studio.Client, "/api/runs", ("Origin", "https://elsewhere.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(studio.Client, "/api/runs", ("Origin", "null")));
        Assert.Equal(HttpStatusCode.OK, await Status(studio.Client, "/api/runs", ("Origin", $"http://127.0.0.1:{port}")));
    }

    [Fact]
    public async Task ThePageMayLoadNothingFromElsewhere()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        using var answer = await studio.Client.GetAsync(new Uri("/", UriKind.Relative), Cancel);
        Assert.StartsWith("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.True(StudioPage.TotalBytes < 400_000, $"the page has {StudioPage.TotalBytes} bytes");
    }

    [Theory]
    [InlineData("/../README.md")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/api/runs/..%2Fwhole")]
    [InlineData("/api/runs/whole/pictures/..%2Frun.json")]
    [InlineData("/api/runs/whole/pictures/run.json")]
    [InlineData("/api/runs/whole/pictures/%2Fetc%2Fpasswd")]
    [InlineData("/api/runs/no-such-run")]
    public async Task NoPathLeadsOutOfTheRuns(string path)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio.Client, path));
    }

    [Fact]
    public async Task ALinkIsNotFollowed()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var outside = Path.Combine(Path.GetDirectoryName(studio.Runs)!, "secret.png");
        await File.WriteAllTextAsync(outside, "secret", Cancel);
        File.CreateSymbolicLink(new RunFolder(Path.Combine(studio.Runs, "whole")).Sample(77), outside);
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio.Client, "/api/runs/whole/pictures/epoch-0077.png"));
    }

    [Fact]
    public async Task RunsAreListedAndShown()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var line = (await studio.Get("/api/runs"))["runs"]!.AsArray().Single()!;
        Assert.Equal(("whole", "s2i", "finished"), ((string)line["id"]!, (string)line["kind"]!, (string)line["state"]!));
        var run = await studio.Get("/api/runs/whole");
        Assert.Equal(3, run["metrics"]!.AsArray().Count(values => (string?)values!["stage"] == "gan"));
        Assert.Contains("epoch-0003.png", run["pictures"]!.AsArray().Select(name => (string)name!));
        var sample = await studio.Client.GetByteArrayAsync(new Uri("/api/runs/whole/pictures/epoch-0003.png", UriKind.Relative), Cancel);
        Assert.Equal(await File.ReadAllBytesAsync(new RunFolder(Path.Combine(studio.Runs, "whole")).Sample(3), Cancel), sample);
    }

    [Fact]
    public async Task ADamagedRunIsNamedAndTheOthersAreShown()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        Directory.CreateDirectory(Path.Combine(studio.Runs, "broken"));
        await File.WriteAllTextAsync(Path.Combine(studio.Runs, "broken", "run.json"), "{ \"command\": 7", Cancel);
        var runs = (await studio.Get("/api/runs"))["runs"]!.AsArray();
        var states = runs.ToDictionary(run => (string)run!["id"]!, run => (string)run!["state"]!);
        Assert.Equal(("damaged", "finished"), (states["broken"], states["whole"]));
    }

    [Fact]
    public async Task ARunThatVanishesIsNotFoundAndTheServerGoesOn()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await studio.Get("/api/runs/whole");
        Directory.Delete(Path.Combine(studio.Runs, "whole"), recursive: true);
        Assert.Equal(HttpStatusCode.NotFound, await Status(studio.Client, "/api/runs/whole"));
        Assert.Empty((await studio.Get("/api/runs"))["runs"]!.AsArray());
    }

    [Fact]
    public async Task AWindowOfSoundBecomesAPicture()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var note = await studio.Client.GetByteArrayAsync(new Uri("/api/instruments/violin/notes/69", UriKind.Relative), Cancel);
        var samples = MemoryMarshal.Cast<byte, float>(note).ToArray();
        Assert.InRange(samples.Max(MathF.Abs), 0.01f, 1f);
        var played = await Play(studio, samples[..22050]);
        Assert.Equal(64, played["heard"]!["code"]!.AsArray().Count);
        Assert.Equal(64 * 64 * 3, Convert.FromBase64String((string)played["drawn"]!["pixels"]!).Length);
        Assert.InRange((float)played["drawn"]!["score"]!, 0, 1);

        // The same code and noise by themselves draw the same picture.
        var request = new JsonObject { ["code"] = played["heard"]!["code"]!.DeepClone(), ["noise"] = JsonNode.Parse($"[{Noise}]") };
        using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");
        using var drawn = await studio.Client.PostAsync(new Uri("/api/runs/whole/draw", UriKind.Relative), content, Cancel);
        var again = JsonNode.Parse(await drawn.Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal((string)played["drawn"]!["pixels"]!, (string)again["pixels"]!);
    }

    [Fact]
    public async Task NothingIsDrawnOfSilence()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var played = await Play(studio, new float[22050]);
        Assert.Null(played["drawn"]);
    }

    [Theory]
    [InlineData("play?noise=0", 88200, "a noise has 12 finite numbers")]
    [InlineData("play?noise=a,b", 88200, "are no numbers")]
    [InlineData("play?noise=0,0,0,0,0,0,0,0,0,0,0,0", 100, "22050 samples")]
    [InlineData("play?noise=0,0,0,0,0,0,0,0,0,0,0,NaN", 88200, "finite")]
    [InlineData("draw", 100, "no code and noise")]
    public async Task BadRequestsGetASentenceAndTheServerGoesOn(string path, int bytes, string sentence)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var body = new byte[bytes];
        MemoryMarshal.Cast<byte, float>(body.AsSpan(0, bytes / 4 * 4)).Fill(0.1f);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var answer = await studio.Client.PostAsync(new Uri("/api/runs/whole/" + path, UriKind.Relative), content, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        await studio.Get("/api/runs");
    }

    [Fact]
    public async Task AnUploadBeyondTheLimitIsRefused()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        using var content = new ByteArrayContent(new byte[40 << 20]);
        try
        {
            using var answer = await studio.Client.PostAsync(PlayAddress, content, Cancel);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The server may hang up while the rest is still being sent.
        }

        await studio.Get("/api/runs");
    }

    [Fact]
    public async Task ATakenPortIsNamed()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var taken = new StudioOptions(studio.Runs, null, studio.Client.BaseAddress!.Port);
        var error = await Assert.ThrowsAsync<SettingException>(() => StudioServer.Start(taken, new DeviceSettings("cpu", 1)));
        Assert.Contains("another program listens", error.Message, StringComparison.Ordinal);
    }

    private static async Task<JsonNode> Play(StudioFixture studio, float[] window)
    {
        using var content = new ByteArrayContent(MemoryMarshal.AsBytes<float>(window).ToArray());
        using var answer = await studio.Client.PostAsync(PlayAddress, content, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<HttpStatusCode> Status(HttpClient client, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request, Cancel);
        return answer.StatusCode;
    }
}
