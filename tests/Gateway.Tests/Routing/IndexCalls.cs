using System.Collections.Concurrent;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Tests.Routing;

/// <summary>Calls to the index, each answered when the test says so.</summary>
internal sealed class IndexCalls : ConcurrentQueue<IndexCalls.Call>
{
    /// <summary>Takes the calls of these grains' index.</summary>
    public IndexCalls(FakeGrains grains) => grains.Deciding = (released, requests) =>
    {
        var call = new Call(released, requests);
        Enqueue(call);
        return call.Answer.Task;
    };

    internal sealed record Call(Guid[] Released, PlacementRequest[] Requests)
    {
        public TaskCompletionSource<PlacementDecision[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<string> Tiers => Requests.Select(request => request.Tier);

        /// <summary>Grants each request the reservation that it names, on a host with its tier's name.</summary>
        public void Grant(long epoch = 0) => Answer.SetResult(
        [
            .. Requests.Select(request => new PlacementDecision
            {
                Outcome = RouteOutcome.Routed,
                ClientId = request.Tier,
                ReservationId = request.ReservationId,
                Epoch = epoch,
            }),
        ]);
    }
}
