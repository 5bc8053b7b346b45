using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Opsen.Gateway.Listeners.HalfOpen;

/// <summary>Lets tunnels live on when their clients have sent everything.</summary>
internal static class HalfOpenExtensions
{
    /// <summary>Wraps the listener's connections.</summary>
    public static ListenOptions UseHalfOpen(this ListenOptions listener)
    {
        listener.Use(static next => async connection =>
        {
            using var halfOpen = new HalfOpenConnection(connection);
            await next(halfOpen);
        });
        return listener;
    }
}
