using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Durability;

/// <summary>While the database cannot be written, nothing is promised and what is known goes on; when it can be again, everything does.</summary>
public class StorageTroubleTests
{
    private const int CannotStart = 1;
    private const string WriteFailed = "opsen.db cannot be written";
    private const string WriteWorksAgain = "opsen.db can be written again";

    [Fact]
    public async Task Route_DatabaseIsLocked_RefusesNewSessionsUntilItIsFree()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        await JoinHostsAsync(server);
        var known = await NewSessionsAsync(server);

        // With a write-ahead log this keeps writers out, and lets readers in.
        await using var other = Connect(server.DatabaseFile);
        Execute(other, "BEGIN EXCLUSIVE");
        var refused = new List<string>();
        // Requests give up before the writer does, so it takes more than one to see both.
        await Eventually.HoldsAsync("the writer fails", async () =>
        {
            refused.Add(NewName());
            AssertNotAssigned(await AskOnceAsync(server, refused[^1]));
            await AssertIsAtAsync(server, known);
            return server.HasLogged(WriteFailed);
        });
        Assert.All(refused, session => Assert.Null(StoredHost(server.DatabaseFile, session)));
        Execute(other, "ROLLBACK");

        await AssertWorksAgainAsync(server, server.DatabaseFile, known, refused);
    }

    [Fact]
    public async Task Route_DiskIsFull_RefusesNewSessionsUntilThereIsSpace()
    {
        await using var disk = await TinyDisk.MountOrSkipAsync();
        var database = disk.File("opsen.db");
        await using var server = await Deployment.StartAsync(Shape.Embedded, settings => settings["database"] = $"'{database}'");
        await JoinHostsAsync(server);
        var known = await NewSessionsAsync(server);

        var filler = disk.Fill();
        var refused = new List<string>();
        // What the files have in reserve may take some more first; what is acknowledged then is kept as well.
        await Eventually.HoldsAsync("the writer fails", async () =>
        {
            var session = NewName();
            var reply = await AskOnceAsync(server, session);
            if (reply.Status == HttpStatusCode.OK)
            {
                known.Add(session, reply["client_id"].GetString()!);
                return false;
            }

            AssertNotAssigned(reply);
            refused.Add(session);
            return server.HasLogged(WriteFailed);
        });
        await AssertIsAtAsync(server, known);
        File.Delete(filler);

        await AssertWorksAgainAsync(server, database, known, refused);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_DirectoryIsReadOnly_EndsWithCode1AndNamesTheFile(bool hasDatabase)
    {
        await using var disk = await TinyDisk.MountOrSkipAsync();
        var database = disk.File("opsen.db");
        if (hasDatabase)
        {
            await MakeDatabaseAsync(database);
        }

        await disk.MakeReadOnlyAsync();

        await AssertDoesNotStartAsync(database, "permissions");
    }

    [Fact]
    public async Task Start_FileIsReadOnly_EndsWithCode1AndNamesTheFile()
    {
        await using var disk = await TinyDisk.MountOrSkipAsync();
        var database = disk.File("opsen.db");
        await MakeDatabaseAsync(database);
        await disk.MakeReadOnlyAsync(database);

        await AssertDoesNotStartAsync(database, "permissions");
    }

    // A file is recognized by its first 16 bytes; its header takes 100.
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Start_FileIsDamaged_EndsWithCode1AndNamesTheFile(int firstBadByte)
    {
        using var folder = new TemporaryFolder();
        var database = folder.File("opsen.db");
        await MakeDatabaseAsync(database);
        await using (var file = File.OpenWrite(database))
        {
            file.Position = firstBadByte;
            file.Write([.. Enumerable.Repeat((byte)0xA5, 4096 - firstBadByte)]);
        }

        var damaged = await File.ReadAllBytesAsync(database, TestContext.Current.CancellationToken);

        await AssertDoesNotStartAsync(database, "Restore it from a copy");
        // Whoever wants to rescue it finds it as it was.
        Assert.Equal(damaged, await File.ReadAllBytesAsync(database, TestContext.Current.CancellationToken));
    }

    private static async Task JoinHostsAsync(Deployment server)
    {
        for (var i = 0; i < 3; i++)
        {
            await new TestHost().JoinAsync(server);
        }
    }

    private static string NewName() => Guid.NewGuid().ToString("N");

    private static async Task<Dictionary<string, string>> NewSessionsAsync(Deployment server)
    {
        var sessions = new Dictionary<string, string>();
        for (var i = 0; i < 10; i++)
        {
            var session = NewName();
            sessions.Add(session, await HostOfAsync(server, session));
        }

        return sessions;
    }

    private static async Task<string> HostOfAsync(Deployment server, string session) =>
        (await server.RouteAsync("tiny", session)).Expect(HttpStatusCode.OK)["client_id"].GetString()!;

    // Not again when it is refused: that is what is looked at.
    private static Task<Reply> AskOnceAsync(Deployment server, string session) =>
        server.PostAsync("/route", new JsonObject { ["tier"] = "tiny" }, ("X-Session-ID", session));

    private static void AssertNotAssigned(Reply reply)
    {
        reply.ExpectProblem(HttpStatusCode.ServiceUnavailable);
        // Which of them depends on whether the file or the deadline of the decision is faster.
        Assert.Matches(":(not-stored|unavailable)$", reply["type"].GetString());
        Assert.NotNull(reply.Headers.RetryAfter);
    }

    private static async Task AssertIsAtAsync(Deployment server, Dictionary<string, string> sessions)
    {
        foreach (var (session, host) in sessions)
        {
            Assert.Equal(host, (await AskOnceAsync(server, session)).Expect(HttpStatusCode.OK)["client_id"].GetString());
        }
    }

    private static async Task AssertWorksAgainAsync(Deployment server, string database, Dictionary<string, string> known, List<string> refused)
    {
        await Eventually.HoldsAsync("new sessions work again", async () => (await AskOnceAsync(server, NewName())).Status == HttpStatusCode.OK);
        foreach (var session in refused)
        {
            // A write whose caller had given up may have come through; then it counts.
            var found = StoredHost(database, session);
            var host = await HostOfAsync(server, session);
            Assert.Equal(host, found ?? host);
            known.Add(session, host);
        }

        await Eventually.HoldsAsync("the end of the trouble is logged", () => Task.FromResult(server.HasLogged(WriteWorksAgain)));
        await AssertIsAtAsync(server, known);

        Assert.Equal(0, await server.StopAsync());
        Assert.All(known, session => Assert.Equal(session.Value, StoredHost(database, session.Key)));
        await using var connection = Connect(database);
        Assert.Equal("ok", Execute(connection, "PRAGMA integrity_check"));
    }

    private static async Task MakeDatabaseAsync(string path)
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, settings => settings["database"] = $"'{path}'");
        await new TestHost().JoinAsync(server);
        await server.StopAsync();
        // Everything is in the file itself, so what happens to it counts.
        Assert.False(File.Exists(path + "-wal"));
    }

    private static async Task AssertDoesNotStartAsync(string database, string advice)
    {
        using var folder = new TemporaryFolder();
        var ports = FreePorts.Take(2);
        var settings = new ServerSettings
        {
            ["port"] = ports[0].ToString(CultureInfo.InvariantCulture),
            ["admin_port"] = ports[1].ToString(CultureInfo.InvariantCulture),
            ["database"] = $"'{database}'",
            ["cluster"] = "embedded",
        };
        await using var gateway = Programs.StartGateway(["-config", folder.Write("server.yml", settings.ToYaml())]);
        using var deadline = new CancellationTokenSource(Patience.Start);

        Assert.Equal(CannotStart, await gateway.WaitForExitAsync(deadline.Token));
        var message = Assert.Single(gateway.Log);
        TestContext.Current.TestOutputHelper?.WriteLine(message);
        Assert.Contains(database, message);
        Assert.Contains(advice, message);
    }

    private static SqliteConnection Connect(string database)
    {
        var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        return connection;
    }

    private static string? StoredHost(string database, string session)
    {
        using var connection = Connect(database);
        return Execute(connection, "SELECT client_id FROM sticky_assignments WHERE sticky_id = $session", session);
    }

    private static string? Execute(SqliteConnection connection, string sql, string? session = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (session is not null)
        {
            command.Parameters.AddWithValue("$session", session);
        }

        return (string?)command.ExecuteScalar();
    }
}
