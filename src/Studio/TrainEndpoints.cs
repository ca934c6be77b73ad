using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>Training from the page: begin or continue, stop, and what is going on, as it changes.</summary>
internal static class TrainEndpoints
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public static void Map(IEndpointRouteBuilder web, TrainDesk desk)
    {
        web.MapPost("/api/train", (RequestDelegate)(context => Begin(context, desk)));
        web.MapPost("/api/train/stop", (RequestDelegate)(context =>
        {
            desk.Stop();
            return Answers.Json(context, desk.Now.State, StudioJson.Default.TrainState);
        }));
        web.MapGet("/api/train/changes", (RequestDelegate)(context => Follow(context, desk)));
        web.MapGet("/api/train/steps", (RequestDelegate)(context =>
            Answers.Json(context, desk.Steps.ToArray(), StudioJson.Default.StepPointArray)));
    }

    private static async Task Begin(HttpContext context, TrainDesk desk)
    {
        desk.Begin(await Requests.Json(context, StudioJson.Default.TrainRequest, "training"));
        await Answers.Json(context, desk.Now.State, StudioJson.Default.TrainState);
    }

    private static Task Follow(HttpContext context, TrainDesk desk) => Answers.Changes(context, LookEvery, () =>
    {
        var (state, version) = desk.Now;
        return (version, JsonSerializer.Serialize(state, StudioJson.Default.TrainState));
    });
}
