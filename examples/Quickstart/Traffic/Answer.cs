using System.Text.Json;

namespace Opsen.Examples.Quickstart.Traffic;

/// <summary>How one request ended.</summary>
/// <param name="Host">Name of the host that it went to; empty for a failed request.</param>
/// <param name="Body">The JSON answer.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
internal readonly record struct Answer(string Host, JsonElement Body, string? Failure)
{
    /// <summary>A request that got no usable answer.</summary>
    public static Answer Failed(string why) => new("", default, why);
}
