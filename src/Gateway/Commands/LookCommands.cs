using System.Globalization;
using System.Text.Json;
using Opsen.Gateway.Operator;
using Opsen.Gateway.Requests;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Commands;

/// <summary>Commands that look at a running gateway: hosts, fits, sessions, why.</summary>
internal static class LookCommands
{
    private const int DefaultLimit = 20;

    /// <summary><c>hosts [-all] [-json]</c></summary>
    public static async Task HostsAsync(OperatorCommand command, AdminClient gateway, TextWriter output)
    {
        var fleet = await gateway.GetFleetAsync();
        if (command.AsJson)
        {
            output.WriteLine(JsonSerializer.Serialize(fleet, OperatorJsonContext.Default.FleetDocument));
            return;
        }

        Write(output, FleetText.Hosts(fleet, withIds: command.Flags.ContainsKey("all")));
        output.WriteLine();
        output.WriteLine(FleetText.Summary(fleet));
    }

    /// <summary><c>fits [TIER] [-json]</c></summary>
    public static async Task FitsAsync(OperatorCommand command, AdminClient gateway, TextWriter output)
    {
        var fleet = await gateway.GetFleetAsync();
        var tier = command.Operands.Count > 0 ? command.Operands[0] : null;
        var number = fleet.Tiers.ToList().FindIndex(known => known.Name == tier);
        if (tier is not null && number < 0)
        {
            throw new CommandException($"the tier '{tier}' is not configured; there are: {string.Join(", ", fleet.Tiers.Select(static known => known.Name))}");
        }

        if (command.AsJson)
        {
            var shown = tier is null ? fleet : fleet with { Tiers = [fleet.Tiers[number]] };
            output.WriteLine(JsonSerializer.Serialize(shown.Tiers, OperatorJsonContext.Default.IReadOnlyListTierDocument));
            return;
        }

        Write(output, FleetText.Room(fleet, tier));
        if (tier is not null)
        {
            output.WriteLine();
            Write(output, FleetText.RoomByHost(fleet, number));
        }
    }

    /// <summary><c>sessions [HOST] [-limit N] [-json]</c></summary>
    public static async Task SessionsAsync(OperatorCommand command, AdminClient gateway, TextWriter output)
    {
        var fleet = await gateway.GetFleetAsync();
        var ofHost = command.Operands.Count > 0 ? $"&client_id={Uri.EscapeDataString(HostNames.Find(fleet, command.Operands[0]).ClientId)}" : "";
        var page = await gateway.GetAsync($"/sessions?limit={Limit(command, 100)}{ofHost}", ProtocolJsonContext.Default.SessionListResponse);
        if (command.AsJson)
        {
            output.WriteLine(JsonSerializer.Serialize(page, WireJson.Outgoing.SessionListResponse));
            return;
        }

        var table = new TextTable("SESSION", "TIER", "HOST", ">AGE", ">UNUSED", "RESERVATION");
        foreach (var session in page.Sessions)
        {
            table.Add(
                session.StickyId,
                session.Tier,
                HostNames.Describe(fleet, session.ClientId),
                FleetText.Age(fleet.Time - session.CreatedAt),
                FleetText.Age(fleet.Time - session.LastUsed),
                session.ReservationId);
        }

        Write(output, table);
        if (page.Next is not null)
        {
            output.WriteLine($"… and more; -limit N shows up to 1000, GET /sessions all of them");
        }
    }

    /// <summary><c>why [RESERVATION | SESSION] [-limit N] [-json]</c></summary>
    public static async Task WhyAsync(OperatorCommand command, AdminClient gateway, TextWriter output)
    {
        var fleet = await gateway.GetFleetAsync();
        if (command.Operands.Count == 0)
        {
            await ListDecisionsAsync(command, gateway, fleet, output);
            return;
        }

        var id = command.Operands[0];
        string[] reservations = [id];
        if (!Guid.TryParse(id, out _))
        {
            var session = await gateway.GetAsync($"/sessions/{Uri.EscapeDataString(id)}", ProtocolJsonContext.Default.SessionListResponse);
            reservations = [.. session.Sessions.Select(static assignment => assignment.ReservationId)];
        }

        foreach (var reservation in reservations)
        {
            var decision = await gateway.GetAsync($"/decisions/{reservation}", ProtocolJsonContext.Default.DecisionResponse);
            if (command.AsJson)
            {
                output.WriteLine(JsonSerializer.Serialize(decision, WireJson.Outgoing.DecisionResponse));
            }
            else
            {
                Explain(fleet, decision, output);
            }
        }
    }

    /// <summary>The number after <c>-limit</c>.</summary>
    private static int Limit(OperatorCommand command, int whenAbsent) => !command.Flags.TryGetValue("limit", out var text) ? whenAbsent
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= 1000 ? limit
        : throw new CommandException($"-limit: '{text}' is not a whole number from 1 to 1000", OperatorCommand.UsageExitCode);

    private static async Task ListDecisionsAsync(OperatorCommand command, AdminClient gateway, FleetDocument fleet, TextWriter output)
    {
        var list = await gateway.GetAsync($"/decisions?limit={Limit(command, DefaultLimit)}", ProtocolJsonContext.Default.DecisionListResponse);
        if (command.AsJson)
        {
            output.WriteLine(JsonSerializer.Serialize(list, WireJson.Outgoing.DecisionListResponse));
            return;
        }

        var table = new TextTable("RESERVATION", "TIER", "HOST", ">AGO", "SESSION");
        foreach (var decision in list.Decisions)
        {
            table.Add(
                decision.ReservationId,
                decision.Tier,
                HostNames.Describe(fleet, decision.ClientId),
                FleetText.Age(fleet.Time - decision.DecidedAt),
                decision.StickyId ?? "-");
        }

        Write(output, table);
    }

    private static void Explain(FleetDocument fleet, DecisionResponse decision, TextWriter output)
    {
        var explanation = decision.Explanation;
        output.WriteLine($"{HostNames.Describe(fleet, decision.ClientId)} was chosen for tier {decision.Tier}, {FleetText.Age(fleet.Time - decision.DecidedAt)} ago.");
        output.WriteLine(explanation.AsOf == decision.DecidedAt
            ? "The fleet as it was then; the lowest score wins:"
            : "The fleet as it is now, because nobody asked for an explanation then (explain=true); the lowest score wins:");
        var table = new TextTable("", "HOST", ">SCORE", ">DISTANCE", ">CPU", ">MEMORY", ">GPU", ">LATENCY", ">OTHER", "WHY NOT");
        foreach (var host in explanation.Hosts)
        {
            var score = host.Score;
            table.Add(
                host.ClientId == decision.ClientId ? ">" : "",
                HostNames.Describe(fleet, host.ClientId),
                Term(score?.Total),
                Term(score?.DistanceKm),
                Term(score?.AvgCpu),
                Term(score?.MemoryPct),
                Term(score?.Gpu),
                Term(score?.LatencyMs),
                Term(score is null ? null : (score.SlowStart ?? 0) + (score.Pace ?? 0)),
                host.RefusedBy is null ? "" : host.Shortage is { } shortage
                    ? $"{host.RefusedBy}: needs {FleetText.Number(shortage.Needed)} {shortage.Unit}, has {FleetText.Number(shortage.Available)}"
                    : host.RefusedBy);
        }

        Write(output, table);
        output.WriteLine();
    }

    private static string Term(double? value) => value is { } known ? FleetText.Number(known) : "-";

    private static void Write(TextWriter output, TextTable table)
    {
        foreach (var line in table.Lines())
        {
            output.WriteLine(line);
        }
    }
}
