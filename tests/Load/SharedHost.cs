using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Opsen.Load;

/// <summary>
/// A host whose cores are made of time: a request for <c>/work?ms=N</c> has one of them for N ms, and those that find none wait in order. So hosts of any size
/// fit on one small machine. Other programs of the host may have cores for good.
/// </summary>
internal sealed class SharedHost : IDisposable
{
    private readonly SemaphoreSlim _free;
    private readonly int _others;
    private readonly Lock _lock = new();
    private double _busySeconds;
    private double _measured;
    private int _busy;
    private long _since = Stopwatch.GetTimestamp();

    /// <summary>Starts to listen.</summary>
    /// <param name="number">Its number in the fleet.</param>
    /// <param name="cores">Cores.</param>
    /// <param name="others">Those that other programs have.</param>
    public SharedHost(int number, int cores, int others)
    {
        (Number, Cores, _others) = (number, cores, others);
        _free = new SemaphoreSlim(cores - others);
        Port = Listen(ServeAsync);
        CheckPort = Listen(CheckAsync);
    }

    /// <summary>Its number in the fleet.</summary>
    public int Number { get; }

    /// <summary>Cores.</summary>
    public int Cores { get; }

    /// <summary>Where it serves.</summary>
    public int Port { get; }

    /// <summary>Where HAProxy's agent-check gets the part that is free.</summary>
    public int CheckPort { get; }

    /// <summary>Use of its cores over the latest report's time, percent.</summary>
    public double UsePct { get; private set; }

    /// <summary>Takes the mean since the last call.</summary>
    public double TakeUse()
    {
        lock (_lock)
        {
            Account();
            (UsePct, _busySeconds, _measured) = (100 * (_others + (_busySeconds / Math.Max(1e-3, _measured))) / Cores, 0, 0);
            return UsePct;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    private void Account()
    {
        var now = Stopwatch.GetTimestamp();
        var elapsed = Stopwatch.GetElapsedTime(_since, now).TotalSeconds;
        (_busySeconds, _measured, _since) = (_busySeconds + (_busy * elapsed), _measured + elapsed, now);
    }

    private async Task ServeAsync(Socket socket)
    {
        while (true)
        {
            var target = (await SocketBackend.ReadHeadAsync(socket)).Split(' ', 3)[1];
            var milliseconds = double.Parse(target[(target.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
            await _free.WaitAsync();
            Count(1);
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds));
            Count(-1);
            _free.Release();
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        }
    }

    private async Task CheckAsync(Socket socket)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"up {Math.Clamp(100 - UsePct, 1, 100):0}%\n")));
        socket.Shutdown(SocketShutdown.Both);
    }

    private void Count(int change)
    {
        lock (_lock)
        {
            Account();
            _busy += change;
        }
    }

    private static int Listen(Func<Socket, Task> serve)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(backlog: 1024);
        _ = AcceptAsync(listener, serve);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task AcceptAsync(TcpListener listener, Func<Socket, Task> serve)
    {
        while (true)
        {
            _ = EndAsync(await listener.AcceptSocketAsync(), serve);
        }
    }

    private static async Task EndAsync(Socket socket, Func<Socket, Task> serve)
    {
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                await serve(socket);
            }
            catch (Exception gone) when (gone is SocketException or IOException)
            {
                // The balancer has closed its connection.
            }
        }
    }
}
