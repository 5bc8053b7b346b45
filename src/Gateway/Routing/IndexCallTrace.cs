using System.Diagnostics;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Routing;

/// <summary>Spans of calls to an index, which many requests share.</summary>
internal static class IndexCallTrace
{
    /// <summary>Starts a span under the first traced request of a batch, with links to the others; null when none is traced.</summary>
    public static Activity? Start(List<PendingPlacement> batch)
    {
        if (!OpsenTrace.Source.HasListeners())
        {
            return null;
        }

        var traced = batch.Where(static pending => pending.Trace != default).Select(static pending => pending.Trace).ToList();
        return traced.Count == 0 ? null : OpsenTrace.Source
            .StartActivity(ActivityKind.Internal, traced[0], links: traced.Skip(1).Select(static context => new ActivityLink(context)), name: "place")
            ?.SetTag("opsen.batch.size", batch.Count);
    }
}
