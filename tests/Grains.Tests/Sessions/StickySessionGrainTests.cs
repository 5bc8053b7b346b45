using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Tests.Cluster;
using Opsen.Hosting.Storage.Sqlite;

namespace Opsen.Grains.Tests.Sessions;

public sealed class StickySessionGrainTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private readonly string _pool = ClusterFixture.NewName("pool");

    [Fact]
    public async Task Resolve_Again_StaysAndReservesOnce()
    {
        await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 20));
        await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 20));
        var first = await ResolveAsync("s");

        var second = await ResolveAsync("s");

        Assert.True(first.IsNew);
        Assert.False(second.IsNew);
        Assert.Equal(first.ClientId, second.ClientId);
        Assert.Equal(first.ReservationId, second.ReservationId);
        Assert.Equal(1, await cluster.Index(_pool).PurgeReservations());
    }

    [Fact]
    public async Task Resolve_HostIsExactlyFullByItsOwnReservation_Stays()
    {
        var host = await cluster.AddHostAsync(_pool, TestFleet.Report(cores: 1, freeMemoryGb: 1));
        await ResolveAsync("s");
        for (var i = 0; i < 3; i++)
        {
            await cluster.Backend(host).Report(TestFleet.Report(cores: 1, freeMemoryGb: 1));
            Assert.Equal(host, (await ResolveAsync("s")).ClientId);
        }
    }

    [Fact]
    public async Task Resolve_OverloadedInTwoReportsInARow_Moves()
    {
        var crowded = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 1));
        Assert.Equal(crowded, (await ResolveAsync("s")).ClientId);
        var free = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 50));

        await cluster.Backend(crowded).Report(TestFleet.Report(cpu: 95));
        Assert.Equal(crowded, (await ResolveAsync("s")).ClientId);
        await cluster.Backend(crowded).Report(TestFleet.Report(cpu: 95));

        Assert.Equal(free, (await ResolveAsync("s")).ClientId);
    }

    [Fact]
    public async Task Resolve_OverloadedAndNoOtherHost_StaysRatherThanFails()
    {
        var only = await cluster.AddHostAsync(_pool);
        await ResolveAsync("s");
        await cluster.Backend(only).Report(TestFleet.Report(cpu: 95));
        await cluster.Backend(only).Report(TestFleet.Report(cpu: 95));

        Assert.Equal(only, (await ResolveAsync("s")).ClientId);
    }

    [Fact]
    public async Task Resolve_AnotherTier_PrefersTheHostTheSessionHas()
    {
        var first = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 20));
        Assert.Equal(first, (await ResolveAsync("s")).ClientId);
        await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 1));

        Assert.Equal(first, (await ResolveAsync("s", "large")).ClientId);
    }

    [Fact]
    public async Task Resolve_HostIsGone_MovesAndKeepsTheNewOne()
    {
        var doomed = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 1));
        await ResolveAsync("s");
        var other = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 50));
        await cluster.Backend(doomed).Retire(long.MaxValue, long.MaxValue);
        await cluster.Index(_pool).Remove(doomed);
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(doomed) is null);

        Assert.Equal(other, (await ResolveAsync("s")).ClientId);
        Assert.Equal(other, (await ResolveAsync("s")).ClientId);
    }

    [Fact]
    public async Task Resolve_HostRefusedTheConnection_MovesWithItsReservation()
    {
        var dead = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 1));
        await ResolveAsync("s");
        var other = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 50));

        var moved = await cluster.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small", Excluded = [dead] });

        Assert.Equal(other, moved.ClientId);
        Assert.Equal(1, await cluster.Index(_pool).PurgeReservations());
    }

    [Fact]
    public async Task Resolve_AsManySessionsAsThereMayBe_NewOnesAreRefusedAndOneThatCannotBeReadIsNotTakenForNew()
    {
        using var directory = new TemporaryDirectory();
        await using var own = await OwnCluster.StartAsync(
            directory.File("opsen.db"), new() { Tiers = [TestFleet.Small, TestFleet.Large], MaxSessions = 1, AssignsUnstored = true });
        await own.AddHostAsync(_pool);
        var request = new PlacementRequest { Tier = "small" };
        var first = await own.Session(_pool, "s").Resolve(request);
        Assert.Equal(RouteOutcome.SessionsFull, (await own.Session(_pool, "another").Resolve(request)).Outcome);

        own.Execute("ALTER TABLE opsen_session RENAME TO away", "");
        await own.Cluster.DeactivateAsync(own.Session(_pool, "s"));
        Assert.Equal(RouteOutcome.NotStored, (await own.Session(_pool, "s").Resolve(request)).Outcome);

        own.Execute("ALTER TABLE away RENAME TO opsen_session", "");
        await own.Cluster.DeactivateAsync(own.Session(_pool, "s"));
        Assert.Equal(first.ClientId, (await own.Session(_pool, "s").Resolve(request)).ClientId);
    }

    [Fact]
    public async Task Resolve_AfterDeactivation_StaysWhereItWas()
    {
        var host = await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 1));
        await ResolveAsync("s");
        await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 0));

        await cluster.Cluster.DeactivateAsync(cluster.Session(_pool, "s"));

        var again = await ResolveAsync("s");
        Assert.Equal(host, again.ClientId);
        Assert.False(again.IsNew);
    }

    [Fact]
    public async Task Resolve_FiveHundredFirstRequestsOfOneSession_GetOneHostAndOneReservation()
    {
        for (var i = 0; i < 5; i++)
        {
            await cluster.AddHostAsync(_pool);
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => ResolveAsync("s")));

        Assert.Single(answers.Select(answer => answer.ClientId).Distinct());
        Assert.Single(answers.Select(answer => answer.ReservationId).Distinct());
        Assert.Equal(1, await cluster.Index(_pool).PurgeReservations());
    }

    [Fact]
    public async Task Resolve_CallersForManyTimesTheLifeOfAnIdleGrain_AreAllAnswered()
    {
        await cluster.AddHostAsync(_pool);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(_ => ResolveAsync("s")));

        Assert.All(answers, answer => Assert.Equal((RouteOutcome.Routed, answers[0].ClientId), (answer.Outcome, answer.ClientId)));
    }

    [Fact]
    public async Task Resolve_HostWasUnhealthyInBetween_PlacesAnew()
    {
        var id = ClusterFixture.NewName("host");
        var first = TestFleet.Host(id, registeredAt: 7) with { AffinityEpoch = 7, Registration = TestFleet.Registration(id, _pool) };
        await cluster.Index(_pool).Observe(first);
        Assert.Equal(first.ClientId, (await ResolveAsync("s")).ClientId);

        await cluster.Index(_pool).Observe(first with { AffinityEpoch = 8 });
        await Eventually.BecomesTrueAsync(() => cluster.Fleet(_pool).Find(first.ClientId)?.Snapshot.AffinityEpoch == 8);

        Assert.True((await ResolveAsync("s")).IsNew);
        Assert.False((await ResolveAsync("s")).IsNew);
    }

    [Fact]
    public async Task End_ReleasesTheReservationsAndForgetsTheHosts()
    {
        await cluster.AddHostAsync(_pool);
        var before = await ResolveAsync("s");
        await ResolveAsync("s", "large");
        await ResolveAsync("other");
        Assert.Equal(["large", "small"], (await cluster.Session(_pool, "s").GetAssignments()).Select(one => one.Tier).Order());

        Assert.True(await cluster.Session(_pool, "s").End());
        Assert.False(await cluster.Session(_pool, "s").End());

        Assert.Empty(await cluster.Session(_pool, "s").GetAssignments());
        Assert.False(await cluster.Index(_pool).Release(before.ReservationId));
        Assert.Equal(1, await cluster.Index(_pool).PurgeReservations());
        Assert.True((await ResolveAsync("s")).IsNew);
    }

    [Fact]
    public async Task End_IsToldToEveryViewOfTheFleet()
    {
        await cluster.AddHostAsync(_pool);
        await ResolveAsync("s");
        var fleet = cluster.Fleet(_pool);
        await fleet.Ready;
        var ended = new TaskCompletionSource<string>();
        fleet.SessionEnded += (stickyId, _) => ended.TrySetResult(stickyId);

        await cluster.Session(_pool, "s").End();

        Assert.Equal("s", await ended.Task);
    }

    [Fact]
    public async Task Resolve_DatabaseIsLocked_AssignsNothingAndReservesNothing()
    {
        // A silo of its own: the lock is on the whole file.
        var own = new ClusterFixture();
        await own.InitializeAsync();
        try
        {
            await own.AddHostAsync(_pool);
            await own.Session(_pool, "known").Resolve(new PlacementRequest { Tier = "small" });
            using (var other = new SqliteFile(own.DatabaseFile).Open())
            {
                using var command = other.CreateCommand();
                command.CommandText = "BEGIN EXCLUSIVE";
                command.ExecuteNonQuery();

                var refused = await own.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small" });

                Assert.Equal(RouteOutcome.NotStored, refused.Outcome);
                Assert.False((await own.Session(_pool, "known").Resolve(new PlacementRequest { Tier = "small" })).IsNew);
                Assert.Equal(1, await own.Index(_pool).PurgeReservations());
            }

            await Eventually.BecomesTrueAsync(async () =>
                (await own.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small" })).Outcome == RouteOutcome.Routed);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task Resolve_MoveCannotBeStored_TheSessionKeepsItsHostAndItsReservation()
    {
        using var directory = new TemporaryDirectory();
        await using var own = await OwnCluster.StartAsync(directory.File("opsen.db"));
        var first = await own.AddHostAsync(_pool, TestFleet.Report(cores: 1));
        var before = (await own.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small" }));
        var other = await own.AddHostAsync(_pool, TestFleet.Report(cores: 1));
        using (var connection = new SqliteFile(own.DatabaseFile).Open())
        {
            using var command = connection.CreateCommand();
            command.CommandText = "BEGIN EXCLUSIVE";
            command.ExecuteNonQuery();

            var refused = await own.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small", Excluded = [first] });

            Assert.Equal(RouteOutcome.NotStored, refused.Outcome);
            Assert.True((await own.Index(_pool).HasRoomFor(first, "small", before.ReservationId)).ReservedFor > TimeSpan.Zero);

            // Nobody else gets the room that the session has, and what was reserved for the move is free again.
            Assert.Equal(other, (await own.PlaceAsync(_pool, TestFleet.Request())).ClientId);
            Assert.Equal(RouteOutcome.NoCapacity, (await own.PlaceAsync(_pool, TestFleet.Request())).Outcome);
        }

        var after = (await own.Session(_pool, "s").Resolve(new PlacementRequest { Tier = "small" }));
        Assert.Equal((first, before.ReservationId), (after.ClientId, after.ReservationId));
    }

    [Fact]
    public async Task Resolve_KnownSession_NamesItsReservationOnlyWhileThatLives()
    {
        await cluster.AddHostAsync(_pool);
        var before = (await ResolveAsync("s"));
        Assert.True(await cluster.Index(_pool).Renew(before.ReservationId));
        Assert.Equal(before.ReservationId, (await ResolveAsync("s")).ReservationId);

        Assert.True(await cluster.Index(_pool).Release(before.ReservationId));

        var after = (await ResolveAsync("s"));
        Assert.Equal((before.ClientId, Guid.Empty, TimeSpan.Zero), (after.ClientId, after.ReservationId, after.ReservedFor));
    }

    [Fact]
    public async Task Resolve_NoHostFits_SaysWhyAndAssignsNothing()
    {
        await cluster.AddHostAsync(_pool, TestFleet.Report(cpu: 95));

        var answer = await ResolveAsync("s");

        Assert.Equal(RouteOutcome.NoCapacity, answer.Outcome);
        Assert.Equal(1, answer.Refusals[(int)RefusalReason.Cpu]);
    }

    private Task<PlacementDecision> ResolveAsync(string stickyId, string tier = "small") =>
        cluster.Session(_pool, stickyId).Resolve(new PlacementRequest { Tier = tier });
}
