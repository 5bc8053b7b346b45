using System.Reflection;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Operator;

/// <summary>The management API once more on the admin listener, for operators and the console, and what only they look at: <c>/api/fleet</c> and
/// <c>/api/events</c>.</summary>
internal static class OperatorApi
{
    /// <summary>Where it begins.</summary>
    public const string Root = "/api";

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(OperatorApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private const int MaxEvents = 1000;
    private const int DefaultEvents = 200;

    /// <summary>Registers what it needs.</summary>
    public static void AddOperatorApi(this IServiceCollection services)
    {
        services.AddSingleton<HostEvents>();
        services.AddSingleton<FleetFigures>();
        services.AddSingleton<FleetFeed>();
    }

    /// <summary>Maps the calls that the main listener does not have.</summary>
    public static void MapOperatorApi(this IEndpointRouteBuilder endpoints)
    {
        // What happened is remembered from the start, not from the first look.
        var feed = endpoints.ServiceProvider.GetRequiredService<FleetFeed>();
        endpoints.MapGet("/fleet", context => WriteFleetAsync(context, feed));
        endpoints.MapGet("/events", context => WriteEventsAsync(context, feed.Events));
    }

    private static async Task WriteFleetAsync(HttpContext context, FleetFeed feed)
    {
        var query = context.Request.Query;
        var checks = new FieldChecks();
        var since = checks.Number("since", query["since"].ToString(), 0, 0, long.MaxValue);
        if (!checks.Passed)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        var document = await feed.ReadAsync(since, query["run"].ToString(), context.RequestAborted);
        await context.Response.WriteAsJsonAsync(document, OperatorJsonContext.Default.FleetDocument);
    }

    private static async Task WriteEventsAsync(HttpContext context, HostEvents events)
    {
        var query = context.Request.Query;
        var checks = new FieldChecks();
        var limit = checks.Number("limit", query["limit"].ToString(), DefaultEvents, 1, MaxEvents);
        if (!checks.Passed)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        var clientId = query["client_id"].ToString();
        await context.Response.WriteAsJsonAsync(
            new EventListDocument(events.Read(clientId.Length == 0 ? null : clientId, (int)limit)), OperatorJsonContext.Default.EventListDocument);
    }
}
