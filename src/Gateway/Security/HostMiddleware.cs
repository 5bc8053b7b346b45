using System.Collections.Frozen;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>Refuses requests for hosts that are not in <c>allowed_hosts</c>: a page under another name, or a cache that is asked for one, gets nothing.
/// <c>GET /health</c> is asked for by address.</summary>
internal sealed class HostMiddleware
{
    private const string AnyBelow = "*.";

    private readonly RequestDelegate _next;
    private readonly FrozenSet<string> _names;
    private readonly string[] _endings;

    /// <summary>Reads the names.</summary>
    public HostMiddleware(RequestDelegate next, IReadOnlyList<string> allowed)
    {
        _next = next;
        _names = allowed.Where(static name => !name.StartsWith(AnyBelow, StringComparison.Ordinal)).Select(WithoutBrackets)
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _endings = [.. allowed.Where(static name => name.StartsWith(AnyBelow, StringComparison.Ordinal)).Select(static name => name[1..])];
    }

    /// <summary>Runs the request, or answers 421.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var host = WithoutBrackets(context.Request.Host.Host);
        return IsAllowed(host.EndsWith('.') ? host[..^1] : host) || ManagementPaths.IsHealth(context.Request.Path)
            ? _next(context)
            : Problem.WriteAsync(
                context,
                StatusCodes.Status421MisdirectedRequest,
                ProblemTypes.MisdirectedRequest,
                $"This gateway does not serve {FieldChecks.Quote(host)}. Its operator can add the name to allowed_hosts.");
    }

    private bool IsAllowed(string host) =>
        _names.Contains(host) || Array.Exists(_endings, ending => host.Length > ending.Length && host.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>An IPv6 address as it is in the configuration.</summary>
    private static string WithoutBrackets(string host) => host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
}
