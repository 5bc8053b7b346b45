using Opsen.Gateway.Api;
using Opsen.Gateway.Operator;
using Opsen.Gateway.Security;

namespace Opsen.Gateway.Hosting;

/// <summary>What the gateway's admin listener has beside that of every program: the management API once more, and what only operators look at.</summary>
internal static class AdminPipeline
{
    /// <summary>Adds it, behind the listener's guard.</summary>
    public static void Use(IApplicationBuilder admin) => admin.Map(OperatorApi.Root, static api =>
    {
        api.UseMiddleware<ProblemMiddleware>();
        api.UseMiddleware<OperatorCallerMiddleware>();
        api.UseMiddleware<RequestTargetMiddleware>();
        api.UseRouting();
        api.UseEndpointChecks();
        api.UseEndpoints(static endpoints =>
        {
            endpoints.MapManagementApi();
            endpoints.MapOperatorApi();
        });
    });
}
