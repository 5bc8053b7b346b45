using System.Net;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Api;

/// <summary><c>POST /register</c>: makes a host known, or known again. A header tells the host the address from which it came: behind NAT it does not know its
/// public one.</summary>
internal sealed class RegisterEndpoint(JsonBody body, RegistrationReader reader, GrainCalls calls, IGrainFactory grains)
{
    private static readonly StatusResponse Registered = new("registered");

    public async Task HandleAsync(HttpContext context)
    {
        if (await body.ReadAsync(context, WireJson.Incoming.RegisterRequest) is not { } request)
        {
            return;
        }

        var checks = new FieldChecks();
        if (reader.Read(request, context.Connection.RemoteIpAddress, checks) is not { } registration)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ProblemTypes.BadRequest, checks.Detail);
            return;
        }

        if (await calls.TryAsync(context, () => grains.GetGrain<IBackendGrain>(registration.ClientId).Register(registration)))
        {
            context.Response.Headers[HeaderNames.ClientAddress] = AddressText.Normalize(context.Connection.RemoteIpAddress ?? IPAddress.None).ToString();
            await context.Response.WriteAsJsonAsync(Registered, WireJson.Outgoing.StatusResponse);
        }
    }
}
