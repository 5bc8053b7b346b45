using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Fleet;

namespace Opsen.Gateway.Tests.Routing;

public sealed class FleetPollerTests
{
    [Fact]
    public async Task RunAsync_SiloThatDiedWithAQuestion_IsGivenUpWithinSecondsAndAskedAgain()
    {
        var (time, grains, fleet) = (new FakeTimeProvider(), new FakeGrains(), new FleetView("default"));
        var questions = new ConcurrentQueue<TaskCompletionSource<FleetChanges>>();
        grains.Following = () =>
        {
            var question = new TaskCompletionSource<FleetChanges>();
            questions.Enqueue(question);
            return question.Task;
        };
        using var stop = new CancellationTokenSource();
        var polling = new FleetPoller(fleet, grains.Factory, time, NullLogger<FleetPoller>.Instance).RunAsync(stop.Token);
        await Eventually.BecomesTrueAsync(() => questions.Count == 1);

        // The time to give up, and the pause before the next try.
        await Eventually.BecomesTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return questions.Count == 2;
        });

        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60));
        questions.Last().SetResult(new FleetChanges { Epoch = 1, Version = 1, IsFull = true, Changed = [], Removed = [] });
        await fleet.Ready;
        await stop.CancelAsync();
        await polling;
    }
}
