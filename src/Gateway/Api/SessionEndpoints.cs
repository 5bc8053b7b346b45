using System.Globalization;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>/sessions</c>: where sessions are, and their end.</summary>
internal sealed class SessionEndpoints(
    JsonBody body, GrainCalls calls, IGrainFactory grains, SessionCaches cache, GatewayIndexes indexes, ServerOptions options)
{
    /// <summary>Assignments of a page when the caller does not say how many.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Most assignments of a page.</summary>
    public const int MaxLimit = 1000;

    /// <summary><c>GET /sessions?client_id=&amp;limit=&amp;after=</c>: one page of assignments, those made first coming first.</summary>
    public async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var checks = new FieldChecks();
        var clientId = query["client_id"].ToString();
        var limit = checks.Number("limit", query["limit"].ToString(), DefaultLimit, 1, MaxLimit);
        var after = checks.Number("after", query["after"].ToString(), 0, 0, long.MaxValue);
        if (!checks.Passed)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        SessionPage? page = null;
        var directory = grains.GetGrain<ISessionDirectoryGrain>(options.Pool);
        if (await calls.TryAsync(context, async () => page = await directory.List(clientId.Length == 0 ? null : clientId, after, (int)limit)))
        {
            await context.Response.WriteAsJsonAsync(
                new SessionListResponse { Sessions = [.. page!.Assignments.Select(ToEntry)], Next = page.Next?.ToString(CultureInfo.InvariantCulture) },
                WireJson.Outgoing.SessionListResponse);
        }
    }

    /// <summary><c>GET /sessions/{sticky_id}</c>: the session's assignments, one a tier. 404 when it has none.</summary>
    public async Task GetAsync(HttpContext context)
    {
        var stickyId = StickyIdOf(context);
        IReadOnlyList<SessionAssignment> assignments = [];
        if (StickyKeyResolver.IsAcceptable(stickyId) && !await calls.TryAsync(context, async () => assignments = await Session(stickyId).GetAssignments()))
        {
            return;
        }

        if (assignments.Count == 0)
        {
            await WriteUnknownAsync(context);
            return;
        }

        await context.Response.WriteAsJsonAsync(new SessionListResponse { Sessions = [.. assignments.Select(ToEntry)] }, WireJson.Outgoing.SessionListResponse);
    }

    /// <summary><c>DELETE /sessions/{sticky_id}</c>: ends the session and frees its reservations. 204, or 404 when there is none.</summary>
    public async Task EndAsync(HttpContext context)
    {
        if (!await body.AcceptHeadAsync(context))
        {
            return;
        }

        var stickyId = StickyIdOf(context);
        var existed = false;
        if (StickyKeyResolver.IsAcceptable(stickyId))
        {
            if (!await calls.TryAsync(context, async () => existed = await EndAsync(stickyId)))
            {
                return;
            }

            // The other gateways learn of it from the fleet's feed; this one's next response must not wait for that.
            cache.End(stickyId);
        }

        if (existed)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await WriteUnknownAsync(context);
    }

    /// <summary>Ends it where it is kept, and what it has reserved in other pools.</summary>
    private async Task<bool> EndAsync(string stickyId)
    {
        var existed = await Session(stickyId).End();
        await indexes.AllAsync(index => index.EndSession(stickyId), except: options.Pool);
        return existed;
    }

    private static string StickyIdOf(HttpContext context) => PathIds.Read(context, "/sessions/");

    private static Task WriteUnknownAsync(HttpContext context) => Problem.WriteAsync(
        context, StatusCodes.Status404NotFound, ProblemTypes.NoSession, "There is no such session: it has expired, was ended, or never was.");

    private static SessionEntry ToEntry(SessionAssignment assignment) => new()
    {
        StickyId = assignment.StickyId,
        Tier = assignment.Tier,
        ClientId = assignment.ClientId,
        ReservationId = assignment.ReservationId.ToString("N"),
        GpuIds = assignment.GpuIds,
        CreatedAt = assignment.CreatedAt,
        LastUsed = assignment.LastUsed,
    };

    private IStickySessionGrain Session(string stickyId) => grains.GetGrain<IStickySessionGrain>(SessionKey.Format(options.Pool, stickyId));
}
