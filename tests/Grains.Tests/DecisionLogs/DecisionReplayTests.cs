using System.Text.Json;
using Opsen.Grains.DecisionLogs;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;
using Opsen.Grains.Tests.Placement;

namespace Opsen.Grains.Tests.DecisionLogs;

public sealed class DecisionReplayTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_LogOfARandomDay_ChoosesWhatTheIndexChose(bool isProjected)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var log = Record(seed, isProjected, out var granted, out var refused);

            var report = Assert.Single(DecisionReplay.Run(new StringReader(log), TimeSpan.FromMinutes(1)));

            Assert.Equal(granted + refused, report.Decisions);
            Assert.True(granted > 300 && refused > 20, $"{granted} granted, {refused} refused");
            Assert.Equal(0, report.Lost);
            var (recorded, own, other) = (report.Outcomes[0], report.Outcomes[isProjected ? 2 : 1], report.Outcomes[isProjected ? 1 : 2]);
            Assert.Equal(refused, recorded.Refused);
            Assert.Equal(recorded with { Name = own.Name }, own);
            Assert.InRange(other.SameHostPct, 1, 99);
            Assert.Equal(log, Record(seed, isProjected, out _, out _));
        }
    }

    [Fact]
    public void Run_HostThatGotBusyBesideOneThatDidNot_IsRegretted()
    {
        var events = new List<DecisionEvent>
        {
            new() { Kind = DecisionEventKind.Begin, Pool = "default", Tiers = [new() { Name = "web", Vcpu = 1, MemoryGb = 1 }], PanicThresholdPct = 0 },
            Report("busy", 1, 10, ms: 0),
            Report("quiet", 1, 20, ms: 0),
            new() { Kind = DecisionEventKind.Granted, Pool = "default", Ms = 1000, ClientId = "quiet", Tier = "web", Reservation = Guid.NewGuid() },
            Report("busy", 2, 60, ms: 30_000),
            Report("quiet", 2, 30, ms: 30_000),
            Report("busy", 3, 70, ms: 50_000),
            Report("quiet", 3, 30, ms: 50_000),

            // Too late to count.
            Report("quiet", 4, 0, ms: 90_000),
        };

        var report = Assert.Single(DecisionReplay.Run(Lines(events), TimeSpan.FromMinutes(1)));

        // The classic score takes the host that was less loaded then; one of its eight cores would have been used by the session.
        Assert.Equal(new ReplayOutcome("recorded", 100, 0, 30, 30, 0, 0), report.Outcomes[0]);
        Assert.Equal(new ReplayOutcome("classic", 0, 0, 77.5, 77.5, 47.5, 47.5), report.Outcomes[1]);
    }

    [Fact]
    public void Run_DecisionForAPreferredHost_IsNoScores()
    {
        var events = new List<DecisionEvent>
        {
            new() { Kind = DecisionEventKind.Begin, Pool = "default", Tiers = [new() { Name = "web", Vcpu = 1 }] },
            Report("a", 1, 10, ms: 0),
            new()
            {
                Kind = DecisionEventKind.Granted, Pool = "default", Ms = 1, ClientId = "a", Tier = "web", Reservation = Guid.NewGuid(), Preferred = ["a"],
            },
            new() { Kind = DecisionEventKind.Gap, Pool = "default", Ms = 2, Lost = 7 },
        };

        var report = Assert.Single(DecisionReplay.Run(Lines(events), TimeSpan.FromMinutes(1)));

        Assert.Equal((0, 1, 7L), (report.Decisions, report.Preferred, report.Lost));
    }

    [Theory]
    [InlineData("""{"kind":"gone","pool":"a","client_id":"x"}""", "line 1: pool 'a' does not begin")]
    [InlineData("""{"kind":"begin","pool":"a"}""", "line 1: 'tiers' is missing")]
    [InlineData("""{"kind":"begin","pool":"a","tiers":[{"name":"t"},{"name":"t"}]}""", "line 1:")]
    [InlineData("""{"kind":"begin","pool":"a","tiers":[]}|{"kind":"ended","pool":"a"}""", "line 2: 'reservation' is missing")]
    [InlineData("""{"kind":"begin","pool":"a","tiers":[]}|{"kind":"refused","pool":"a","tier":"u"}""", "line 2: tier 'u' is not one of the pool's")]
    [InlineData("""{"kind":"odd"}|{}""", "line 1:")]
    [InlineData("""null""", "line 1: null is no event")]
    public void Run_WhatIsNoLog_NamesTheLine(string lines, string problem)
    {
        var error = Assert.Throws<FormatException>(() => DecisionReplay.Run(new StringReader(lines.Replace('|', '\n') + "\n"), TimeSpan.FromMinutes(1)));

        Assert.StartsWith(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_LastLineIsCut_IsLeftOut()
    {
        var report = DecisionReplay.Run(new StringReader("""{"kind":"begin","pool":"a","tiers":[]}""" + "\n{\"kind\":\"gr"), TimeSpan.FromMinutes(1));

        Assert.Equal("a", Assert.Single(report).Pool);
    }

    /// <summary>Random hosts, reports, requests and ends, and what an index did.</summary>
    private static string Record(int seed, bool isProjected, out int granted, out int refused)
    {
        var settings = new GrainSettings { Tiers = RandomHosts.Tiers, PanicThresholdPct = 50, ProjectedWindow = isProjected ? Window : null };
        var (events, random, live) = (new ListLog(), new Random(seed), new List<Guid>());
        var recorder = new PoolRecorder(events, "default");
        recorder.Begun(settings, DateTimeOffset.UnixEpoch, 0);
        var index = new PlacementIndex(settings.Tiers, TimeSpan.FromSeconds(20), settings.PanicThresholdPct, settings.ProjectedWindow, recorder);
        var hosts = Enumerable.Range(0, 30).Select(i => RandomHosts.Host(random, $"host-{i}", 1)).ToArray();
        Array.ForEach(hosts, host => index.Upsert(host, 0));
        (granted, refused) = (0, 0);
        for (var now = 100L; now < 200_000; now += random.Next(200))
        {
            var i = random.Next(hosts.Length);
            switch (random.Next(8))
            {
                case < 3:
                    index.Upsert(hosts[i] = RandomHosts.State(random, hosts[i].Next(RandomHosts.Load(random))), now);
                    break;

                case 3 when live.Count > 0:
                    index.Release(live[random.Next(live.Count)], now);
                    break;

                case 4 when random.Next(20) == 0:
                    index.Remove(hosts[i].ClientId);
                    break;

                default:
                    var query = new PlacementQuery
                    {
                        Tier = random.Next(settings.Tiers.Length),
                        Place = RandomHosts.Place(random),
                        ReservationId = new Guid(random.Next(), 0, 0, BitConverter.GetBytes(now)),
                        Excluded = random.Next(5) == 0 ? [hosts[i].ClientId] : [],
                    };
                    if (index.Place(query, now, out var placement) == RouteOutcome.Routed)
                    {
                        granted++;
                        live.Add(placement.ReservationId);
                    }
                    else
                    {
                        refused++;
                    }

                    break;
            }
        }

        return Lines(events.All).ReadToEnd();
    }

    private static DecisionEvent Report(string host, long sequence, double busy, long ms)
    {
        var snapshot = Hosts.Create(host, Hosts.Load([busy, busy, busy, busy, busy, busy, busy, busy]), sequence: sequence);
        snapshot = snapshot with { Registration = snapshot.Registration with { TotalCpu = 8, TotalMemoryGb = 32 } };
        return new() { Kind = DecisionEventKind.Host, Pool = "default", Ms = ms, Host = snapshot };
    }

    private static StringReader Lines(IEnumerable<DecisionEvent> events) =>
        new(string.Concat(events.Select(static one => JsonSerializer.Serialize(one, StateJson.Options) + "\n")));

    private sealed class ListLog : IDecisionLog
    {
        public List<DecisionEvent> All { get; } = [];

        public void Write(DecisionEvent one) => All.Add(one);
    }
}
