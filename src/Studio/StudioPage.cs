using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CrossModal.Studio;

/// <summary>The page: files that are part of this assembly. There is nothing else that a path could lead to.</summary>
internal static class StudioPage
{
    private const string Prefix = "page/";

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".txt"] = "text/plain; charset=utf-8",
    };

    /// <summary>Paths under the page and where their bytes are.</summary>
    private static readonly Dictionary<string, byte[]> Files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(name => name[Prefix.Length..], Read);

    /// <summary>The bytes of everything that a browser may load.</summary>
    public static long TotalBytes => Files.Values.Sum(file => (long)file.Length);

    public static void Map(IEndpointRouteBuilder web) => web.MapGet("/{**path}", (RequestDelegate)(context =>
    {
        var path = (string?)context.Request.RouteValues["path"] is { Length: > 0 } asked ? asked : "index.html";
        if (!Files.TryGetValue(path, out var file))
            return Answers.Refuse(context, StatusCodes.Status404NotFound, "there is no such page");
        context.Response.ContentType = Types[Path.GetExtension(path)];
        return context.Response.Body.WriteAsync(file, context.RequestAborted).AsTask();
    }));

    private static byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
