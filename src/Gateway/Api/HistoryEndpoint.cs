using System.Collections.Immutable;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>GET /clients/{id}/history?hours=&amp;points=</c>: what a host has reported lately.</summary>
internal sealed class HistoryEndpoint(GrainCalls calls, IGrainFactory grains)
{
    private const string Action = "history";
    private const int DefaultHours = 6;
    private const int MaxHours = 8760;
    private const int DefaultPoints = 360;
    private const int MaxPoints = 5000;

    /// <summary>Answers the call: 404 when the host is not registered.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var checks = new FieldChecks();
        var hours = checks.Number("hours", context.Request.Query["hours"].ToString(), DefaultHours, 1, MaxHours);
        var points = (int)checks.Number("points", context.Request.Query["points"].ToString(), DefaultPoints, 1, MaxPoints);
        if (!checks.Passed)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        var clientId = PathIds.Read(context, LifecycleEndpoints.Root, Action);
        var (host, history) = (default(HostSnapshot), ImmutableArray<HistoryPoint>.Empty);
        if (LifecycleEndpoints.IsAcceptable(clientId) && !await calls.TryAsync(context, async () =>
            {
                var grain = grains.GetGrain<IBackendGrain>(clientId);
                host = await grain.GetSnapshot();
                history = host is null ? [] : await grain.GetHistory(TimeSpan.FromHours(hours), points);
            }))
        {
            return;
        }

        if (host is null)
        {
            await LifecycleEndpoints.WriteUnknownAsync(context, clientId);
            return;
        }

        await context.Response.WriteAsJsonAsync(
            new HistoryResponse { ClientId = clientId, Points = [.. history.Select(ToEntry)] }, WireJson.Outgoing.HistoryResponse);
    }

    private static HistoryEntry ToEntry(HistoryPoint point) => new(
        point.Time, Known(point.CpuPct), Known(point.MemoryPct), Known(point.DiskPct), Known(point.GpuPct), Known(point.VramPct));

    private static double? Known(double value) => value < 0 ? null : Math.Round(value, 1);
}
