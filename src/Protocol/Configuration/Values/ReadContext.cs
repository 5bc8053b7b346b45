using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>Where a value is read for, and where its errors go.</summary>
/// <param name="Key">The key, such as "port" or "tiers[1].vcpu".</param>
/// <param name="Errors">Takes what is wrong.</param>
internal sealed record ReadContext(string Key, ErrorCollector Errors)
{
    /// <summary>The context of an item of this key's list.</summary>
    public ReadContext Item(int index) => this with { Key = $"{Key}[{index}]" };

    /// <summary>The context of a key inside this key's mapping.</summary>
    public ReadContext Member(string name) => this with { Key = Key.Length == 0 ? name : $"{Key}.{name}" };

    /// <summary>Reports what is wrong at a place.</summary>
    public void Fail(Origin origin, string message) => Errors.Add(origin, Key, message);
}
