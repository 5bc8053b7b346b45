using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>Lets only the addresses of <c>whitelisted_ips</c> call the management API. <c>GET /health</c> is open.</summary>
internal sealed class AllowListMiddleware(RequestDelegate next, AddressSet allowed)
{
    /// <summary>Runs the request, or answers 403.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        return !ManagementPaths.Contains(path) || ManagementPaths.IsHealth(path) || allowed.Contains(context.Connection.RemoteIpAddress)
            ? next(context)
            : Problem.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                ProblemTypes.AddressNotAllowed,
                $"{context.Connection.RemoteIpAddress} may not call this API. Its operator can add the address to whitelisted_ips.");
    }
}
