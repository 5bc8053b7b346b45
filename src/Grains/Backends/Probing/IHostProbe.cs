namespace Opsen.Grains.Backends.Probing;

/// <summary>Asks an endpoint once whether it serves.</summary>
internal interface IHostProbe
{
    /// <summary>Null when the endpoint serves, else what went wrong. Ends within the configured timeout; never throws but for cancellation.</summary>
    Task<string?> ProbeAsync(Uri endpoint, CancellationToken cancellation);
}
