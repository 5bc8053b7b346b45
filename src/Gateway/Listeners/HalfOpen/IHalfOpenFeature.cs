namespace Opsen.Gateway.Listeners.HalfOpen;

/// <summary>A client's connection whose sending side may end before the receiving one.</summary>
internal interface IHalfOpenFeature
{
    /// <summary>From now on a half-close by the client does not end the connection.</summary>
    void Keep();
}
