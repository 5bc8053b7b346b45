using System.Diagnostics.CodeAnalysis;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Values;

/// <summary>The value of <c>endpoints</c>.</summary>
internal sealed class EndpointListFormat()
    : RecordListFormat<EndpointDraft, EndpointOptions>(EndpointKeys.Table, 64, "{url: \"http://10.0.0.5:8000\", paths: [/api]}")
{
    /// <inheritdoc/>
    protected override bool TryBuild(EndpointDraft draft, Origin origin, ReadContext context, [MaybeNullWhen(false)] out EndpointOptions record)
    {
        record = draft.Url is { } url ? new EndpointOptions { Url = url, Paths = draft.Paths } : null;
        if (record is null)
        {
            context.Member("url").Fail(origin, $"is missing; allowed: {TextFormats.Url.Allowed}");
        }

        return record is not null;
    }

    /// <inheritdoc/>
    protected override bool SameRecord(EndpointOptions left, EndpointOptions right) => left.Url == right.Url && left.Paths.SequenceEqual(right.Paths);
}
