namespace Opsen.Gateway.Proxy;

/// <summary>When a proxied request got how far, by the monotonic clock; 0 for what has not happened.</summary>
internal struct RequestTimes
{
    /// <summary>It came.</summary>
    public long Begun;

    /// <summary>Its first host was decided on.</summary>
    public long Decided;

    /// <summary>The head of a backend's response came.</summary>
    public long Responded;
}
