namespace Opsen.Silo.Admin;

/// <summary>Whether this process can do its work now: it has started, is not stopping, and what it depends on answered.</summary>
public sealed class Readiness(IHostApplicationLifetime lifetime)
{
    /// <summary>A further condition, such as "the fleet is known"; null = none.</summary>
    public Func<bool>? Condition { get; set; }

    /// <summary>Whether to send work here.</summary>
    public bool IsReady =>
        lifetime.ApplicationStarted.IsCancellationRequested
        && !lifetime.ApplicationStopping.IsCancellationRequested
        && (Condition is null || Condition());
}
