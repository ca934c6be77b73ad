using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CrossModal.Kernels;
using Microsoft.AspNetCore.Http;

namespace CrossModal.Studio;

/// <summary>How what the page sends is read.</summary>
internal static class Requests
{
    /// <summary>The body of a request.</summary>
    /// <param name="what">What it should be, as in "is no …".</param>
    /// <exception cref="BadInputException">It is empty, or something else.</exception>
    public static async Task<T> Json<T>(HttpContext context, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return await context.Request.ReadFromJsonAsync(type, context.RequestAborted)
                ?? throw new BadInputException("the request is empty");
        }
        catch (InvalidOperationException error)
        {
            throw new BadInputException("the request is no JSON by its content type; send it as application/json", error);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"the request is no {what}: {error.Message.Split('.')[0]}", error);
        }
    }
}
