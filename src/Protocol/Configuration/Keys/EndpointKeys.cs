using Opsen.Protocol.Configuration.Values;

namespace Opsen.Protocol.Configuration.Keys;

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
