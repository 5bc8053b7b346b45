using System.Globalization;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>/clients/{id}</c>: take a host out of service and put it back, without hurting its users.</summary>
internal sealed class LifecycleEndpoints(JsonBody body, GrainCalls calls, IGrainFactory grains, GatewayIndexes indexes)
{
    /// <summary>Seconds.</summary>
    private const int MaxDrain = 30 * 86_400;

    /// <summary>What comes before the id in the path.</summary>
    public const string Root = "/clients/";

    private const string Deadline = "deadline_seconds";
    private const string Reason = "reason";
    private const string Shutdown = "shutdown";

    /// <summary><c>POST …/drain?deadline_seconds=&amp;reason=</c>: no new sessions. Existing ones stay until the deadline, without one until they
    /// end.</summary>
    public async Task DrainAsync(HttpContext context)
    {
        var checks = new FieldChecks();
        var deadline = ReadDeadline(checks, context.Request.Query[Deadline].ToString());
        var reason = context.Request.Query[Reason].ToString();
        if (reason.Length > 0 && reason != Shutdown)
        {
            checks.Refuse(Reason, $"must be absent, or {Shutdown} where the host's own agent drains it as it stops, it is {FieldChecks.Quote(reason)}");
        }

        if (!checks.Passed)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        await ChangeAsync(context, "drain", host => host.Drain(deadline, reason == Shutdown));
    }

    /// <summary><c>POST …/undrain</c>: back in service, from a drain or from maintenance.</summary>
    public Task UndrainAsync(HttpContext context) => ChangeAsync(context, "undrain", host => host.Undrain());

    /// <summary><c>POST …/maintenance</c>: out at once; existing sessions move at their next request.</summary>
    public Task BeginMaintenanceAsync(HttpContext context) => ChangeAsync(context, "maintenance", host => host.BeginMaintenance());

    /// <summary><c>DELETE</c>: removes the host with its sessions, reservations and history. 204, or 404 when it is not registered.</summary>
    public async Task RemoveAsync(HttpContext context)
    {
        if (!await body.AcceptHeadAsync(context))
        {
            return;
        }

        var clientId = PathIds.Read(context, Root);
        var existed = false;
        if (IsAcceptable(clientId) && !await calls.TryAsync(context, async () => existed = await RemoveAsync(clientId)))
        {
            return;
        }

        if (existed)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await WriteUnknownAsync(context, clientId);
    }

    /// <summary>Removes the host by its grain, which tells the index. A host that only the index knows is removed there.</summary>
    private async Task<bool> RemoveAsync(string clientId) =>
        await Host(clientId).Remove() || (await indexes.AllAsync(index => index.Remove(clientId).AsTask())).Contains(true);

    private async Task ChangeAsync(HttpContext context, string action, Func<IBackendGrain, Task<HostSnapshot?>> change)
    {
        if (!await body.AcceptHeadAsync(context))
        {
            return;
        }

        var clientId = PathIds.Read(context, Root, action);
        HostSnapshot? host = null;
        if (IsAcceptable(clientId) && !await calls.TryAsync(context, async () => host = await change(Host(clientId))))
        {
            return;
        }

        if (host is null)
        {
            await WriteUnknownAsync(context, clientId);
            return;
        }

        await context.Response.WriteAsJsonAsync(
            new LifecycleResponse(host.ClientId, HostEntryFormat.Name(host.Lifecycle), host.DrainDeadline), WireJson.Outgoing.LifecycleResponse);
    }

    private static TimeSpan? ReadDeadline(FieldChecks checks, string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxDrain)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        checks.Refuse(Deadline, $"must be a whole number of seconds from 0 to {MaxDrain}, or absent: sessions then stay until they end; it is {FieldChecks.Quote(text)}");
        return null;
    }

    /// <summary>Whether a host can have this id.</summary>
    public static bool IsAcceptable(string clientId) => clientId.Length <= IngestLimits.ClientId && !string.IsNullOrWhiteSpace(clientId);

    /// <summary>Answers 404.</summary>
    public static Task WriteUnknownAsync(HttpContext context, string clientId) => Problem.WriteAsync(
        context,
        StatusCodes.Status404NotFound,
        ProblemTypes.NotRegistered,
        $"No host {FieldChecks.Quote(clientId)} is registered. GET /clients lists those that are; an id in a path is percent-encoded.");

    private IBackendGrain Host(string clientId) => grains.GetGrain<IBackendGrain>(clientId);
}
