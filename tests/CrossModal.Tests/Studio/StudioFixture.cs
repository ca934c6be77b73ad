using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using CrossModal.Kernels;
using CrossModal.Studio;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>A studio over a folder of runs, and a client with its token.</summary>
internal sealed class StudioFixture : IAsyncDisposable
{
    private readonly StudioServer _server;

    private StudioFixture(StudioServer server, string runs)
    {
        (_server, Runs) = (server, runs);
        var address = new Uri(server.Address);
        Token = address.Fragment[1..];
        Client = new HttpClient { BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority)) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public string Runs { get; }

    public string Token { get; }

    public HttpClient Client { get; }

    public string Address => _server.Address;

    /// <param name="run">A run folder to begin with.</param>
    /// <param name="threads">Of its device; 0 for one a core.</param>
    public static async Task<StudioFixture> Open(string runs, string? run = null, int threads = 1) =>
        new(await StudioServer.Start(new StudioOptions(runs, run, Port: 0), new DeviceSettings("cpu", threads)), runs);

    /// <summary>A folder of runs with a copy of the whole tiny run in it.</summary>
    public static string RunsOf(TinyRun tiny)
    {
        var runs = Path.Combine(Directory.CreateTempSubdirectory("crossmodal-studio-").FullName, "runs");
        Copy(tiny.Whole.Path, Path.Combine(runs, "whole"));
        return runs;
    }

    /// <summary>The same with a run of image to sound beside it.</summary>
    public static string BothWaysOf(TinyRun tiny)
    {
        var runs = RunsOf(tiny);
        Copy(tiny.Reverse.Path, Path.Combine(runs, "reverse"));
        return runs;
    }

    public static void Copy(string folder, string to)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public async Task<JsonNode> Get(string path)
    {
        using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(Runs)!, recursive: true);
    }
}
