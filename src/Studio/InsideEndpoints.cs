using System.Diagnostics;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>Looking inside the networks of a run: their layers, what each makes of a sound, what of the sound moves which pixels.</summary>
internal static class InsideEndpoints
{
    /// <summary>Points on the way from silence for integrated gradients.</summary>
    private const int IntegrationSteps = 16;

    public static void Map(IEndpointRouteBuilder web, RunShelf shelf, PlayDesk desk)
    {
        web.MapGet("/api/runs/{id}/networks", (RequestDelegate)(context => Networks(context, shelf.Asked(context), desk)));
        web.MapGet("/api/runs/{id}/networks/{network}/{layer}", (RequestDelegate)(context => Weight(context, shelf.Asked(context), desk)));
        web.MapPost("/api/runs/{id}/look", (RequestDelegate)(context => Look(context, shelf.Asked(context), desk)));
        web.MapPost("/api/runs/{id}/saliency", (RequestDelegate)(context => Saliency(context, shelf.Asked(context), desk)));
        web.MapPost("/api/runs/{id}/doubt", (RequestDelegate)(context => Doubt(context, shelf.Asked(context), desk)));
    }

    private static async Task Networks(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var plans = await desk.Ask(run, live => new InsideRun(live).Plans, context.RequestAborted);
        await Answers.Json(context, [.. plans.Select(plan => new NetworkAnswer(plan.Name, plan.Layers))], StudioJson.Default.Networks);
    }

    private static async Task Weight(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var (network, layer) = ((string)context.Request.RouteValues["network"]!, (string)context.Request.RouteValues["layer"]!);
        var weight = await desk.Ask(run, live => new InsideRun(live).Weight(network, layer), context.RequestAborted)
            ?? throw new NotOnShelfException($"'{layer}' has no weight");
        await Answers.Json(context, PictureOfNumbers.Of(weight.Shape, weight.Values), StudioJson.Default.PictureOfNumbers);
    }

    private static async Task Look(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var window = await PlayEndpoints.Window(context);
        var noise = Noise(context);
        var answer = await desk.Ask(run, live =>
        {
            var begin = Stopwatch.GetTimestamp();
            var (drawn, outputs) = new InsideRun(live).Look(window, noise);
            return new LookedAnswer(PlayEndpoints.Answer(drawn, begin), [.. outputs.Select(output =>
                new LayerAnswer(output.Network, output.Name, output.Milliseconds, PictureOfNumbers.Of(output.Shape, output.Values)))]);
        }, context.RequestAborted);
        await Answers.Json(context, answer, StudioJson.Default.LookedAnswer);
    }

    private static async Task Saliency(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var window = await PlayEndpoints.Window(context);
        var noise = Noise(context);
        if (PlayEndpoints.Numbers(context.Request.Query["patch"].ToString()) is not [var x, var y, var width, var height])
            throw new BadInputException("a patch has four numbers: left, top, width, height");
        var steps = context.Request.Query["integrated"] == "true" ? IntegrationSteps : 1;
        var map = await desk.Ask(run, live => PictureOfNumbers.Of([live.Layout.Frames, live.Layout.Mels],
            new InsideRun(live).Saliency(window, noise, ((int)x, (int)y, (int)width, (int)height), steps)), context.RequestAborted);
        await Answers.Json(context, map, StudioJson.Default.PictureOfNumbers);
    }

    private static async Task Doubt(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var windows = await PlayEndpoints.Windows(context, 2);
        var noise = Noise(context);
        var scored = await desk.Ask(run, live => new InsideRun(live).Doubt(windows[0], windows[1], noise).Select(picture =>
        {
            var size = live.ImageSize;
            return new ScoredAnswer(picture.What, picture.Score,
                PictureOfNumbers.Of([size, size, picture.Pixels.Length / size / size], picture.Pixels),
                PictureOfNumbers.Of([4, 4], picture.Map));
        }).ToList(), context.RequestAborted);
        await Answers.Json(context, scored, StudioJson.Default.Scored);
    }

    private static float[] Noise(HttpContext context) => PlayEndpoints.Numbers(context.Request.Query["noise"].ToString());
}
