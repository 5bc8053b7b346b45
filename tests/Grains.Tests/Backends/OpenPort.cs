using System.Net;
using System.Net.Sockets;

namespace Opsen.Grains.Tests.Backends;

/// <summary>A port that takes connections until it is closed, and again when it is opened again; counts them.</summary>
internal sealed class OpenPort : IDisposable
{
    private readonly IPEndPoint _address;
    private TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _connections;

    public OpenPort()
    {
        Listen();
        _address = (IPEndPoint)_listener.LocalEndpoint;
    }

    public string Url => $"http://{_address}";

    public int Connections => Volatile.Read(ref _connections);

    public void Close() => _listener.Dispose();

    public void OpenAgain()
    {
        _listener = new TcpListener(_address);
        Listen();
    }

    public void Dispose() => Close();

    private void Listen()
    {
        _listener.Start();
        AcceptAsync(_listener).Ignore();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            (await listener.AcceptTcpClientAsync()).Dispose();
            Interlocked.Increment(ref _connections);
        }
    }
}
