using Opsen.Gateway.Proxy.Headers;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Gateway.Proxy;

/// <summary>What is done to requests on their way out, and to responses on their way back.</summary>
/// <param name="Forwarding">Headers that tell a backend of the request.</param>
/// <param name="Responses">Headers that tell a caller of the host.</param>
/// <param name="EventStreams">Copies event streams.</param>
/// <param name="Time">The clock.</param>
internal sealed record ForwardingSteps(ForwardingHeaders Forwarding, ResponseHeaders Responses, EventStreamCopier EventStreams, TimeProvider Time);
