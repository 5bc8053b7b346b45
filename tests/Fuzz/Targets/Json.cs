using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Requests;
using Opsen.Grains.Backends;
using Opsen.Protocol.Configuration;

namespace Opsen.Fuzz.Targets;

/// <summary>Bodies of the API: registrations, reports and requests for a host. They are taken, or refused with a text; what is taken has no impossible
/// number.</summary>
internal static class Json
{
    private static readonly ServerOptions Options = new();

    private static readonly RegistrationReader Registrations = new(Options, new OwnListeners(Options), BackendNetworks.Usual, new GeoLocator(Options));
    private static readonly LoadReportReader Reports = new(TimeProvider.System);

    public static void Run(ReadOnlySpan<byte> input)
    {
        if (JsonBudget.IsExceeded(input))
        {
            return;
        }

        var checks = new FieldChecks();
        if (Parse(input, WireJson.Incoming.RegisterRequest) is { } registration)
        {
            var read = Registrations.Read(registration, IPAddress.Loopback, checks);
            FuzzTargets.Require(read is not null == checks.Passed, "a registration is taken or refused");
            FuzzTargets.Require(read is null || (read.ClientId.Length > 0 && double.IsFinite(read.TotalMemoryGb)), "it has an id and amounts");
        }

        checks = new FieldChecks();
        if (Parse(input, WireJson.Incoming.StatsRequest) is { } report)
        {
            var read = Reports.Read(report, checks);
            FuzzTargets.Require(read is not null == checks.Passed, "a report is taken or refused");
            FuzzTargets.Require(read is null || read.CpuUsage.All(static use => use is >= 0 and <= 100), "cores are used by 0 to 100 percent");
        }

        Parse(input, WireJson.Incoming.RouteRequest);
    }

    private static T? Parse<T>(ReadOnlySpan<byte> input, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(input, type);
        }
        catch (JsonException error)
        {
            FuzzTargets.Require(JsonMistake.Describe(error, type).Length > 0, "every mistake has a text");
            return null;
        }
    }
}
