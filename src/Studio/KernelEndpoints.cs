using System.Globalization;
using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Verification.Launches;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>A launch in the list.</summary>
internal sealed record LaunchLine(string Name, string Precision, int[] Grid, int[] Block);

/// <summary>A kernel in the list.</summary>
internal sealed record KernelLine(string Name, string Purpose, IReadOnlyList<LaunchLine> Launches);

/// <summary>A kernel file and its kernels.</summary>
internal sealed record KernelFile(string File, IReadOnlyList<KernelLine> Kernels);

/// <summary>What goes on while a launch is recorded; null for nothing.</summary>
internal sealed record KernelDoing(string? Doing);

/// <summary>A recorded launch without its single accesses, and the texts of the files that its lines are in.</summary>
internal sealed record KernelAnswer(TraceReport Report, IReadOnlyDictionary<string, string> Sources);

/// <summary>Kernels step by step on the simulator: the list, a launch, the accesses of a phase, the story of a thread.</summary>
internal static class KernelEndpoints
{
    public static void Map(IEndpointRouteBuilder web, KernelDesk desk)
    {
        web.MapGet("/api/kernels", (RequestDelegate)List);
        web.MapGet("/api/kernels/doing", (RequestDelegate)(context =>
            Answers.Json(context, new KernelDoing(desk.Doing), KernelJson.Default.KernelDoing)));
        web.MapGet("/api/kernels/{kernel}", (RequestDelegate)(context => Show(context, desk)));
        web.MapGet("/api/kernels/{kernel}/phases/{phase:int}", (RequestDelegate)(context => Phase(context, desk)));
        web.MapGet("/api/kernels/{kernel}/threads/{thread:int}", (RequestDelegate)(context => Thread(context, desk)));
    }

    private static async Task List(HttpContext context)
    {
        var kernels = await KernelDesk.Kernels();
        var files = kernels.GroupBy(kernel => kernel.Family).Select(family => new KernelFile($"{family.Key}.cu",
            [.. family.Select(kernel => new KernelLine(kernel.Name, kernel.Purpose, [.. kernel.Launches.Select(launch => new LaunchLine(
                launch.Case.Name, launch.Precision.Name(), Extents(launch.Shape.Grid), Extents(launch.Shape.Block)))]))]));
        await Answers.Json(context, [.. files], KernelJson.Default.IReadOnlyListKernelFile);
    }

    private static async Task Show(HttpContext context, KernelDesk desk)
    {
        var (launch, trace) = await Asked(context, desk);
        var source = KernelSource.Of(launch.Family);
        var sources = new Dictionary<string, string> { [$"{launch.Family}.cu"] = source.Text };
        foreach (var place in trace.Places.Concat(trace.Barriers))
        {
            if (source.Headers.TryGetValue(place.File, out var text))
                sources[place.File] = text;
        }

        await Answers.Json(context, new KernelAnswer(TraceReport.Of(launch, trace), sources), KernelJson.Default.KernelAnswer);
    }

    private static async Task Phase(HttpContext context, KernelDesk desk)
    {
        var (_, trace) = await Asked(context, desk);
        var phase = Number(context, "phase");
        if (phase >= trace.Phases)
            throw new NotOnShelfException($"the block has {trace.Phases} phases, counted from 0");
        await Answers.Json(context, TraceReport.Of(trace, trace.Accesses.Where(access => access.Phase == phase)),
            KernelJson.Default.IReadOnlyListAccessReport);
    }

    private static async Task Thread(HttpContext context, KernelDesk desk)
    {
        var (_, trace) = await Asked(context, desk);
        var thread = Number(context, "thread");
        if (thread >= trace.Threads)
            throw new NotOnShelfException($"the block has {trace.Threads} threads, counted from 0");
        await Answers.Json(context, TraceReport.Of(trace, trace.Of(thread)), KernelJson.Default.IReadOnlyListEventReport);
    }

    private static Task<(ReadyLaunch Launch, KernelTrace Trace)> Asked(HttpContext context, KernelDesk desk)
    {
        var query = context.Request.Query;
        var index = query["block"].ToString() is { Length: > 0 } text ? text : "0";
        var block = index.Split(',').Select(part => Whole(part, "block")).ToList();
        if (block.Count > 3)
            throw new BadInputException("a block has three numbers: x, y and z");
        var launch = query["launch"].ToString() is { Length: > 0 } number ? Whole(number, "launch") : 0;
        var events = query["events"].ToString() is { Length: > 0 } most ? Whole(most, "events") : TraceRequest.StandardEvents;
        if (events is < 1 or > TraceRequest.StandardEvents)
            throw new BadInputException($"from 1 to {TraceRequest.StandardEvents} events are kept");
        return desk.Record(new RecordedLaunch((string)context.Request.RouteValues["kernel"]!, launch,
            new Index3(block[0], block.ElementAtOrDefault(1), block.ElementAtOrDefault(2)), events), context.RequestAborted);
    }

    private static int Number(HttpContext context, string name) => Whole((string)context.Request.RouteValues[name]!, name);

    private static int Whole(string text, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new BadInputException($"'{text}' is no number of a {what}");

    private static int[] Extents(Dim3 extents) => [extents.X, extents.Y, extents.Z];
}

/// <summary>Made at build time: a trimmed program has no reflection. Infinities and NaN are strings.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(IReadOnlyList<KernelFile>))]
[JsonSerializable(typeof(KernelDoing))]
[JsonSerializable(typeof(KernelAnswer))]
[JsonSerializable(typeof(IReadOnlyList<AccessReport>))]
[JsonSerializable(typeof(IReadOnlyList<EventReport>))]
internal sealed partial class KernelJson : JsonSerializerContext;
