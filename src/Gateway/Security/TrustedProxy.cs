using System.Net;

namespace Opsen.Gateway.Security;

/// <summary>A feature of requests whose connection comes from one of <c>trusted_proxies</c>: their forwarding headers are believed.</summary>
/// <param name="Address">The proxy's address.</param>
internal sealed record TrustedProxy(IPAddress Address);
