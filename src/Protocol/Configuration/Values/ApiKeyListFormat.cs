using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>api_keys</c>: keys alone or with a scope and a name; in a variable keys with commas between, or a list in YAML flow text.</summary>
internal sealed class ApiKeyListFormat()
    : RecordListFormat<ApiKeyDraft, ApiKeyOptions>(ApiKeyKeys.Table, 1000, "{key: ..., scope: read, name: grafana}, or keys alone")
{
    private static readonly TextListFormat Keys = new(TextFormats.RequiredKey);

    /// <inheritdoc/>
    public override ConfigurationNode? FromText(string text, Origin origin, ErrorCollector errors) =>
        text.StartsWith('[') ? base.FromText(text, origin, errors) : Keys.FromText(text, origin, errors);

    /// <inheritdoc/>
    protected override bool TryReadScalar(ScalarNode node, ReadContext context, [MaybeNullWhen(false)] out ApiKeyOptions record)
    {
        record = TextFormats.RequiredKey.TryRead(node, context, out var key) ? new ApiKeyOptions(key) : null;
        return record is not null;
    }

    /// <inheritdoc/>
    protected override (string Key, string Message)? Problem(ApiKeyDraft draft, IReadOnlyList<ApiKeyOptions> earlier) =>
        draft.Key is null ? ("key", $"is missing; allowed: {TextFormats.RequiredKey.Allowed}")
        : draft.Name.Length > 0 && earlier.Any(one => one.Name == draft.Name) ? ("name", $"'{draft.Name}' is the name of an earlier key; each name is allowed once")
        : null;

    /// <inheritdoc/>
    protected override ApiKeyDraft ToDraft(ApiKeyOptions record) => new() { Key = record.Key, Scope = record.Scope, Name = record.Name };

    /// <inheritdoc/>
    protected override ApiKeyOptions Build(ApiKeyDraft draft) => new(draft.Key!, draft.Scope, draft.Name);
}

/// <summary>An entry of <c>api_keys</c> while it is read.</summary>
internal sealed class ApiKeyDraft
{
    public string? Key { get; set; }

    public ApiScope Scope { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>The keys of an entry of <c>api_keys</c>.</summary>
internal static class ApiKeyKeys
{
    /// <summary>The keys.</summary>
    public static KeyTable<ApiKeyDraft> Table { get; } = new()
    {
        { "key", TextFormats.RequiredKey, k => k.Key ?? "", (k, v) => k.Key = v },
        { "scope", new ChoiceFormat<ApiScope>(), k => k.Scope, (k, v) => k.Scope = v },
        { "name", TextFormats.Name, k => k.Name, (k, v) => k.Name = v },
    };
}
