using Microsoft.Net.Http.Headers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Hosting;

/// <summary>
/// Lets clients leave a gateway that stops, where there are others: for a moment it serves on and ends each HTTP/1 connection with its response. Else a request
/// could come on a kept connection in the very moment in which that is closed, and its client could not know whether it was served. HTTP/2 has a message for
/// that.
/// </summary>
internal sealed class ConnectionDrain(ServerOptions options, TimeProvider time) : IHostedLifecycleService
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    private volatile bool _isDraining;

    /// <summary>Comes first in the pipeline.</summary>
    public RequestDelegate Use(RequestDelegate next) => context =>
    {
        if (_isDraining && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.OnStarting(static state => EndAfterwards((HttpResponse)state), context.Response);
        }

        return next(context);
    };

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (options.Cluster != ClusterMode.Postgres)
        {
            return;
        }

        _isDraining = true;
        var third = TimeSpan.FromSeconds(options.ShutdownTimeoutSeconds) / 3;
        await Task.Delay(third < Longest ? third : Longest, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static Task EndAfterwards(HttpResponse response)
    {
        if (response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            response.Headers[HeaderNames.Connection] = "close";
        }

        return Task.CompletedTask;
    }
}
