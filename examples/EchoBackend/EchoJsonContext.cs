using System.Text.Json.Serialization;

namespace Opsen.Examples.EchoBackend;

/// <summary>Source-generated JSON of the answers.</summary>
[JsonSerializable(typeof(EchoAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(LoadAnswer))]
internal sealed partial class EchoJsonContext : JsonSerializerContext;
