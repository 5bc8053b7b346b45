using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Problems;

/// <summary>The body of an error response (RFC 9457, section 3).</summary>
/// <param name="Type">Names the kind of problem; stable, for programs.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened to this request and what the caller can change.</param>
/// <param name="Explanation">The explanation of a refused decision, if the caller asked for it.</param>
/// <param name="Queue">How a request waited for room that got none; absent where it did not wait.</param>
internal sealed record ProblemDocument(
    string Type,
    string Title,
    int Status,
    string Detail,
    DecisionExplanation? Explanation = null,
    QueueEntry? Queue = null);

/// <summary>Source-generated JSON for problems.</summary>
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class ProblemJsonContext : JsonSerializerContext
{
    /// <summary>Leaves quotes and letters unescaped: the response is JSON by its content type and never embedded in HTML.</summary>
    public static ProblemJsonContext Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
