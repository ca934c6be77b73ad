using System.Diagnostics;
using System.Globalization;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Tensors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>
/// Looking inside the networks of a run: their layers, what each makes of a sound, how each number is made, and what of the sound moves
/// which pixels.
/// </summary>
internal static class InsideEndpoints
{
    /// <summary>Points on the way from silence for integrated gradients.</summary>
    private const int IntegrationSteps = 16;

    public static void Map(IEndpointRouteBuilder web, RunShelf shelf, PlayDesk desk)
    {
        var looks = new KeptLooks();
        Get("networks", Networks);
        Get("networks/{network}/{layer}/filters", Filters);
        Get("networks/{network}/{layer}/normalization", Normalization);
        Get("looks/{look:int}/{network}/{layer}", (context, run, desk) => Explain(context, run, desk, looks));
        Post("look", (context, run, desk) => Look(context, run, desk, looks));
        Post("saliency", Saliency);
        Post("pixels", Pixels);
        Post("doubt", Doubt);

        void Get(string path, Func<HttpContext, ShelvedRun, PlayDesk, Task> answer) =>
            web.MapGet("/api/runs/{id}/" + path, (RequestDelegate)(context => answer(context, shelf.Asked(context), desk)));

        void Post(string path, Func<HttpContext, ShelvedRun, PlayDesk, Task> answer) =>
            web.MapPost("/api/runs/{id}/" + path, (RequestDelegate)(context => answer(context, shelf.Asked(context), desk)));
    }

    private static async Task Networks(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var plans = await desk.Ask(run, live => new InsideRun(live).Plans, context.RequestAborted);
        await Answers.Json(context, [.. plans.Select(plan => new NetworkAnswer(plan.Name, plan.Layers))], InsideJson.Default.Networks);
    }

    private static async Task Filters(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var (network, layer) = Layer(context);
        var input = Whole(context, "input", 1)[0];
        var pictures = await desk.Ask(run, live =>
        {
            var (shape, values) = new InsideRun(live).Filters(network, layer, input);
            return PictureOfNumbers.Of(shape, values);
        }, context.RequestAborted);
        await Answers.Json(context, pictures, InsideJson.Default.PictureOfNumbers);
    }

    private static async Task Normalization(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var (network, layer) = Layer(context);
        var numbers = await desk.Ask(run, live => new InsideRun(live).Normalization(network, layer), context.RequestAborted);
        await Answers.Json(context, numbers, InsideJson.Default.NormalizationNumbers);
    }

    private static async Task Look(HttpContext context, ShelvedRun run, PlayDesk desk, KeptLooks looks)
    {
        var window = await PlayEndpoints.Window(context);
        var noise = Noise(context);
        var answer = await desk.Ask(run, live =>
        {
            var begin = Stopwatch.GetTimestamp();
            var (drawn, outputs) = new InsideRun(live).Look(window, noise);
            return new LookedAnswer(looks.Keep(live, outputs), PlayEndpoints.Answer(drawn, begin), [.. outputs.Select(output =>
                new LayerAnswer(output.Network, output.Name, output.Milliseconds, PictureOfNumbers.Of(output.Shape, output.Values)))]);
        }, context.RequestAborted);
        await Answers.Json(context, answer, InsideJson.Default.LookedAnswer);
    }

    private static async Task Explain(HttpContext context, ShelvedRun run, PlayDesk desk, KeptLooks looks)
    {
        var (network, layer) = Layer(context);
        var look = int.Parse((string)context.Request.RouteValues["look"]!, CultureInfo.InvariantCulture);
        var place = Whole(context, "place", 3);
        var made = await desk.Ask(run, live =>
            new InsideRun(live).Explain(looks.Find(live, look), network, layer, place[0], place[1], place[2]), context.RequestAborted);
        await Answers.Json(context, made, InsideJson.Default.LayerArithmetic);
    }

    /// <summary>What of the sound moves a patch of the picture.</summary>
    private static async Task Saliency(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var window = await PlayEndpoints.Window(context);
        var (noise, patch) = (Noise(context), Place(context, "patch"));
        await Timed(context, run, desk, Method(context) switch
        {
            "gradient" => live => (Levels(live), new SoundAndPixels(live).Gradient(window, noise, patch)),
            "integrated" => live => (Levels(live), new SoundAndPixels(live).Gradient(window, noise, patch, IntegrationSteps)),
            "occlusion" => live => new SoundAndPixels(live).Occlusion(window, noise, patch),
            var other => throw new BadInputException($"'{other}' is no way to find what moves a patch; there are gradient, integrated and "
                + "occlusion"),
        });

        static Shape Levels(LiveRun live) => [live.Layout.Frames, live.Layout.Mels];
    }

    /// <summary>Which pixels a region of the sound moves.</summary>
    private static async Task Pixels(HttpContext context, ShelvedRun run, PlayDesk desk)
    {
        var window = await PlayEndpoints.Window(context);
        var (noise, region) = (Noise(context), Place(context, "region"));
        await Timed(context, run, desk, Method(context) switch
        {
            "silence" => live => (Picture(live), new SoundAndPixels(live).PixelsOfSilence(window, noise, region)),
            "gradient" => live => (Picture(live), new SoundAndPixels(live).PixelsOfGradient(window, noise, region)),
            var other => throw new BadInputException($"'{other}' is no way to find which pixels move; there are silence and gradient"),
        });

        static Shape Picture(LiveRun live) => [live.ImageSize, live.ImageSize];
    }

    private static async Task Timed(HttpContext context, ShelvedRun run, PlayDesk desk, Func<LiveRun, (Shape Shape, float[] Values)> map)
    {
        var answer = await desk.Ask(run, live =>
        {
            var begin = Stopwatch.GetTimestamp();
            var (shape, values) = map(live);
            return new MapAnswer(PictureOfNumbers.Of(shape, values), Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }, context.RequestAborted);
        await Answers.Json(context, answer, InsideJson.Default.MapAnswer);
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
        await Answers.Json(context, scored, InsideJson.Default.Scored);
    }

    private static (string Network, string Layer) Layer(HttpContext context) =>
        ((string)context.Request.RouteValues["network"]!, (string)context.Request.RouteValues["layer"]!);

    private static float[] Noise(HttpContext context) => PlayEndpoints.Numbers(context.Request.Query["noise"].ToString());

    private static string Method(HttpContext context) => context.Request.Query["method"].ToString();

    private static Region Place(HttpContext context, string what)
    {
        var numbers = Whole(context, what, 4);
        return new Region(numbers[0], numbers[1], numbers[2], numbers[3]);
    }

    /// <summary>Whole numbers of the query with commas between.</summary>
    private static int[] Whole(HttpContext context, string what, int count)
    {
        var said = context.Request.Query[what].ToString();
        var words = said.Split(',');
        var numbers = new int[count];
        return words.Length == count && words.Index().All(word => int.TryParse(word.Item, NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out numbers[word.Index])) ? numbers
            : throw new BadInputException($"{what}: '{said[..Math.Min(40, said.Length)]}' is not {count} whole numbers with commas "
                + "between");
    }
}
