using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Grains.DecisionLogs;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Hosting.DecisionLogs;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests.DecisionLogs;

public sealed class DecisionLogWriterTests : IAsyncDisposable
{
    private static readonly TimeSpan Horizon = TimeSpan.FromMinutes(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    [Fact]
    public async Task Write_FileIsRotated_EachFileCanBeReplayedAlone()
    {
        var path = _directory.File("decisions.log");
        using var writer = WriterTo(path);
        await writer.StartAsync(TestContext.Current.CancellationToken);
        writer.Write(new() { Kind = DecisionEventKind.Begin, Pool = "p", Tiers = [new() { Name = "web", Vcpu = 1, MemoryGb = 1 }] });
        writer.Write(new() { Kind = DecisionEventKind.Host, Pool = "p", Host = Host("kept") });
        writer.Write(new() { Kind = DecisionEventKind.Host, Pool = "p", Host = Host("left") });
        writer.Write(Granted(1));
        var second = Granted(2);
        writer.Write(second);
        writer.Write(new() { Kind = DecisionEventKind.Gone, Pool = "p", ClientId = "left" });
        writer.Write(new() { Kind = DecisionEventKind.Ended, Pool = "p", Reservation = second.Reservation, How = "released" });
        await Eventually.BecomesTrueAsync(() => File.Exists(path) && File.ReadAllText(path).Contains("\"ended\"", StringComparison.Ordinal));
        File.Move(path, path + ".1");

        // One core is left then, and after that none.
        var ms = 10L;
        await Eventually.BecomesTrueAsync(() =>
        {
            writer.Write(new() { Kind = DecisionEventKind.Host, Pool = "p", Ms = ms++, Host = Host("kept") });
            return File.Exists(path);
        });
        writer.Write(Granted(3) with { Ms = ms });
        writer.Write(new() { Kind = DecisionEventKind.Refused, Pool = "p", Tier = "web", Ms = ms });
        await writer.StopAsync(TestContext.Current.CancellationToken);

        var before = Replay(path + ".1");
        var after = Replay(path);
        Assert.Equal((2, 2), (before.Hosts, before.Decisions));
        Assert.Equal((1, 2), (after.Hosts, after.Decisions));
        Assert.Equal(1, after.Outcomes[1].Refused);
        Assert.Equal(100, after.Outcomes[1].SameHostPct);
    }

    [Fact]
    public async Task Write_DiskFailsMoreThanOnce_TheFileTellsOfEveryLineThatIsMissing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a device that is always full");
        var path = _directory.File("decisions.log");
        File.CreateSymbolicLink(path, "/dev/full");
        var dropped = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "opsen.decision_log.dropped")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref dropped, count));
        listener.Start();
        using var writer = WriterTo(path);
        await writer.StartAsync(TestContext.Current.CancellationToken);
        foreach (var number in Enumerable.Range(1, 3))
        {
            writer.Write(Granted(number));
            await Eventually.BecomesTrueAsync(() => Interlocked.Read(ref dropped) == number);
        }

        File.Delete(path);
        writer.Write(Granted(4));
        await writer.StopAsync(TestContext.Current.CancellationToken);

        using var gap = JsonDocument.Parse(File.ReadLines(path).First(static line => line.Contains("\"gap\"", StringComparison.Ordinal)));
        Assert.Equal(3, gap.RootElement.GetProperty("lost").GetInt64());
        Assert.Single(File.ReadLines(path), static line => line.Contains("\"gap\"", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _directory.Dispose();
    }

    private DecisionLogWriter WriterTo(string path) => new(
        new ServerOptions { DecisionLog = path },
        TimeProvider.System,
        _services.GetRequiredService<IMeterFactory>(),
        NullLogger<DecisionLogWriter>.Instance);

    private static ReplayReport Replay(string path)
    {
        using var reader = new StreamReader(path);
        return Assert.Single(DecisionReplay.Run(reader, Horizon));
    }

    private static DecisionEvent Granted(int number) => new()
    {
        Kind = DecisionEventKind.Granted,
        Pool = "p",
        ClientId = "kept",
        Tier = "web",
        Reservation = new Guid(number, 0, 0, new byte[8]),
    };

    private static HostSnapshot Host(string id) => new()
    {
        Registration = new() { ClientId = id, Pool = "p", TotalCpu = 2, TotalMemoryGb = 8, Endpoints = [new($"http://{id}:1", [])] },
        Load = new() { CpuUsage = id == "kept" ? [10, 10] : [90, 90], MemoryTotalGb = 8, MemoryAvailableGb = 8, DiskTotalGb = 8, DiskAvailableGb = 8 },
        ReportSequence = 1,
        IsActive = true,
    };
}
