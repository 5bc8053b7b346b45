namespace Opsen.Protocol.Configuration;

/// <summary>An entry of <c>tenants</c>: how requests of a tenant wait for room (<c>max_wait_seconds</c> of a tier).</summary>
/// <param name="Name">The name of an API key, or a value of <c>tenant_header</c>.</param>
/// <param name="Weight">How often it is served beside others of its priority: with 4 four times as often as with 1.</param>
/// <param name="Priority">Higher ones are served first.</param>
public sealed record TenantOptions(string Name, double Weight = 1, int Priority = 0);
