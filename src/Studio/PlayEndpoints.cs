using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Data.Synthetic;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>
/// Playing: windows of sound in, pictures out. A sound is sent as its samples, 32-bit little-endian floats of one channel at 44.1 kHz: the
/// browser has decoded it.
/// </summary>
internal static class PlayEndpoints
{
    /// <summary>A window whose loudest sample lies lower is silent: nothing is drawn of it.</summary>
    private const float Silence = 1e-4f;

    /// <summary>Of the phases that a sound is begun with: the same picture sounds the same.</summary>
    private const ulong PhaseSeed = 2017;

    /// <summary>So many uploads are read at once.</summary>
    private static readonly SemaphoreSlim Uploads = new(4);

    private const int NoteSeconds = 2, SongSeconds = 8;

    public static void Map(IEndpointRouteBuilder web, RunShelf shelf, PlayDesk desk)
    {
        web.MapGet("/api/instruments", (RequestDelegate)(context =>
            Answers.Json(context, [.. BuiltInInstrument.All.Select(Line)], StudioJson.Default.Instruments)));
        web.MapGet("/api/instruments/{name}/notes/{number:int}", (RequestDelegate)(context =>
            Samples(context, (instrument, number) => instrument.Note(number, NoteSeconds))));
        web.MapGet("/api/instruments/{name}/songs/{number:int:range(0,71)}", (RequestDelegate)(context =>
            Samples(context, (instrument, number) => instrument.Melody(number, SongSeconds))));
        web.MapPost("/api/sounds", (RequestDelegate)Decode);
        web.MapPost("/api/runs/{id}/open", (RequestDelegate)(context => Open(context, shelf, desk)));
        web.MapPost("/api/runs/{id}/play", (RequestDelegate)(context => Play(context, shelf, desk)));
        web.MapPost("/api/runs/{id}/draw", (RequestDelegate)(context => Draw(context, shelf, desk)));
        web.MapPost("/api/runs/{id}/sound", (RequestDelegate)(context => Sound(context, shelf, desk)));
    }

    private static InstrumentLine Line(BuiltInInstrument instrument) =>
        new(instrument.Name, instrument.Compass.Lowest, instrument.Compass.Highest);

    /// <summary>What a built-in instrument plays, as the browser sends sounds.</summary>
    private static async Task Samples(HttpContext context, Func<BuiltInInstrument, int, float[]> play)
    {
        var values = context.Request.RouteValues;
        var number = int.Parse((string)values["number"]!, CultureInfo.InvariantCulture);
        var samples = play(BuiltInInstrument.Find((string)values["name"]!), number);
        context.Response.ContentType = "application/octet-stream";
        await context.Response.Body.WriteAsync(MemoryMarshal.AsBytes<float>(samples).ToArray(), context.RequestAborted);
    }

