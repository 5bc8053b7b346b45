namespace Opsen.Gateway.Listeners.HalfOpen;

/// <summary>A client's connection whose sending side may end before the receiving one.</summary>
internal interface IHalfOpenFeature
{
    /// <summary>From now on the end of what the client sends does not end the connection: whoever serves it sees to both directions.</summary>
    void Keep();
}
