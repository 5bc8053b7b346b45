using System.Net;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Hosting.Admin;

/// <summary>
/// Guards the admin listener. A web page that a browser on this machine shows must not reach it under a name of its own (DNS rebinding), so only addresses,
/// this machine's names and <c>localhost</c> are accepted as Host. Where the listener can be reached from elsewhere, everything but liveness and readiness
/// wants a key: in <c>X-API-Key</c>, or as the password of basic authentication, which a browser asks for.
/// </summary>
internal sealed partial class AdminGuard(ServerOptions options, ILogger logger)
{
    private const string KeyHeader = HeaderNames.ApiKey;

    private readonly ApiKeys _keys = new(options);
    private readonly bool _wantsKey = !IPAddress.IsLoopback(ListenAddress.Parse(options.AdminHost));

    /// <summary>Answers what is not allowed; everything else goes on, with the security headers.</summary>
    public RequestDelegate Protect(RequestDelegate next) => context =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        if (!IsOwnName(context.Request.Host.Host))
        {
            return RefuseAsync(
                context, HttpStatusCode.MisdirectedRequest, "The Host header names another server. Call the admin listener by its address, by localhost or by this machine's name.");
        }

        if (_wantsKey && !IsProbe(context.Request.Path) && !HasKey(context.Request))
        {
            headers.WWWAuthenticate = "Basic realm=\"opsen admin\", charset=\"UTF-8\"";
            return RefuseAsync(
                context, HttpStatusCode.Unauthorized, "Send server_key or one of api_keys, but not an agent's, in the header X-API-Key, or as the password of basic authentication.");
        }

        return RunAsync(context, next);
    };

    /// <summary>The dashboard throws for silos and grains that do not exist.</summary>
    private async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
#pragma warning disable CA1031 // Whatever a page throws, it is logged here once.
        catch (Exception error) when (!context.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(context.Request.Path, error.GetType().Name, error.Message);
            if (!context.Response.HasStarted)
            {
                await RefuseAsync(context, HttpStatusCode.NotFound, "There is nothing to show: what the path names does not exist, or does not answer.");
            }
        }
    }

    private static bool IsProbe(PathString path) => path.Value is "/livez" or "/readyz" or "/health/live" or "/health/ready";

    private bool IsOwnName(string host) =>
        host.Length == 0
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.Equals(options.AdminHost, StringComparison.OrdinalIgnoreCase)
        || host.Split('.')[0].Equals(Dns.GetHostName().Split('.')[0], StringComparison.OrdinalIgnoreCase);

    private bool HasKey(HttpRequest request) =>
        MayLook(request.Headers[KeyHeader].ToString()) || MayLook(BasicCredentials.ReadPassword(request.Headers.Authorization.ToString()));

    private bool MayLook(string presented) => _keys.Find(presented) is { Scope: not ApiScope.Agent };

    [LoggerMessage(541, LogLevel.Warning, "{Path} of the admin listener failed: {Error}: {Message}")]
    private partial void LogFailed(PathString path, string error, string message);

    private static Task RefuseAsync(HttpContext context, HttpStatusCode status, string text)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n");
    }
}
