using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Security;

/// <summary>Refuses API calls that their key's scope does not cover, and writes what changes something to the audit log: who, what, and how it ended. Runs when
/// the endpoint is known. Without keys everyone may do everything.</summary>
internal sealed class ScopeMiddleware(RequestDelegate next, ILoggerFactory loggers)
{
    private readonly AuditLog _audit = new(loggers);

    /// <summary>Runs the call, or answers 403.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var (endpoint, key) = (context.GetEndpoint(), context.Features.Get<CallerKey>()?.Key);
        var change = endpoint?.Metadata.GetMetadata<AuditedChange>();
        if (key is not null && endpoint?.Metadata.GetMetadata<AllowedScopes>() is { } allowed && !allowed.Scopes.Contains(key.Scope))
        {
            await Problem.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                ProblemTypes.ScopeMissing,
                $"A key with the scope '{Name(key.Scope)}' may not do this. Use one with: {string.Join(", ", allowed.Scopes.Select(Name))}.");
        }
        else
        {
            await next(context);
        }

        if (change is not null)
        {
            _audit.Write(
                change.What,
                FieldChecks.Quote(context.Request.Path.Value ?? ""),
                key?.Name ?? "no key",
                context.Connection.RemoteIpAddress,
                context.Response.StatusCode);
        }
    }

    private static string Name(ApiScope scope) => scope.ToString().ToLowerInvariant();
}

/// <summary>The scopes whose keys may call an endpoint.</summary>
/// <param name="Scopes">The scopes.</param>
internal sealed record AllowedScopes(IReadOnlyList<ApiScope> Scopes);

/// <summary>Marks an endpoint that changes something.</summary>
/// <param name="What">The change, for the audit log.</param>
internal sealed record AuditedChange(string What);
