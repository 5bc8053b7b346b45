using Opsen.Protocol.Configuration.Keys;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>endpoints</c>.</summary>
internal sealed class EndpointListFormat()
    : RecordListFormat<EndpointDraft, EndpointOptions>(EndpointKeys.Table, 64, "{url: \"http://10.0.0.5:8000\", paths: [/api]}")
{
    /// <inheritdoc/>
    protected override (string Key, string Message)? Problem(EndpointDraft draft, IReadOnlyList<EndpointOptions> earlier) =>
        draft.Url is null ? ("url", $"is missing; allowed: {TextFormats.Url.Allowed}") : null;

    /// <inheritdoc/>
    protected override EndpointDraft ToDraft(EndpointOptions record) => new() { Url = record.Url, Paths = record.Paths };

    /// <inheritdoc/>
    protected override EndpointOptions Build(EndpointDraft draft) => new() { Url = draft.Url!, Paths = draft.Paths };

    /// <inheritdoc/>
    protected override bool SameRecord(EndpointOptions left, EndpointOptions right) => left.Url == right.Url && left.Paths.SequenceEqual(right.Paths);
}

/// <summary>An entry of <c>endpoints</c> while it is read.</summary>
internal sealed class EndpointDraft
{
    public string? Url { get; set; }

    public IReadOnlyList<string> Paths { get; set; } = [];
}

/// <summary>The keys of an entry of <c>endpoints</c>.</summary>
internal static class EndpointKeys
{
    /// <summary>The keys.</summary>
    public static KeyTable<EndpointDraft> Table { get; } = new()
    {
        { "url", TextFormats.Url, e => e.Url ?? "", (e, v) => e.Url = v },
        { "paths", new TextListFormat(TextFormats.PathPattern), e => e.Paths, (e, v) => e.Paths = v },
    };
}
