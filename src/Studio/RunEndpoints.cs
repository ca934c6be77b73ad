using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CrossModal.Kernels;
using CrossModal.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>
/// What the page asks about runs: their list, their settings, their curves, their pictures, and what changes while they train.
/// </summary>
internal static partial class RunEndpoints
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder web, RunShelf shelf)
    {
        web.MapGet("/api/runs", (RequestDelegate)(context => Answers.Json(context, List(shelf), StudioJson.Default.RunList)));
        web.MapGet("/api/runs/{id}", (RequestDelegate)(context => Whole(context, shelf.Asked(context))));
        web.MapGet("/api/runs/{id}/pictures/{name}", (RequestDelegate)(context => Picture(context, shelf.Asked(context))));
        web.MapGet("/api/runs/{id}/changes", (RequestDelegate)(context => Follow(context, shelf.Asked(context))));
    }

    private static RunList List(RunShelf shelf) => new(shelf.Folder, [.. shelf.List().Select(Line)]);

    private static RunLine Line(ShelvedRun shelved)
    {
        var folder = shelved.Folder;
        try
        {
            var run = RunSettings.Read(folder.Settings);
            var accuracy = (double?)Evaluation(folder)?["validation"]?["accuracy"];
            return new RunLine(shelved.Id, folder.Path, run.Kind.Name, run.Preset, run.Scenario.ToString().ToLowerInvariant(), run.Data,
                shelved.Created, StateOf(folder), accuracy, null)
            {
                Classes = run.Classes,
                Ships = shelved.Ships,
                MakesImages = run.Kind.Directions.Contains(Models.Direction.SoundToImage),
                MakesSounds = run.Kind.Directions.Contains(Models.Direction.ImageToSound),
            };
        }
        catch (BadInputException error)
        {
            return new RunLine(shelved.Id, folder.Path, "", "", "", "", shelved.Created, "damaged", null, error.Message);
        }
    }

    /// <summary>Finished once it was evaluated; running while a process holds it; else it was stopped.</summary>
    private static string StateOf(RunFolder folder) =>
        folder.IsHeld() ? "running" : File.Exists(folder.Evaluation) ? "finished" : "stopped";

    private static Task Whole(HttpContext context, ShelvedRun shelved)
    {
        var folder = shelved.Folder;
        var answer = new JsonObject
        {
            ["id"] = shelved.Id,
            ["state"] = StateOf(folder),
            ["settings"] = JsonNode.Parse(RunSettings.Read(folder.Settings).ToJson()),
            ["metrics"] = new JsonArray([.. Thinned(folder.ReadMetrics()).Select(line => (JsonNode)line.Values)]),
            ["evaluation"] = Evaluation(folder),
            ["pictures"] = new JsonArray([.. Pictures(folder).Select(name => (JsonNode)name)]),
        };
        return Text(context, answer.ToJsonString());
    }

    /// <summary>So many lines of a stage at most: more than a screen has columns. Each is the last of its bucket.</summary>
    internal const int MostLines = 2000;

    /// <summary>The lines of metrics, bounded in number for each stage.</summary>
    internal static IEnumerable<MetricsLine> Thinned(IReadOnlyList<MetricsLine> lines) =>
        lines.GroupBy(line => line.Stage).SelectMany(stage =>
        {
            var all = stage.ToArray();
            return all.Length <= MostLines ? all
                : Enumerable.Range(1, MostLines).Select(i => all[(long)i * all.Length / MostLines - 1]);
        });

    private static JsonNode? Evaluation(RunFolder folder)
    {
        try
        {
            return File.Exists(folder.Evaluation) ? JsonNode.Parse(File.ReadAllText(folder.Evaluation)) : null;
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or IOException)
        {
            // Being replaced, or damaged; the run is shown without it.
            return null;
        }
    }

    /// <summary>Names of the pictures that a run folder has, samples by epoch first.</summary>
    private static IEnumerable<string> Pictures(RunFolder folder)
    {
        var samples = Path.GetDirectoryName(folder.Sample(1))!;
        var epochs = Directory.Exists(samples)
            ? Directory.EnumerateFiles(samples).Select(file => Path.GetFileName(file)).Where(name => Sample().IsMatch(name))
                .Order(StringComparer.Ordinal)
            : Enumerable.Empty<string>();
        var beside = new[] { folder.Confusion, folder.SoundConfusion, folder.Curves, folder.Reconstructions };
        return [.. epochs, .. beside.Where(File.Exists).Select(file => Path.GetFileName(file))];
    }

    /// <summary>Names that are not of that list are not looked for, so no path can lead out of the folder.</summary>
    private static async Task Picture(HttpContext context, ShelvedRun shelved)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        if (!Pictures(shelved.Folder).Contains(name))
            throw new NotOnShelfException($"the run '{shelved.Id}' has no picture '{name}'");
        var path = Sample().IsMatch(name) ? Path.Combine(Path.GetDirectoryName(shelved.Folder.Sample(1))!, name)
            : Path.Combine(shelved.Folder.Path, name);
        if (new FileInfo(path).LinkTarget is not null)
            throw new NotOnShelfException($"'{name}' is a link and is not followed");
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(await File.ReadAllBytesAsync(path, context.RequestAborted), context.RequestAborted);
    }

    /// <summary>The run's state each time its files have changed.</summary>
    private static Task Follow(HttpContext context, ShelvedRun shelved) => Answers.Changes(context, LookEvery, () =>
    {
        var state = StateOf(shelved.Folder);
        return (Signature(shelved.Folder, state), state);
    });

    private static string Signature(RunFolder folder, string state)
    {
        var (metrics, evaluation) = (new FileInfo(folder.Metrics), new FileInfo(folder.Evaluation));
        return $"{(metrics.Exists ? metrics.Length : 0)} {(evaluation.Exists ? evaluation.LastWriteTimeUtc.Ticks : 0)} {state}";
    }

    private static Task Text(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    [GeneratedRegex(@"^epoch-\d{4,9}\.png$")]
    private static partial Regex Sample();
}
