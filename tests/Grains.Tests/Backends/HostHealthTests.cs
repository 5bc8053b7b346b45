using System.Collections.Immutable;
using CsCheck;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Tests.Backends;

public sealed class HostHealthTests
{
    private readonly HostHealth _health = new(new HealthCheckSettings());

    public HostHealthTests() => _health.Follow(Endpoints("http://a", "http://b"));

    [Fact]
    public void Merge_OneOfTwoEndpointsFails_NamesItAndKeepsTheHost()
    {
        Succeed("http://b", 2);

        Fail("http://a", 3);

        Assert.Equal((HealthStatus.Healthy, "http://a"), (_health.Status, Assert.Single(_health.Down)));
        Assert.Equal(10, _health.LatencyMs);
    }

    [Fact]
    public void Merge_AllEndpointsFail_MakesTheHostUnhealthy()
    {
        Fail("http://a", 3);
        Assert.Equal(HealthStatus.Unknown, _health.Status);

        Fail("http://b", 3);

        Assert.Equal(HealthStatus.Unhealthy, _health.Status);
        Assert.Empty(_health.Down);
    }

    [Fact]
    public void Follow_EndpointThatStays_KeepsWhatIsKnownOfIt()
    {
        Fail("http://a", 3);

        _health.Follow(Endpoints("http://c", "http://a"));

        Assert.Equal([HealthStatus.Unknown, HealthStatus.Unhealthy], _health.Endpoints.Select(endpoint => endpoint.Status));
        Assert.Equal(["http://a"], _health.Down);
    }

    [Fact]
    public void Restore_WhatWasExported_IsTheSameHealth()
    {
        Succeed("http://a", 2);
        Fail("http://b", 3);
        var again = new HostHealth(new HealthCheckSettings());
        again.Follow(Endpoints("http://a", "http://b", "http://c"));

        again.Restore(_health.Export());

        Assert.Equal([HealthStatus.Healthy, HealthStatus.Unhealthy, HealthStatus.Unknown], again.Endpoints.Select(endpoint => endpoint.Status));
        Assert.Equal((_health.Status, _health.LatencyMs), (again.Status, again.LatencyMs));
        Assert.Equal(_health.Down, again.Down);
    }

    [Fact]
    public void ReportedUnreachable_ManyTimes_IsOneFailureAndNeverTheLast()
    {
        var endpoint = _health.Find("http://a")!;
        Succeed("http://a", 2);

        for (var i = 0; i < 100; i++)
        {
            endpoint.ReportedUnreachable();
        }

        Assert.Equal((HealthStatus.Healthy, true, false), (endpoint.Status, endpoint.IsSuspect, endpoint.IsSettled));
        Assert.False(endpoint.Failed("refused"));
        endpoint.ReportedUnreachable();
        Assert.True(endpoint.Failed("refused"));
    }

    [Fact]
    public void ReportedUnreachable_ProbeSucceeds_IsForgotten()
    {
        var endpoint = _health.Find("http://a")!;
        Succeed("http://a", 2);
        endpoint.ReportedUnreachable();

        endpoint.Succeeded(1);

        Assert.True(endpoint.IsSettled);
        Assert.False(endpoint.Failed("refused") || endpoint.Failed("refused"));
    }

    /// <summary>Against a model that keeps the whole history and looks at its end.</summary>
    [Fact]
    public void Endpoint_RandomEvents_AgreesWithNaiveModel() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.Int[0, 9].Array[0, 200]).Sample((unhealthyThreshold, healthyThreshold, events) =>
        {
            var endpoint = new EndpointHealth("http://a", new HealthTracker(unhealthyThreshold, healthyThreshold));
            var results = new List<bool>();
            var status = HealthStatus.Unknown;
            var latency = 0d;
            foreach (var number in events)
            {
                var before = status;
                if (number == 0)
                {
                    // A report is the first failure of a row, where that is not the last.
                    if (results is [] or [.., true])
                    {
                        results.Add(true);
                        if (unhealthyThreshold > 1)
                        {
                            results.Add(false);
                        }
                        else
                        {
                            results.Clear();
                        }
                    }

                    endpoint.ReportedUnreachable();
                }
                else if (number < 6)
                {
                    results.Add(true);
                    latency = latency == 0 ? number : (0.3 * number) + (0.7 * latency);
                    status = EndsWith(results, true, healthyThreshold) ? HealthStatus.Healthy : status;
                    Assert.Equal(status != before, endpoint.Succeeded(number));
                }
                else
                {
                    results.Add(false);
                    status = EndsWith(results, false, unhealthyThreshold) ? HealthStatus.Unhealthy : status;
                    Assert.Equal(status != before, endpoint.Failed("refused"));
                }

                Assert.Equal(status, endpoint.Status);
                Assert.Equal(latency, endpoint.LatencyMs, 9);
            }
        });

    private static bool EndsWith(List<bool> results, bool value, int times) => results.Count >= times && results.TakeLast(times).All(result => result == value);

    private static ImmutableArray<BackendEndpoint> Endpoints(params ReadOnlySpan<string> urls)
    {
        var endpoints = ImmutableArray.CreateBuilder<BackendEndpoint>();
        foreach (var url in urls)
        {
            endpoints.Add(new BackendEndpoint(url, []));
        }

        return endpoints.ToImmutable();
    }

    private void Succeed(string url, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _health.Find(url)!.Succeeded(10);
        }

        _health.Merge();
    }

    private void Fail(string url, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _health.Find(url)!.Failed("refused");
        }

        _health.Merge();
    }
}
