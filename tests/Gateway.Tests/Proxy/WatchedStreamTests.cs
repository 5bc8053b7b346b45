using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Proxy.Http2;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>When a connection of HTTP/2 is asked whether it is alive, and that the platform's client does not see the answers.</summary>
public sealed class WatchedStreamTests : IAsyncLifetime
{
    private static readonly byte[] Headers = [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x82];
    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    private readonly FakeTimeProvider _time = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TcpClient _client = new() { NoDelay = true };
    private TcpClient? _server;
    private WatchedStream? _watched;
    private bool _isClosed;

    private Stream Server => _server!.GetStream();

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        await _client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, TestContext.Current.CancellationToken);
        _server = await _listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        _server.NoDelay = true;
        _watched = new WatchedStream(_client.GetStream(), _time, _ => _isClosed = true);
    }

    public async ValueTask DisposeAsync()
    {
        await _watched!.DisposeAsync();
        _client.Dispose();
        _server?.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public async Task CheckAsync_NothingAsked_IsSilent()
    {
        await SendAsync(Settings);
        _time.Advance(TimeSpan.FromHours(1));

        await _watched!.CheckAsync();

        await AssertNextAsync(Headers);
        Assert.False(_isClosed);
    }

    [Fact]
    public async Task CheckAsync_RequestsWithoutAnswer_AsksTwiceAndThenOncePerFiveMinutes()
    {
        for (var i = 0; i < 2; i++)
        {
            await SendAsync(Headers);
            _time.Advance(WatchedStream.Silence);
            await _watched!.CheckAsync();
            await AnswerPingAsync();
        }

        await SendAsync(Headers);
        _time.Advance(WatchedStream.Silence);
        await _watched!.CheckAsync();
        await AssertNextAsync(Headers);

        _time.Advance(WatchedStream.RarePing);
        await _watched.CheckAsync();
        await AnswerPingAsync();
        Assert.False(_isClosed);
    }

    [Fact]
    public async Task CheckAsync_DataBetween_AsksAnew()
    {
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(Headers);
            _time.Advance(WatchedStream.Silence);
            await _watched!.CheckAsync();
            await AnswerPingAsync();
            await Server.WriteAsync(Headers);
            Assert.Equal(Headers, await ReceiveAsync(Headers.Length));
        }
    }

    [Fact]
    public async Task CheckAsync_NoAnswer_ClosesTheConnection()
    {
        await SendAsync(Headers);
        _time.Advance(WatchedStream.Silence);
        await _watched!.CheckAsync();
        _time.Advance(WatchedStream.Patience);

        await _watched.CheckAsync();

        Assert.True(_isClosed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(13)]
    [InlineData(100)]
    public async Task ReadAsync_AnswerAmongOtherFramesInAnyPieces_IsTakenOut(int piece)
    {
        byte[] theirs = [0, 0, 8, 6, 1, 0, 0, 0, 0, 0x80, 1, 2, 3, 4, 5, 6, 7];
        byte[] ours = [.. FrameFilter.Ping];
        ours[4] = 1;
        byte[] expected = [.. Headers, .. theirs, .. Settings, .. Headers];
        byte[] sent = [.. Headers, .. theirs, .. ours, .. Settings, .. ours, .. Headers];
        var reading = ReceiveAsync(expected.Length);

        foreach (var part in sent.Chunk(piece))
        {
            await Server.WriteAsync(part);
        }

        Assert.Equal(expected, await reading);
    }

    private async Task SendAsync(byte[] frames)
    {
        await _watched!.WriteAsync(frames);
        Assert.Equal(frames, await ReadAsync(Server, frames.Length));
    }

    /// <summary>The next thing that the server gets is what is sent now: no ping was.</summary>
    private async Task AssertNextAsync(byte[] frames) => await SendAsync(frames);

    /// <summary>Answers a ping, and sends something else after it that is seen when the answer has been taken out.</summary>
    private async Task AnswerPingAsync()
    {
        var ping = await ReadAsync(Server, FrameFilter.Ping.Length);
        Assert.Equal(FrameFilter.Ping, ping);
        ping[4] = 1;
        await Server.WriteAsync(ping);
        await Server.WriteAsync(Settings);
        Assert.Equal(Settings, await ReceiveAsync(Settings.Length));
    }

    private Task<byte[]> ReceiveAsync(int count) => ReadAsync(_watched!, count);

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        return bytes;
    }
}
