using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Sessions;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Api;

/// <summary>How many sessions each host has. Optional: <c>GET /clients</c> must respond without it when the cluster does not.</summary>
internal sealed partial class SessionCounts(IGrainFactory grains, ServerOptions options, TimeProvider time, ILogger<SessionCounts> logger)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <summary>The counts, as they were a moment ago; null when they cannot be had in time.</summary>
    public async Task<Answer?> CountAsync(CancellationToken cancellation)
    {
        try
        {
            return new Answer(await grains.GetGrain<ISessionDirectoryGrain>(options.Pool).Count().WaitAsync(Deadline, time, cancellation));
        }
#pragma warning disable CA1031 // Whatever the cluster or its storage says, the hosts can be listed.
        catch (Exception error) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(error.Message);
            return null;
        }
    }

    [LoggerMessage(3211, LogLevel.Debug, "The sessions could not be counted: {Message}")]
    private partial void LogFailed(string message);

    internal sealed class Answer(ImmutableArray<SessionCount> counts)
    {
        private readonly ILookup<string, SessionCount> _byHost = counts.ToLookup(count => count.ClientId, StringComparer.Ordinal);

        /// <summary>How many a host has; those that it lost do not count.</summary>
        public int Of(HostSnapshot host) => _byHost[host.ClientId].Where(count => count.AffinityEpoch >= host.AffinityEpoch).Sum(count => count.Count);
    }
}
