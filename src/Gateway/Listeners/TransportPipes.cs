using System.IO.Pipelines;

namespace Opsen.Gateway.Listeners;

/// <summary>A connection's transport, one or both sides of which are watched.</summary>
internal sealed record TransportPipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
