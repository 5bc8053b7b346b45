using System.Collections.Immutable;

namespace Opsen.Hosting.Admin;

/// <summary>Whether this process can do its work now: it has started, is not stopping, and what it depends on answered.</summary>
public sealed class Readiness(IHostApplicationLifetime lifetime)
{
    private ImmutableArray<Func<bool>> _conditions = [];

    /// <summary>Adds a condition, such as "the fleet is known". It must be cheap and safe to ask from any thread.</summary>
    public void Require(Func<bool> condition) =>
        ImmutableInterlocked.Update(ref _conditions, static (conditions, added) => conditions.Add(added), condition);

    /// <summary>Whether to send work here.</summary>
    public bool IsReady =>
        lifetime.ApplicationStarted.IsCancellationRequested
        && !lifetime.ApplicationStopping.IsCancellationRequested
        && _conditions.All(static condition => condition());
}
