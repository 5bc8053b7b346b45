using Opsen.Gateway.Api;
using Opsen.Gateway.Api.Description;
using Opsen.Gateway.Operator;
using Opsen.Gateway.Security;
using Opsen.Gateway.WebConsole;

namespace Opsen.Gateway.Hosting;

/// <summary>What the gateway's admin listener has beside that of every program: the management API once more, and what only operators look at.</summary>
internal static class AdminPipeline
{
    /// <summary>Adds it, behind the listener's guard.</summary>
    public static void Use(IApplicationBuilder admin)
    {
        admin.Map(OperatorApi.Root, UseApi);
        admin.Map(ConsoleFiles.Root, static console => console.Run(ConsoleFiles.ServeAsync));
        admin.Use(static (context, next) =>
        {
            if (context.Request.Path == "/openapi.json")
            {
                context.Response.Redirect(OperatorApi.Root + "/openapi.json");
                return Task.CompletedTask;
            }

            if (context.Request.Path == "/")
            {
                context.Response.Redirect(ConsoleFiles.Root + "/");
                return Task.CompletedTask;
            }

            return next(context);
        });
    }

    /// <summary>The API's description. Not on the main listener, where a backend may have one of its own at that path.</summary>
    private static void MapDescription(IEndpointRouteBuilder endpoints)
    {
        var document = new Lazy<string>(() => ApiDescription.Write(
            endpoints.DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>(),
            OperatorApi.Version));
        endpoints.MapGet("/openapi.json", () => Results.Text(document.Value, "application/json"));
    }

    private static void UseApi(IApplicationBuilder api)
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
            MapDescription(endpoints);
        });
    }
}
