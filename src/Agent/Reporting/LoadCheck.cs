using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Reporting;

/// <summary>
/// Tells other load balancers this host's load (<c>agent_check_port</c>): who connects and sends nothing gets a line of HAProxy's agent-check, such as
/// <c>up 63%</c>, the share of its weight that the server should have; a GET over HTTP gets a report in ORCA's JSON, of which each value is from 0 to 1.
/// </summary>
internal sealed partial class LoadCheck(HostReport report, AgentOptions options, ILogger<LoadCheck> logger) : BackgroundService
{
    private const int MaxCallers = 64;
    private const int RequestBytes = 2048;

    // HAProxy waits for the line and sends nothing unless it is told to.
    private static readonly TimeSpan RequestPatience = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _callers = new(MaxCallers);

    /// <summary>Completes with the port when it listens.</summary>
    internal TaskCompletionSource<int> Listening { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _callers.Dispose();
    }

    /// <summary>The line for HAProxy.</summary>
    public static string Line(HostUse use)
    {
        // A server with a weight of 0 gets nothing more; a busy one gets little.
        var weight = Math.Clamp(100 - (int)Math.Round(use.Highest), 1, 100);
        return string.Create(CultureInfo.InvariantCulture, $"up {weight}%\n");
    }

    /// <summary>The report in ORCA's JSON.</summary>
    public static byte[] Orca(HostUse use)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Write(json, "cpu_utilization", use.CpuPct);
            Write(json, "mem_utilization", use.MemoryPct);
            json.WriteNumber("application_utilization", Share(use.Highest));
            json.WriteStartObject("utilization");
            foreach (var card in use.Cards)
            {
                Write(json, $"gpu{card.Index}", card.UtilizationPct);
                Write(json, $"gpu{card.Index}_memory", card.MemoryPct);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new TcpListener(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, options.AgentCheckPort);
        if (Socket.OSSupportsIPv6)
        {
            listener.Server.DualMode = true;
        }

        while (!TryListen(listener))
        {
            await Task.Delay(FaultPause, stoppingToken);
        }

        while (true)
        {
            await _callers.WaitAsync(stoppingToken);
            try
            {
                var caller = await listener.AcceptSocketAsync(stoppingToken);
                _ = AnswerAsync(caller, stoppingToken);
            }
            catch (SocketException)
            {
                // The caller was gone before it was taken, or there are no descriptors: neither ends the check.
                _ = _callers.Release();
                await Task.Delay(FaultPause, stoppingToken);
            }
        }
    }

    private static void Write(Utf8JsonWriter json, string name, double? percent)
    {
        if (percent is { } known)
        {
            json.WriteNumber(name, Share(known));
        }
    }

    private static double Share(double percent) => Math.Round(percent / 100, 4);

    private bool TryListen(TcpListener listener)
    {
        try
        {
            listener.Start();
            Listening.SetResult(((IPEndPoint)listener.LocalEndpoint).Port);
            return true;
        }
        catch (SocketException exception)
        {
            LogNotListening(options.AgentCheckPort, exception.Message);
            return false;
        }
    }

    private async Task AnswerAsync(Socket caller, CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(CallPatience);
        try
        {
            using (caller)
            {
                var request = await ReadAsync(caller, deadline.Token);
                _ = await caller.SendAsync(Answer(request), deadline.Token);
                caller.Shutdown(SocketShutdown.Send);

                // What the caller still sends would otherwise reset the connection before it has read.
                while (await caller.ReceiveAsync(new byte[RequestBytes], deadline.Token) > 0)
                {
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // A caller that is gone or does not read asks again.
        }
        finally
        {
            _ = _callers.Release();
        }
    }

    private static async Task<string> ReadAsync(Socket caller, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(RequestPatience);
        var buffer = new byte[RequestBytes];
        try
        {
            var length = await caller.ReceiveAsync(buffer, patience.Token);
            return Encoding.ASCII.GetString(buffer, 0, length);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "";
        }
    }

    private byte[] Answer(string request)
    {
        var use = report.Use();
        if (!request.StartsWith("GET ", StringComparison.Ordinal))
        {
            return Encoding.ASCII.GetBytes(use is null ? "" : Line(use));
        }

        if (use is null)
        {
            return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();
        }

        var body = Orca(use);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    [LoggerMessage(1330, LogLevel.Warning, "agent_check_port {Port} cannot be listened at: {Message}. Trying again every second")]
    private partial void LogNotListening(int port, string message);
}

/// <summary>How much of this host is used now, percent; null is not known.</summary>
/// <param name="CpuPct">Cores, in the last minute.</param>
/// <param name="MemoryPct">Memory.</param>
/// <param name="Cards">Each card.</param>
internal sealed record HostUse(double? CpuPct, double? MemoryPct, IReadOnlyList<CardUse> Cards)
{
    /// <summary>The highest of all; of cards the mean utilization counts, as one that is full leaves the others. 100 when nothing is known.</summary>
    public double Highest
    {
        get
        {
            var cards = Cards.Where(static card => card.UtilizationPct is not null).ToList();
            double? gpu = cards.Count > 0 ? cards.Average(static card => card.UtilizationPct!.Value) : null;
            return new[] { CpuPct, MemoryPct, gpu }.Max() ?? 100;
        }
    }
}

/// <summary>How much of a card is used, percent; null is not known.</summary>
/// <param name="Index">Its index.</param>
/// <param name="UtilizationPct">Utilization in the last minute.</param>
/// <param name="MemoryPct">VRAM.</param>
internal sealed record CardUse(int Index, double? UtilizationPct, double? MemoryPct);
