using System.Text.Encodings.Web;
using System.Text.Json;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Requests;

/// <summary>How the gateway reads and writes the wire types.</summary>
internal static class WireJson
{
    /// <summary>The deepest body that any call takes is three levels deep; unknown fields may go somewhat deeper.</summary>
    private const int MaxDepth = 32;

    /// <summary>For bodies that come in: strict, because two readers of one body must not disagree about it.</summary>
    public static ProtocolJsonContext Incoming { get; } = new(new JsonSerializerOptions(ProtocolJsonContext.Default.Options)
    {
        AllowDuplicateProperties = false,
        MaxDepth = MaxDepth,
    });

    /// <summary>For answers: "°" and letters of all languages as they are.</summary>
    public static ProtocolJsonContext Outgoing { get; } = new(new JsonSerializerOptions(ProtocolJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
