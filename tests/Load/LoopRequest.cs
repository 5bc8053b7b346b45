namespace Opsen.Load;

/// <summary>A request for <see cref="OpenLoop"/>.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="WorkMs">What a backend needs for it, which is no part of its latency; ms.</param>
internal readonly record struct LoopRequest(byte[] Bytes, double WorkMs = 0);
