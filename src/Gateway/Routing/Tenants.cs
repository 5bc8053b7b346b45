using Opsen.Gateway.Security;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>Whose a request is: by the API key that it came with, else by <c>tenant_header</c>. Names that are in neither list share one place, so that nobody
/// gets more by making some up.</summary>
internal sealed class Tenants(ServerOptions options)
{
    private readonly Dictionary<string, Tenant> _known = Combine(options);

    /// <summary>Whose a request is.</summary>
    public Tenant Of(HttpContext context)
    {
        var name = context.Features.Get<CallerKey>()?.Key.Name
            ?? (options.TenantHeader.Length > 0 ? context.Request.Headers[options.TenantHeader].ToString() : "");
        return _known.GetValueOrDefault(name, Tenant.Nobody);
    }

    private static Dictionary<string, Tenant> Combine(ServerOptions options)
    {
        var known = options.ApiKeys.Where(static key => key.Name.Length > 0)
            .ToDictionary(static key => key.Name, static key => new Tenant(key.Name, 1, 0), StringComparer.Ordinal);
        foreach (var tenant in options.Tenants)
        {
            known[tenant.Name] = new Tenant(tenant.Name, tenant.Weight, tenant.Priority);
        }

        return known;
    }
}

/// <summary>A tenant among those who wait for room.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Weight">How often it is served beside others of its priority.</param>
/// <param name="Priority">Higher ones are served first.</param>
internal sealed record Tenant(string Name, double Weight, int Priority)
{
    /// <summary>All who are not known.</summary>
    public static Tenant Nobody { get; } = new("", 1, 0);
}
