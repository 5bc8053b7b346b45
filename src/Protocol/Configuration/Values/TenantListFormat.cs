using Opsen.Protocol.Configuration.Keys;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>tenants</c>.</summary>
internal sealed class TenantListFormat()
    : RecordListFormat<TenantDraft, TenantOptions>(TenantKeys.Table, 1000, "{name: gold, weight: 4, priority: 1}")
{
    /// <inheritdoc/>
    protected override (string Key, string Message)? Problem(TenantDraft draft, IReadOnlyList<TenantOptions> earlier) =>
        draft.Name is null ? ("name", $"is missing; allowed: {TextFormats.Name.Allowed}")
        : earlier.Any(one => one.Name == draft.Name) ? ("name", $"'{draft.Name}' is the name of an earlier tenant; each name is allowed once")
        : null;

    /// <inheritdoc/>
    protected override TenantDraft ToDraft(TenantOptions record) => new() { Name = record.Name, Weight = record.Weight, Priority = record.Priority };

    /// <inheritdoc/>
    protected override TenantOptions Build(TenantDraft draft) => new(draft.Name!, draft.Weight, draft.Priority);
}

/// <summary>An entry of <c>tenants</c> while it is read.</summary>
internal sealed class TenantDraft
{
    public string? Name { get; set; }

    public double Weight { get; set; } = 1;

    public int Priority { get; set; }
}

/// <summary>The keys of an entry of <c>tenants</c>.</summary>
internal static class TenantKeys
{
    /// <summary>The keys.</summary>
    public static KeyTable<TenantDraft> Table { get; } = new()
    {
        { "name", TextFormats.Name, t => t.Name ?? "", (t, v) => t.Name = v },
        { "weight", new NumberFormat(0.01, 1000), t => t.Weight, (t, v) => t.Weight = v },
        { "priority", new IntegerFormat<int>(-100, 100), t => t.Priority, (t, v) => t.Priority = v },
    };
}
