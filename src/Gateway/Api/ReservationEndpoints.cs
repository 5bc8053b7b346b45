using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;

namespace Opsen.Gateway.Api;

/// <summary><c>/reservations/{id}</c>: callers of <c>POST /route</c> give back what they no longer need, or keep it for longer.</summary>
internal sealed class ReservationEndpoints(JsonBody body, GrainCalls calls, GatewayIndexes indexes, IRouteResolver routes)
{
    /// <summary><c>DELETE</c>: frees the resources at once. 204, or 404 when the reservation is unknown or over.</summary>
    public Task ReleaseAsync(HttpContext context) => ChangeAsync(context, routes.ReleaseAsync);

    /// <summary><c>POST …/renew</c>: starts the reservation's time anew. 204, or 404 when the reservation is unknown or over.</summary>
    public Task RenewAsync(HttpContext context) => ChangeAsync(
        context, async id => await indexes.FirstAsync(async index => await index.Renew(id), static isHeld => isHeld));

    private async Task ChangeAsync(HttpContext context, Func<Guid, Task<bool>> change)
    {
        if (!await body.AcceptHeadAsync(context))
        {
            return;
        }

        var isHeld = false;
        if (Guid.TryParse(context.GetRouteValue("id") as string, out var id) && !await calls.TryAsync(context, async () => isHeld = await change(id)))
        {
            return;
        }

        if (isHeld)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await Problem.WriteAsync(
            context, StatusCodes.Status404NotFound, ProblemTypes.NotReserved, "There is no such reservation: it has ended, was given back, or never was.");
    }
}
