using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>What strangers sent to the studio, or left in a run folder: each is a sentence, and the server goes on.</summary>
public sealed class StudioFaultsTests(TinyRun tiny)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("[1,2]")]
    [InlineData("\"s\"")]
    [InlineData("""{"validation":5}""")]
    [InlineData("""{"validation":{"accuracy":"x"}}""")]
    [InlineData("""{"validation":{"accuracy":[1]}}""")]
    [InlineData("""{"validation":{"accuracy":1},"validation":{"accuracy":1}}""")]
    public async Task AnOddEvaluationTakesNothingElseFromTheList(string evaluation)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        StudioFixture.Copy(tiny.Whole.Path, Path.Combine(studio.Runs, "odd"));
        await File.WriteAllTextAsync(Path.Combine(studio.Runs, "odd", "evaluation.json"), evaluation, Cancel);
        var runs = (await studio.Get("/api/runs"))["runs"]!.AsArray().ToDictionary(run => (string)run!["id"]!);
        Assert.Null(runs["odd"]!["accuracy"]);
        Assert.NotNull(runs["whole"]!["accuracy"]);
        Assert.Equal("odd", (string)(await studio.Get("/api/runs/odd"))["id"]!);
    }

    [Fact]
    public async Task NumbersBeyondAllBoundsInALongRunAreLeftOutOfTheMeans()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await File.WriteAllLinesAsync(Path.Combine(studio.Runs, "whole", "metrics.jsonl"), Enumerable.Range(1, 2500).Select(step =>
            string.Create(CultureInfo.InvariantCulture, $$"""{"step":{{step}},"stage":"gan","epoch":{{step}},"generator_loss":1e400}""")),
            Cancel);
        Assert.Equal(1000, (await studio.Get("/api/runs/whole"))["metrics"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("""{"model":"s2i","preset":"tiny","scenario":"","name":"n","seed":1,"epochs":0}""", "epochs")]
    [InlineData("""{"model":"s2i","preset":"tiny","scenario":"","name":"n","seed":1,"epochs":-1}""", "epochs")]
    [InlineData("""{"model":"s2i","preset":"tiny","scenario":"","name":"n","seed":1,"pairs":-5}""", "pairs")]
    [InlineData("""{"model":"s2i","preset":"huge","scenario":"","name":"n","seed":1}""", "no such preset")]
    [InlineData("""{"model":"s2i"}""", "lacks")]
    [InlineData("""{"model":"s2i","preset":"tiny","scenario":null,"name":"n","seed":1}""", "lacks")]
    public async Task ATrainingThatCannotBeIsRefusedBeforeItBegins(string request, string because)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var (status, error) = await Post(studio, "/api/train", request, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(because, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(studio.Runs, "n")));
    }

    [Fact]
    public async Task AnotherContentTypeIsRefusedInASentence()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var (status, error) = await Post(studio, "/api/runs/whole/draw", "{}", "text/plain");
        Assert.Equal((HttpStatusCode.BadRequest, true), (status, error.Contains("application/json", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ASlashBehindTheNamedRunChangesNothing()
    {
        var runs = StudioFixture.RunsOf(tiny);
        await using var studio = await StudioFixture.Open(runs, Path.Combine(runs, "whole") + Path.DirectorySeparatorChar);
        var only = Assert.Single((await studio.Get("/api/runs"))["runs"]!.AsArray())!;
        Assert.Equal(("whole", true), ((string)only["id"]!, (bool)only["named"]!));
        Assert.NotNull((await studio.Get("/api/runs/whole"))["evaluation"]);
    }

    [Fact]
    public async Task WeightsBehindALinkAreNotOpened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights on Windows");
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var linked = Path.Combine(studio.Runs, "linked");
        StudioFixture.Copy(tiny.Whole.Path, linked);
        Directory.Delete(Path.Combine(linked, "checkpoints"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(linked, "checkpoints"), Path.Combine(studio.Runs, "whole", "checkpoints"));
        using var answer = await studio.Client.GetAsync(new Uri("/api/runs/linked/networks", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private static async Task<(HttpStatusCode Status, string Error)> Post(StudioFixture studio, string path, string body, string type)
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var answer = await studio.Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["error"] ?? "");
    }
}
