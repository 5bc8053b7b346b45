using Opsen.Gateway.Ingest;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Grains;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>POST /stats</c>: takes a load report of a registered host.</summary>
internal sealed class StatsEndpoint(JsonBody body, LoadReportReader reader, GrainCalls calls, GrainReferences<IBackendGrain> backends, ServerOptions options)
{
    private static readonly StatusResponse Taken = new("ok");

    public async Task HandleAsync(HttpContext context)
    {
        if (await body.ReadAsync(context, WireJson.Incoming.StatsRequest) is not { } request)
        {
            return;
        }

        var checks = new FieldChecks();
        var clientId = checks.Identity("client_id", request.ClientId, IngestLimits.ClientId);
        if (reader.Read(request, checks) is not { } report)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        var isRegistered = false;
        if (!await calls.TryAsync(context, async () => isRegistered = await backends.Get(clientId).Report(report, options.Pool)))
        {
            return;
        }

        await (isRegistered
            ? context.Response.WriteAsJsonAsync(Taken, WireJson.Outgoing.StatusResponse)
            : Problem.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                ProblemTypes.NotRegistered,
                $"No host is registered as {FieldChecks.Quote(clientId)}. Send POST /register first, then report again."));
    }
}
