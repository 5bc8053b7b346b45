using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Backends;
using Orleans.Storage;

namespace Opsen.Grains.Backends;

/// <summary>The host's row in storage: what waits for it, what does not, and what is done when it cannot be read.</summary>
internal sealed partial class BackendGrain
{
    public async Task<ImmutableArray<HistoryPoint>> GetHistory(TimeSpan span, int points)
    {
        if (Host is null)
        {
            return [];
        }

        var all = await history.ReadAsync(this.GetPrimaryKeyString(), time.GetUtcNow() - span);
        var step = Math.Max(1, (all.Count + points - 1) / Math.Max(1, points));

        // The latest one is always among them.
        return [.. all.Where((_, i) => (all.Count - 1 - i) % step == 0)];
    }

    private bool _isStoreFailing;

    /// <summary>Whether the row is another one than this activation has read, so that it cannot write any more.</summary>
    private bool _isOutdated;

    /// <summary>Stores the host as it is. Durable when it returns.</summary>
    private Task<bool> PersistAsync() => _saving.RunAsync();

    /// <summary>Stores what routing has already heard of. Should that fail, the next report tries again; what is lost with a crash until then is a
    /// report.</summary>
    private async Task TryPersistAsync()
    {
        try
        {
            if (Host is not null)
            {
                await PersistAsync();
                _isStoreFailing = false;
            }
        }
#pragma warning disable CA1031 // Whatever storage says, the host is where it is.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _isDirty = true;
            if (!_isStoreFailing)
            {
                _isStoreFailing = true;
                LogNotStored(this.GetPrimaryKeyString(), error.Message);
            }
        }
    }

    private async Task<bool> SaveAsync()
    {
        _isDirty = false;
        _persistedAt = time.GetTimestamp();
        if (Host is null)
        {
            await storage.ClearStateAsync();
            return true;
        }

        storage.State.Endpoints = _health?.Export() ?? [];
        try
        {
            await storage.WriteStateAsync();
            return true;
        }
        catch (InconsistentStateException)
        {
            // The row is newer than what was read: another activation wrote, or an earlier write of this one that seemed to have failed. No write can succeed
            // until it is read again.
            _isOutdated = true;
            DeactivateOnIdle();
            throw;
        }
    }

    /// <summary>Before anything would be written over a row that somebody may want to repair. The next call reads it again.</summary>
    private void ThrowIfUnreadable()
    {
        if (storage.State.Unreadable is { } problem)
        {
            DeactivateOnIdle();
            throw new UnreadableHostException($"What is stored of host '{this.GetPrimaryKeyString()}' cannot be read: {problem}");
        }
    }

    private async Task RemoveUnreadableAsync()
    {
        await storage.ClearStateAsync();

        // Under which epoch its sessions came is not known, so all of them are void.
        sessions.ForgetHost(this.GetPrimaryKeyString(), long.MaxValue);
        history.Forget(this.GetPrimaryKeyString());
        LogRetired(this.GetPrimaryKeyString());
    }

    /// <summary>Takes a host that named no pool to its gateway's, where that has another one now.</summary>
    private async Task FollowGatewayAsync(string? pool)
    {
        if (pool is null || Host is not { Registration: var registration } host || registration.Pool == pool || !FollowsGateway(registration))
        {
            return;
        }

        Host = host with { Registration = registration with { Pool = pool, IsPoolOfGateway = true } };
        try
        {
            await PersistAsync();
        }
        catch
        {
            Host = host;
            throw;
        }

        await Index(registration.Pool).Remove(registration.ClientId);
        LogFollowed(registration.ClientId, registration.Pool, pool);
    }

    /// <summary>An older version did not store whether the host had named its pool; one that is in the usual pool had most likely not.</summary>
    private static bool FollowsGateway(BackendRegistration registration) => registration.IsPoolOfGateway ?? registration.Pool == "default";

    [LoggerMessage(110, LogLevel.Warning, "The state of host {ClientId} could not be stored; its next report tries again: {Message}")]
    private partial void LogNotStored(string clientId, string message);

    [LoggerMessage(114, LogLevel.Information, "Host {ClientId} has moved from pool {From} to {To}, the pool of its gateway")]
    private partial void LogFollowed(string clientId, string from, string to);
}
