using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Load;

/// <summary>What users notice of ten thousand slow connections, and of a flood from a hundred thousand addresses. The users' requests come at fixed times, and
/// count from when they were due.</summary>
internal static class Hostile
{
    private const int Users = 200;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(20);

    /// <summary>Measures users alone, beside slow connections, and beside a flood, and prints a line for each.</summary>
    /// <param name="slowConnections">Connections that never come to the end of a head.</param>
    /// <param name="floodPerSecond">Requests of the flood, each from another address and on a connection of its own.</param>
    public static async Task RunAsync(int slowConnections, int floodPerSecond)
    {
        await using var backend = ChildProcess.Start("backend", Environment.ProcessPath!, [PlainBackend.Command]);
        await Wait.UntilAsync("the backend's port", _ => Task.FromResult(backend.Log.Count > 0), TimeSpan.FromMinutes(1), default);
        await using var gateway = await RunningGateway.StartAsync(
            $"http://127.0.0.1:{int.Parse(backend.Log[0], CultureInfo.InvariantCulture)}", ("rate_limit_per_minute", "60"));

        // Until the code is compiled.
        await MeasureAsync(gateway, null);
        await PhaseAsync(gateway, "users alone", null);
        await PhaseAsync(gateway, $"{slowConnections} slow connections", [Attack.Command, "slow", $"{gateway.Url.Port}", $"{slowConnections}"]);
        await PhaseAsync(gateway, "users alone", null);
        await PhaseAsync(gateway, $"flood, {floodPerSecond}/s", [Attack.Command, "flood", $"{gateway.Url.Port}", $"{floodPerSecond}"]);
        await PhaseAsync(gateway, "users alone", null);
    }

    private static async Task PhaseAsync(RunningGateway gateway, string name, string[]? attack)
    {
        gateway.ForgetPeak();
        var (times, failed, attacks) = await MeasureAsync(gateway, attack);
        Console.WriteLine(
            $"{name,-24} p50 {times[times.Count / 2].TotalMilliseconds,7:F2} ms, p99 {times[times.Count * 99 / 100].TotalMilliseconds,7:F2} ms, "
            + $"{times.Count} requests, {failed} failed; peak {gateway.Peak >> 20,4} MB; {attacks} connections of the attack");
    }

    private static async Task<(List<TimeSpan> Times, int Failed, long Attacks)> MeasureAsync(RunningGateway gateway, string[]? attack)
    {
        // In a process of its own: what measures must not wait for what attacks.
        await using var attacking = attack is null ? null : ChildProcess.Start("attack", Environment.ProcessPath!, attack);
        if (attack is not null)
        {
            // Until it is in full effect.
            await Task.Delay(Phase / 2);
        }

        var users = await Task.WhenAll(Enumerable.Range(0, Users).Select(user => UseAsync(gateway.Url, user)));
        var times = users.SelectMany(static user => user.Times).Order().ToList();
        return (times, users.Sum(static user => user.Failed), long.Parse(attacking?.Log is [.., var last] ? last : "0", CultureInfo.InvariantCulture));
    }

    /// <summary>A user who asks once a second, from an address of its own.</summary>
    private static async Task<(List<TimeSpan> Times, int Failed)> UseAsync(Uri gateway, int user)
    {
        var (times, failed) = (new List<TimeSpan>(), 0);
        var clock = Stopwatch.StartNew();
        var due = TimeSpan.FromSeconds((double)user / Users);
        Socket? socket = null;
        for (; due < Phase; due += TimeSpan.FromSeconds(1))
        {
            if (due - clock.Elapsed is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left);
            }

            try
            {
                socket ??= await Attack.ConnectAsync(gateway.Port, 0x7F0A_0000u + (uint)user);
                await socket.SendAsync("GET /x?tier=lite HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
                failed += (await SocketBackend.ReadHeadAsync(socket)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) ? 0 : 1;
                times.Add(clock.Elapsed - due);
            }
            catch (Exception gone) when (gone is SocketException or IOException)
            {
                failed++;
                socket?.Dispose();
                socket = null;
            }
        }

        socket?.Dispose();
        return (times, failed);
    }
}
