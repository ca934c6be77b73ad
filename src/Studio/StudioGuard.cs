using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace CrossModal.Studio;

/// <summary>
/// Whom the studio answers. Any page that is open in the same browser may send requests to this machine, and a name that another site
/// points to 127.0.0.1 leads here as well. So requests need the right Host, no foreign Origin, and, but for the page itself, a token.
/// </summary>
internal sealed class StudioGuard
{
    /// <summary>The page brings everything with it, and talks to nobody but its own server.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly byte[] _expected;

    public StudioGuard()
    {
        Token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _expected = Encoding.ASCII.GetBytes($"Bearer {Token}");
    }

    /// <summary>What a request for anything but the page must bring: <c>Authorization: Bearer TOKEN</c>.</summary>
    public string Token { get; }

    /// <summary>Where the server listens.</summary>
    public int Port { get; set; }

    /// <summary>Answers a request that may not be answered, and sets what a browser must keep to.</summary>
    public Task Admit(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        var request = context.Request;
        string[] hosts = [$"127.0.0.1:{Port}", $"localhost:{Port}"];
        if (!hosts.Contains(request.Host.Value))
            return Answers.Refuse(context, StatusCodes.Status421MisdirectedRequest, $"this is {hosts[0]} and nobody else");
        if (request.Headers.Origin is { Count: > 0 } origin && !hosts.Any(host => origin == $"http://{host}"))
            return Answers.Refuse(context, StatusCodes.Status403Forbidden, "requests of other sites are not answered");
        if (request.Path.StartsWithSegments("/api") && !IsKnown(request.Headers.Authorization.ToString()))
            return Answers.Refuse(context, StatusCodes.Status401Unauthorized,
                "open the address that the studio printed, with what stands behind the #");
        return next(context);
    }

    private bool IsKnown(string given) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _expected);
}
