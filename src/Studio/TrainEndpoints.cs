using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>Training from the page: begin or continue, pause, stop, and what is going on, as it changes.</summary>
internal static class TrainEndpoints
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder web, TrainDesk desk)
    {
        web.MapPost("/api/train", (RequestDelegate)(context => Begin(context, desk)));
        Command("stop", desk.Stop);
        Command("pause", desk.Pause);
        Command("resume", desk.Resume);
        web.MapGet("/api/train/changes", (RequestDelegate)(context => Follow(context, desk)));
        web.MapGet("/api/train/samples", (RequestDelegate)(context =>
            Answers.Json(context, desk.SampledAfter(Asked(context, "after")), TrainJson.Default.Samples)));

        void Command(string name, Action command) => web.MapPost($"/api/train/{name}", (RequestDelegate)(context =>
        {
            command();
            return Answers.Json(context, desk.Now.State, TrainJson.Default.TrainState);
        }));
    }

    /// <summary>A whole number of a request's query; 0 where it has none.</summary>
    internal static long Asked(HttpContext context, string name) =>
        long.TryParse(context.Request.Query[name], out var value) ? value : 0;

    private static async Task Begin(HttpContext context, TrainDesk desk)
    {
        desk.Begin(await Requests.Json(context, TrainJson.Default.TrainRequest, "training"));
        await Answers.Json(context, desk.Now.State, TrainJson.Default.TrainState);
    }

    private static Task Follow(HttpContext context, TrainDesk desk) => Answers.Changes(context, LookEvery, () =>
    {
        var (state, version) = desk.Now;
        return (version, JsonSerializer.Serialize(state, TrainJson.Default.TrainState));
    });
}
