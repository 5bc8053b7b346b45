using System.Net.Sockets;
using Opsen.Gateway.Proxy.Http1;
using Yarp.ReverseProxy.Forwarder;

namespace Opsen.Gateway.Proxy;

/// <summary>How forwarding to one host ended.</summary>
internal enum ForwardOutcome
{
    /// <summary>The host answered, and the response has been passed on as far as both sides let it.</summary>
    Responded,

    /// <summary>No connection was made: the host knows nothing of the request.</summary>
    Unreachable,

    /// <summary>This gateway has as many connections to backends as it may: no host's fault, and the host knows nothing of the request.</summary>
    NoConnectionLeft,

    /// <summary>The connection was lost before a response. The host may have acted on the request.</summary>
    ConnectionLost,

    /// <summary>The same on a reused connection: the host may have closed it at that moment, and be healthy.</summary>
    ReusedConnectionLost,

    /// <summary>No response, or a silence in it, for longer than the limit.</summary>
    BackendSilent,

    /// <summary>The caller's body stalled for longer than the limit.</summary>
    ClientSilent,

    /// <summary>The caller's body could not be read.</summary>
    BodyRefused,

    /// <summary>The request cannot be forwarded as it is.</summary>
    NotForwardable,

    /// <summary>The host's response cannot be forwarded.</summary>
    BadResponse,
}

/// <summary>What went wrong with one host.</summary>
/// <param name="Outcome">The kind.</param>
/// <param name="Cause">For people; names no address.</param>
internal readonly record struct ForwardFailure(ForwardOutcome Outcome, string Cause)
{
    /// <summary>Reads what the forwarder reports and has left in the request's context. <see cref="ForwardOutcome.Responded"/> when nothing went
    /// wrong.</summary>
    public static ForwardFailure From(ForwarderError error, HttpContext context) => error == ForwarderError.None
        ? default
        : From(error, context.GetForwarderErrorFeature()?.Exception, context.Response.StatusCode);

    /// <param name="error">The forwarder's report.</param>
    /// <param name="exception">What came with it.</param>
    /// <param name="status">The status that the forwarder set, which tells who was silent.</param>
    private static ForwardFailure From(ForwarderError error, Exception? exception, int status) => error switch
    {
        ForwarderError.RequestTimedOut when exception is OperationCanceledException { InnerException: TimeoutException } =>
            new(ForwardOutcome.Unreachable, "connecting timed out"),
        ForwarderError.RequestTimedOut => new(ForwardOutcome.BackendSilent, "no answer in time"),
        ForwarderError.Request when exception is HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } } =>
            new(ForwardOutcome.NoConnectionLeft, "no connection is left"),
        ForwarderError.Request when exception is HttpRequestException failure && DescribeConnect(failure) is { } cause =>
            new(ForwardOutcome.Unreachable, cause),
        ForwarderError.Request when exception is BackendFaultException fault => new(OutcomeOf(fault.Fault), fault.Message),
        ForwarderError.Request when exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            new(ForwardOutcome.BadResponse, "its answer is malformed"),
        ForwarderError.Request when exception is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            new(ForwardOutcome.BadResponse, "the head of its answer is larger than 64 KiB"),
        ForwarderError.Request => new(ForwardOutcome.ConnectionLost, "the connection broke before an answer"),
        ForwarderError.RequestCreation => new(ForwardOutcome.NotForwardable, exception?.Message ?? ""),
        ForwarderError.RequestBodyClient when status == StatusCodes.Status408RequestTimeout =>
            new(ForwardOutcome.ClientSilent, "the rest of the request's body did not come"),
        ForwarderError.RequestBodyClient => new(ForwardOutcome.BodyRefused, "the request's body could not be read"),
        ForwarderError.RequestBodyDestination when status == StatusCodes.Status504GatewayTimeout =>
            new(ForwardOutcome.BackendSilent, "the request's body was not taken in time"),
        ForwarderError.RequestBodyDestination => new(ForwardOutcome.ConnectionLost, "the connection broke while the request was sent"),
        ForwarderError.ResponseBodyDestination when exception is OperationCanceledException => new(ForwardOutcome.BackendSilent, "the answer stopped"),
        ForwarderError.ResponseBodyDestination when exception is BackendFaultException broken => new(ForwardOutcome.BadResponse, broken.Message),
        _ => new(ForwardOutcome.BadResponse, "the answer could not be passed on"),
    };

    private static ForwardOutcome OutcomeOf(BackendFault fault) => fault switch
    {
        BackendFault.NotSent => ForwardOutcome.Unreachable,
        BackendFault.Lost => ForwardOutcome.ConnectionLost,
        BackendFault.LostReused => ForwardOutcome.ReusedConnectionLost,
        _ => ForwardOutcome.BadResponse,
    };

    private static string? DescribeConnect(HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name cannot be resolved",
        HttpRequestError.SecureConnectionError => "the TLS handshake failed",
        HttpRequestError.ConnectionError when failure.InnerException is TimeoutException => "connecting timed out",
        HttpRequestError.ConnectionError when failure.InnerException is SocketException socket => socket.Message,
        HttpRequestError.ConnectionError => "no connection",
        _ => null,
    };
}
