using System.Text;
using System.Text.Json.Serialization.Metadata;
using CrossModal.Kernels;
using CrossModal.Tensors;
using Microsoft.AspNetCore.Http;

namespace CrossModal.Studio;

/// <summary>
/// How answers are written, errors among them: <c>{"error": "one sentence"}</c> with a status that says whose fault it is.
/// </summary>
internal static class Answers
{
    /// <summary>Looks without a change between two signs of life.</summary>
    private const int MostSilent = 20;

    public static Task Json<T>(HttpContext context, T value, JsonTypeInfo<T> type) => context.Response.WriteAsJsonAsync(value, type);

    /// <summary>
    /// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): what is to be seen, at once and whenever it has
    /// changed, and a comment now and then, by which the server learns that the page is gone.
    /// </summary>
    /// <param name="every">How often it is looked at.</param>
    /// <param name="look">A version, which differs after each change, and what is sent of it.</param>
    public static async Task Changes<T>(HttpContext context, TimeSpan every, Func<(T Version, string Data)> look)
        where T : IEquatable<T>
    {
        context.Response.ContentType = "text/event-stream";
        var (before, sent) = (default(T), false);
        using var timer = new PeriodicTimer(every);
        for (var silent = 0; ; silent++)
        {
            var (version, data) = look();
            var changed = !sent || !version.Equals(before);
            if (changed || silent >= MostSilent)
            {
                (before, sent, silent) = (version, true, 0);
                var text = changed ? $"data: {data}\n\n" : ": still here\n\n";
                await context.Response.WriteAsync(text, Encoding.UTF8, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            await timer.WaitForNextTickAsync(context.RequestAborted);
        }
    }

    public static Task Refuse(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return Json(context, new Refusal(why), StudioJson.Default.Refusal);
    }

    /// <summary>Turns an exception into an answer, and keeps the server up.</summary>
    public static async Task OfErrors(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The browser went away; nobody is left to answer.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            var (status, why) = error switch
            {
                SettingException refused => (StatusCodes.Status400BadRequest, $"{refused.Setting} {error.Message}"),
                BusyException => (StatusCodes.Status503ServiceUnavailable, error.Message),
                NotOnShelfException => (StatusCodes.Status404NotFound, error.Message),
                BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
                    (StatusCodes.Status413PayloadTooLarge, "that is more than 32 MB; cut the sound or make the picture smaller"),
                BadHttpRequestException bad => (bad.StatusCode, bad.Message),
                BadInputException or NonFiniteException or DeviceException => (StatusCodes.Status400BadRequest, error.Message),
                IOException or UnauthorizedAccessException => (StatusCodes.Status409Conflict, error.Message),
                _ => (StatusCodes.Status500InternalServerError, $"internal: {error.GetType().Name}: {error.Message}"),
            };
            await Refuse(context, status, why);
        }
    }
}

/// <summary>Why a request was refused.</summary>
internal sealed record Refusal(string Error);
