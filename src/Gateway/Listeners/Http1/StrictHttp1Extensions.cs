using Microsoft.AspNetCore.Connections;

namespace Opsen.Gateway.Listeners.Http1;

/// <summary>Lets a listener see bodies in chunks as they were sent. After TLS.</summary>
internal static class StrictHttp1Extensions
{
    /// <summary>Wraps the listener's connections.</summary>
    public static void UseStrictHttp1(this IConnectionBuilder listener)
    {
        listener.Use(static next => async connection =>
        {
            var transport = connection.Transport;
            var input = new CheckedInput(transport.Input);
            connection.Transport = new TransportPipes(input, transport.Output);
            connection.Features.Set<IChunkedBodyFeature>(input);
            try
            {
                await next(connection);
            }
            finally
            {
                connection.Transport = transport;
            }
        });
    }
}
