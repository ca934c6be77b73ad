using System.Globalization;
using System.Text;
using System.Text.Json;
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
    /// <summary>What is written of a run's measurements has some tens of kilobytes.</summary>
    private const long LargestFile = 64L << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder web, RunShelf shelf, StepTables steps)
    {
        web.MapGet("/api/runs", (RequestDelegate)(context => Answers.Json(context, List(shelf), StudioJson.Default.RunList)));
        web.MapGet("/api/runs/{id}", (RequestDelegate)(context => Whole(context, shelf.Asked(context))));
        web.MapGet("/api/runs/{id}/steps", (RequestDelegate)(context => Steps(context, shelf.Asked(context), steps)));
        web.MapGet("/api/runs/{id}/epochs/{epoch}", (RequestDelegate)(context => Naming(context, shelf.Asked(context))));
        web.MapGet("/api/runs/{id}/pictures/{name}", (RequestDelegate)(context => Picture(context, shelf.Asked(context))));
        web.MapGet("/api/runs/{id}/changes", (RequestDelegate)(context => Follow(context, shelf.Asked(context))));
    }

    private static RunList List(RunShelf shelf) =>
        new(shelf.Folder, [.. shelf.List().Select(run => Line(run, run.Folder.Path == shelf.Named))]);

    private static RunLine Line(ShelvedRun shelved, bool isNamed)
    {
        var folder = shelved.Folder;
        try
        {
            var run = RunSettings.Read(folder.Settings);
            var accuracy = Evaluation(shelved)?["validation"]!["accuracy"] is JsonValue value && value.TryGetValue<double>(out var share)
                ? share : (double?)null;
            return new RunLine(shelved.Id, folder.Path, run.Kind.Name, run.Preset, run.Scenario.ToString().ToLowerInvariant(), run.Data,
                shelved.Created, StateOf(folder), accuracy, null)
            {
                Classes = run.Classes,
                Ships = shelved.Ships,
                Named = isNamed,
                MakesImages = run.Kind.Directions.Contains(Models.Direction.SoundToImage),
                MakesSounds = run.Kind.Directions.Contains(Models.Direction.ImageToSound),
                NoiseSize = run.Model.NoiseSize,
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
        var settings = RunSettings.Read(folder.Settings);
        var answer = new JsonObject
        {
            ["id"] = shelved.Id,
            ["state"] = StateOf(folder),
            ["settings"] = JsonNode.Parse(settings.ToJson()),
            ["metrics"] = new JsonArray([.. Metrics(shelved)]),
            ["evaluation"] = Evaluation(shelved),
            ["confusion"] = Parsed(shelved, folder.ConfusionNumbersOf(null)),
            ["pictures"] = new JsonArray([.. Pictures(shelved).Select(name => (JsonNode)name)]),
            ["named_epochs"] = new JsonArray([.. Epochs(folder, NamedEpoch()).Select(epoch => (JsonNode)epoch)]),
        };
        return Text(context, answer.ToJsonString());
    }

    private static Task Steps(HttpContext context, ShelvedRun shelved, StepTables steps)
    {
        var (after, stride) = (TrainEndpoints.Asked(context, "after"), (int)TrainEndpoints.Asked(context, "stride"));
        return Answers.Json(context, steps.Of(shelved, after, stride), TrainJson.Default.StepTable);
    }

    /// <summary>How the samples of an epoch were named.</summary>
    private static Task Naming(HttpContext context, ShelvedRun shelved)
    {
        if (int.TryParse((string?)context.Request.RouteValues["epoch"], out var epoch)
            && Parsed(shelved, shelved.Folder.Naming(epoch)) is { } naming)
            return Text(context, naming.ToJsonString());
        throw new NotOnShelfException($"the run '{shelved.Id}' does not tell how the samples of that epoch were named");
    }

    /// <summary>So many lines of a stage at most: more than a screen has columns.</summary>
    internal const int MostLines = 1000;

    private static IEnumerable<JsonNode> Metrics(ShelvedRun shelved) =>
        shelved.Has(shelved.Folder.Metrics) ? Thinned(shelved.Folder.ReadMetrics()) : [];

    /// <summary>
    /// The lines of metrics, bounded in number for each stage: where there are more, each stands for some that follow each other, with the
    /// means of their numbers, and with step and epoch of the last.
    /// </summary>
    internal static IEnumerable<JsonObject> Thinned(IReadOnlyList<MetricsLine> lines) =>
        lines.GroupBy(line => line.Stage).SelectMany(stage =>
        {
            var all = stage.ToArray();
            return all.Length <= MostLines ? all.Select(line => line.Values)
                : Enumerable.Range(0, MostLines).Select(i =>
                    Mean(all[(int)((long)i * all.Length / MostLines)..(int)((i + 1L) * all.Length / MostLines)]));
        });

    private static JsonObject Mean(ReadOnlySpan<MetricsLine> lines)
    {
        var (sums, last) = (new Dictionary<string, (double Sum, int Count)>(), lines[^1].Values);
        foreach (var line in lines)
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(line.Text));
            for (var name = ""; reader.Read();)
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                    name = reader.GetString()!;
                else if (reader.TokenType == JsonTokenType.Number && reader.CurrentDepth == 1 && double.IsFinite(reader.GetDouble()))
                {
                    var (sum, count) = sums.GetValueOrDefault(name);
                    sums[name] = (sum + reader.GetDouble(), count + 1);
                }
            }
        }

        foreach (var (name, (sum, count)) in sums)
        {
            if (name is not ("step" or "epoch"))
                last[name] = sum / count;
        }

        return last;
    }

    /// <summary>What was measured in the end; null where nothing was, or the file is none of ours.</summary>
    private static JsonObject? Evaluation(ShelvedRun shelved) =>
        Parsed(shelved, shelved.Folder.Evaluation) is JsonObject measured && measured["validation"] is JsonObject ? measured : null;

    /// <summary>A file of a run; null where it is not there.</summary>
    private static JsonNode? Parsed(ShelvedRun shelved, string path)
    {
        try
        {
            return !shelved.Has(path) ? null
                : JsonNode.Parse(BoundedFile.ReadText(path, LargestFile, "figures", "remove it"), documentOptions: Strict);
        }
        catch (Exception error) when (error is JsonException or BadInputException)
        {
            // Being replaced, or damaged; the run is shown without it.
            return null;
        }
    }

    /// <summary>The epochs that have a file of a kind beside their samples, in order.</summary>
    private static IEnumerable<int> Epochs(RunFolder folder, Regex kind)
    {
        var samples = new DirectoryInfo(Path.GetDirectoryName(folder.Sample(1))!);
        return samples.Exists ? samples.EnumerateFiles().Select(file => kind.Match(file.Name)).Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)).Order() : [];
    }

    /// <summary>Names of the pictures that a run folder has, samples by epoch first.</summary>
    private static IEnumerable<string> Pictures(ShelvedRun shelved)
    {
        var folder = shelved.Folder;
        var beside = new[] { folder.Confusion, folder.SoundConfusion, folder.Curves, folder.Reconstructions };
        return [.. Epochs(folder, Sample()).Select(folder.Sample).Concat(beside).Where(shelved.Has).Select(file => Path.GetFileName(file))];
    }

    /// <summary>Names that are not of that list are not looked for, so no path can lead out of the folder.</summary>
    private static async Task Picture(HttpContext context, ShelvedRun shelved)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        if (!Pictures(shelved).Contains(name))
            throw new NotOnShelfException($"the run '{shelved.Id}' has no picture '{name}'");
        var path = Sample().IsMatch(name) ? Path.Combine(Path.GetDirectoryName(shelved.Folder.Sample(1))!, name)
            : Path.Combine(shelved.Folder.Path, name);
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(await File.ReadAllBytesAsync(path, context.RequestAborted), context.RequestAborted);
    }

    /// <summary>What has changed of a run's files, each time that something has: its state, and numbers that tell files apart.</summary>
    private static Task Follow(HttpContext context, ShelvedRun shelved) => Answers.Changes(context, LookEvery, () =>
    {
        var folder = shelved.Folder;
        var now = new JsonObject
        {
            ["state"] = File.Exists(folder.Settings) ? StateOf(folder) : "gone",
            ["metrics"] = Length(folder.Metrics),
            ["steps"] = Length(folder.Steps),
            ["evaluation"] = new FileInfo(folder.Evaluation) is { Exists: true } evaluation ? evaluation.LastWriteTimeUtc.Ticks : 0,
        }.ToJsonString();
        return (now, now);

        static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
    });

    private static Task Text(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    [GeneratedRegex(@"^epoch-(\d{4,9})\.png$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"^epoch-(\d{4,9})\.json$")]
    private static partial Regex NamedEpoch();
}
