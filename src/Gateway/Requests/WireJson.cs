using System.Text.Encodings.Web;
using System.Text.Json;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Requests;

/// <summary>How the gateway reads and writes the wire types.</summary>
internal static class WireJson
{
    // The deepest body of the API has three levels; unknown fields may nest deeper.
    private const int MaxDepth = 32;

    /// <summary>For request bodies. Strict, so that no two parsers can read one body differently.</summary>
    public static ProtocolJsonContext Incoming { get; } = new(new JsonSerializerOptions(ProtocolJsonContext.Default.Options)
    {
        AllowDuplicateProperties = false,
        MaxDepth = MaxDepth,
    });

    /// <summary>For responses: "°" and non-ASCII letters are not escaped.</summary>
    public static ProtocolJsonContext Outgoing { get; } = new(new JsonSerializerOptions(ProtocolJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
