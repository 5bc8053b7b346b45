using Opsen.Examples.Quickstart.Processes;
using Opsen.Hosting.Tests;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace Opsen.Hosting.Tests;

/// <summary>One PostgreSQL server for all tests of this project, started when the first one asks for it.</summary>
public sealed class PostgresFixture : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(static () => PostgresServer.StartNewAsync());

    /// <summary>The server; skips the test, with the reason, where there can be none.</summary>
    internal Task<PostgresServer> ServerAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing() is not null, PostgresServer.Missing() ?? "");
        return _server.Value;
    }

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync() => await (await ServerAsync()).CreateDatabaseAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}
