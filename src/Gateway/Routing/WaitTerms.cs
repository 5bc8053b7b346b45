namespace Opsen.Gateway.Routing;

/// <summary>How a request waits for room where there is none.</summary>
/// <param name="Longest">How long its caller is willing to wait; the tier may allow less.</param>
/// <param name="Tenant">Whose it is.</param>
internal sealed record WaitTerms(TimeSpan Longest, Tenant Tenant)
{
    /// <summary>Whether a refusal is not the last word, because the request waits then.</summary>
    public bool MayWait { get; init; }

    /// <summary>Room that was held for it while it waited; empty when it has not.</summary>
    public Guid Slot { get; init; }
}
