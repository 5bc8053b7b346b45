using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Proxy.Failover;

public sealed class UnreachableHostLogTests
{
    [Fact]
    public void Report_ManyAttempts_WarnsOnceAnIntervalAndCountsThem()
    {
        var time = new FakeTimeProvider();
        using var captured = new LogRecorder();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(captured).SetMinimumLevel(LogLevel.Debug));
        var log = new UnreachableHostLog(time, factory.CreateLogger<UnreachableHostLog>());

        for (var i = 0; i < 5; i++)
        {
            log.Report("a", "refused");
        }

        time.Advance(UnreachableHostLog.Interval);
        log.Report("b", "refused");

        var warnings = captured.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message).ToList();
        Assert.Equal(2, warnings.Count);
        Assert.Contains("1 such", warnings[0], StringComparison.Ordinal);
        Assert.Contains("Host b", warnings[1], StringComparison.Ordinal);
        Assert.Contains("5 such", warnings[1], StringComparison.Ordinal);
        Assert.Equal(6, captured.Entries.Count(entry => entry.Level == LogLevel.Debug));
    }
}
