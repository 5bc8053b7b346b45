using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>The host's coming and going.</summary>
internal sealed partial class BackendGrain
{
    public async Task Register(BackendRegistration registration)
    {
        ThrowIfUnreadable();
        var previous = Host;
        TakePlace(registration, previous);
        var isSameTarget = previous is not null && previous.Registration.Endpoint == registration.Endpoint;
        if (!isSameTarget || previous!.IsShutdownDrain)
        {
            _slowStart.Begin();
        }

        _health?.Follow(registration.Endpoints);
        var host = new HostSnapshot
        {
            Registration = registration,
            Load = previous?.Load,
            ReportSequence = previous?.ReportSequence ?? 0,
            IsActive = true,
            LastSeen = time.GetUtcNow(),
            LastHealthCheck = isSameTarget ? previous!.LastHealthCheck : null,
            RegisteredAt = NextTick(previous?.RegisteredAt ?? 0),
            AffinityEpoch = previous?.AffinityEpoch ?? NextTick(0),
            SlowStartLeft = _slowStart.Left,
        };
        Host = WithHealth(HostLifecycle.Reregister(host, previous));
        storage.State.CreatedAt ??= host.LastSeen;
        try
        {
            await PersistAsync();
        }
        catch
        {
            // Roll back: the registration was not persisted.
            Host = previous;
            if (previous is null)
            {
                budget.Hosts.GiveBack();
            }

            _health?.Follow(previous?.Registration.Endpoints ?? []);
            throw;
        }

        _silence.Restart();
        _isClaiming = true;
        if (previous is not null && previous.Registration.Pool != registration.Pool)
        {
            await Index(previous.Registration.Pool).Remove(registration.ClientId);
        }

        Watch();
        await PublishAsync();
        LogRegistered(registration.ClientId, registration.Hostname, registration.Endpoint, registration.Pool);
    }

    public async Task<bool> Retire(long registeredAt, long reportSequence)
    {
        if (Host is not { } host)
        {
            return storage.State.Unreadable is null;
        }

        if (host.RegisteredAt > registeredAt || host.ReportSequence > reportSequence)
        {
            return false;
        }

        await ForgetAfterPublishingAsync(isInIndex: false);
        LogRetired(host.ClientId);
        return true;
    }

    public async Task<bool> Remove()
    {
        if (storage.State.Unreadable is not null)
        {
            await RemoveUnreadableAsync();
            return true;
        }

        if (Host is not { } host)
        {
            return false;
        }

        await ForgetAfterPublishingAsync(isInIndex: true);
        LogRetired(host.ClientId);
        return true;
    }

    /// <summary>Takes the place in the fleet that a host needs which is new, or new in its pool.</summary>
    private void TakePlace(BackendRegistration registration, HostSnapshot? previous)
    {
        if (previous?.Registration.Pool != registration.Pool && !budget.Pools.TryTake(registration.Pool))
        {
            throw new RegistrationRefusedException(
                $"The pool '{registration.Pool}' is new, and there are {budget.Pools.Most} already. Name one that there is, or raise max_pools.");
        }

        if (previous is null && !budget.Hosts.TryTake())
        {
            throw new RegistrationRefusedException(
                $"There are {budget.Hosts.Most} hosts already. Remove those that are gone (DELETE /clients/{{id}}), or raise max_hosts.");
        }
    }

    /// <summary>The time in ticks, but always more than before, whatever the clock does.</summary>
    private long NextTick(long previous) => Math.Max(time.GetUtcNow().UtcTicks, previous + 1);

    /// <summary>Forgets the host when nothing of it is on its way to the index any more, where it would arrive behind the removal.</summary>
    private async Task ForgetAfterPublishingAsync(bool isInIndex)
    {
        _isLeaving = true;
        try
        {
            await PublishAsync();
            await ForgetAsync(isInIndex);
        }
        finally
        {
            _isLeaving = false;
        }
    }

    private async Task ForgetAsync(bool isInIndex)
    {
        if (Host is not { } host)
        {
            return;
        }

        StopWatching();
        Host = null;
        try
        {
            // The index first: a host that only it still knew would get requests for ever.
            if (isInIndex)
            {
                await Index(host.Registration.Pool).Remove(host.ClientId);
            }

            await PersistAsync();
        }
        catch
        {
            // It is still stored, so it is still there; its probes tell the index.
            Host = host;
            Watch();
            throw;
        }

        budget.Hosts.GiveBack();
        sessions.ForgetHost(host.ClientId, host.AffinityEpoch);
        history.Forget(host.ClientId);
        DelayDeactivation(TimeSpan.Zero);
    }

    [LoggerMessage(101, LogLevel.Information, "Host {ClientId} ({Hostname}) registered with endpoint {Endpoint} in pool {Pool}")]
    private partial void LogRegistered(string clientId, string hostname, string endpoint, string pool);

    [LoggerMessage(105, LogLevel.Information, "Host {ClientId} lost its endpoint {Endpoint} to a later registration and is forgotten")]
    private partial void LogSuperseded(string clientId, string endpoint);

    [LoggerMessage(106, LogLevel.Information, "Host {ClientId} is forgotten")]
    private partial void LogRetired(string clientId);
}