    /// <summary>
    /// The samples of a file that the browser cannot decode. Like every upload it may be no longer than the server takes.
    /// </summary>
    private static async Task Decode(HttpContext context)
    {
        const string name = "the file";
        var body = await Body(context);
        var folder = Directory.CreateTempSubdirectory("crossmodal-upload-");
        try
        {
            var file = Path.Combine(folder.FullName, "upload");
            await File.WriteAllBytesAsync(file, body, context.RequestAborted);
            var samples = await Task.Run(() => Read(file, context.RequestAborted), context.RequestAborted);
            context.Response.ContentType = "application/octet-stream";
            await context.Response.Body.WriteAsync(MemoryMarshal.AsBytes<float>(samples).ToArray(), context.RequestAborted);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        static float[] Read(string file, CancellationToken cancel)
        {
            try
            {
                return SoundWindow.Heard(SoundFile.ReadMono(file, cancel));
            }
            catch (BadInputException error)
            {
                // Who sent it knows it by another name.
                throw new BadInputException(error.Message.Replace(file, name, StringComparison.Ordinal), error);
            }
        }
    }

    /// <summary>Loads the networks and runs them once, so that the first sound is drawn as soon as those after it.</summary>
    private static async Task Open(HttpContext context, RunShelf shelf, PlayDesk desk)
    {
        var answer = await desk.Ask(shelf.Asked(context), (LiveRun networks) =>
        {
            networks.Draw(networks.Hear(new float[LogMelSpectrogram.Samples]).Code, new float[networks.NoiseSize]);
            return new OpenedAnswer(networks.ImageSize, networks.CodeSize, networks.NoiseSize);
        }, context.RequestAborted);
        await Answers.Json(context, answer, PlayJson.Default.OpenedAnswer);
    }

    /// <summary>Hears the window that was sent and draws it with the noise of the query, numbers with commas between.</summary>
    private static async Task Play(HttpContext context, RunShelf shelf, PlayDesk desk)
    {
        var run = shelf.Asked(context);
        var window = await Window(context);
        var noise = Numbers(context.Request.Query["noise"].ToString());
        if (window.Max(MathF.Abs) < Silence)
        {
            await Answers.Json(context, new PlayedAnswer(null, null), StudioJson.Default.PlayedAnswer);
            return;
        }

        var answer = await desk.Ask(run, networks =>
        {
            var begin = Stopwatch.GetTimestamp();
            var heard = networks.Hear(window);
            return new PlayedAnswer(Answer(networks, heard), Answer(networks.Draw(heard.Code, noise), begin));
        }, context.RequestAborted);
        await Answers.Json(context, answer, StudioJson.Default.PlayedAnswer);
    }

    private static async Task Draw(HttpContext context, RunShelf shelf, PlayDesk desk)
    {
        var run = shelf.Asked(context);
        var asked = await Requests.Json(context, StudioJson.Default.DrawRequest, "code and noise");
        if (asked is not { Code: not null, Noise: not null })
            throw new BadInputException("the request has no code or no noise");
        var answer = await desk.Ask(run, networks =>
        {
            var begin = Stopwatch.GetTimestamp();
            return Answer(networks.Draw(asked.Code, asked.Noise), begin);
        }, context.RequestAborted);
        await Answers.Json(context, answer, StudioJson.Default.DrawnAnswer);
    }

    /// <summary>Makes the sound of the picture that was sent, a file of any kind that is read, with the noise of the query.</summary>
    private static async Task Sound(HttpContext context, RunShelf shelf, PlayDesk desk)
    {
        var run = shelf.Asked(context);
        var noise = Numbers(context.Request.Query["noise"].ToString());

        // Decoded here, so that a large photograph does not keep those waiting who play.
        var picture = ImageFile.ReadSquare(await Body(context), "the picture", RunSettings.Read(run.Folder.Settings).Model.ImageSize);
        var answer = await desk.Ask(run, (LiveSoundRun networks) =>
        {
            var begin = Stopwatch.GetTimestamp();
            var made = networks.Make(picture, noise, PhaseSeed);
            return new SoundAnswer(made.Seen?.Class, (float)(made.Seen?.Probability ?? 0), networks.Layout.Frames, networks.Layout.Mels,
                Levels(made.Spectrogram), MemoryMarshal.AsBytes<float>(made.Samples).ToArray(), made.Score, made.Heard.Class,
                (float)made.Heard.Probability, Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }, context.RequestAborted);
        await Answers.Json(context, answer, PlayJson.Default.SoundAnswer);
    }

    private static HeardAnswer Answer(LiveRun networks, HeardWindow heard) => new(heard.Code, heard.Named?.Class,
        (float)(heard.Named?.Probability ?? 0), networks.Layout.Frames, networks.Layout.Mels, Levels(heard.Spectrogram));

    private static byte[] Levels(float[] spectrogram) =>
        Array.ConvertAll(spectrogram, value => (byte)Math.Clamp((value + 1) * 127.5f, 0, 255));

    internal static DrawnAnswer Answer(DrawnPicture drawn, long begin) =>
        new(drawn.Image.Width, drawn.Image.Pixels, drawn.Score, drawn.Seen.Class, (float)drawn.Seen.Probability,
            Stopwatch.GetElapsedTime(begin).TotalMilliseconds);

    internal static async Task<float[]> Window(HttpContext context)
    {
        var windows = await Windows(context, 1);
        return windows[0];
    }

    /// <summary>The windows that were sent, one behind the other.</summary>
    internal static async Task<float[][]> Windows(HttpContext context, int count)
    {
        var bytes = count * LogMelSpectrogram.Samples * sizeof(float);

        // What is far too long is not read; what no request may have is refused by the server itself.
        var tooLong = context.Request.ContentLength > bytes && context.Request.ContentLength <= StudioServer.MostUploadBytes;
        var body = tooLong ? [] : await Body(context);
        if (body.Length != bytes)
        {
            throw new BadInputException(
                $"a window has {LogMelSpectrogram.Samples} samples of 4 bytes, and {count} of them are needed; these are "
                    + $"{context.Request.ContentLength ?? body.Length} bytes");
        }

        var windows = MemoryMarshal.Cast<byte, float>(body).ToArray();
        return windows.All(sample => MathF.Abs(sample) <= 8) ? [.. windows.Chunk(LogMelSpectrogram.Samples)]
            : throw new BadInputException("the sound has samples far beyond full scale, or that are no numbers");
    }

    private static async Task<byte[]> Body(HttpContext context)
    {
        // Large ones one after the other: each stands in memory.
        await Uploads.WaitAsync(context.RequestAborted);
        try
        {
            var length = context.Request.ContentLength ?? 0;
            using var body = new MemoryStream(length <= StudioServer.MostUploadBytes ? (int)length : 0);
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            return body.ToArray();
        }
        finally
        {
            Uploads.Release();
        }
    }

    internal static float[] Numbers(string list)
    {
        try
        {
            return Array.ConvertAll(list.Split(','), text => float.Parse(text, CultureInfo.InvariantCulture));
        }
        catch (FormatException error)
        {
            throw new BadInputException($"noise: '{list[..Math.Min(40, list.Length)]}' are no numbers with commas between", error);
        }
    }
}
