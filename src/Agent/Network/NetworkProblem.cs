namespace Opsen.Agent.Network;

/// <summary>Says what went wrong on the network.</summary>
internal static class NetworkProblem
{
    /// <summary>What went wrong, without the full stop at its end. Of a connection that could not be made the exception itself tells it, with the address; of
    /// everything else, such as a certificate, the one inside.</summary>
    public static string Describe(Exception exception)
    {
        var isOfConnecting = exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
        var message = !isOfConnecting && exception is HttpRequestException { InnerException: { } inner } ? inner.Message : exception.Message;
        return message.TrimEnd('.');
    }
}
