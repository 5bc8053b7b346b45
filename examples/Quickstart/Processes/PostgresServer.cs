using System.Diagnostics;
using System.Globalization;

namespace Opsen.Examples.Quickstart.Processes;

/// <summary>A PostgreSQL server of one's own: a data directory that is gone afterwards, a free loopback port, and nobody else's databases.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "opsen";

    private readonly string _directory = Directory.CreateTempSubdirectory("opsen-pg-").FullName;
    private readonly string _programs;
    private readonly int _port;
    private int _databases;

    private readonly string _address;

    private PostgresServer(string programs, string address, int port) => (_programs, _address, _port) = (programs, address, port);

    private string Data => Path.Combine(_directory, "data");

    /// <summary>What to install where a server cannot be started; null where it can.</summary>
    public static string? Missing() =>
        OperatingSystem.IsWindows() ? "PostgreSQL is started as Debian installs it, which this system is not."
        : FindPrograms() is null ? "PostgreSQL is not installed; on Debian: apt-get install postgresql"
        : null;

    /// <summary>Starts one.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="subnet">Who may connect besides this machine, such as <c>10.0.0.0/24</c>.</param>
    /// <exception cref="InvalidOperationException">It is not installed, or cannot run.</exception>
    public static async Task<PostgresServer> StartNewAsync(string address = "127.0.0.1", string? subnet = null)
    {
        var server = new PostgresServer(FindPrograms() ?? throw new InvalidOperationException(Missing()), address, FreePorts.Take(1)[0]);
        try
        {
            if (Environment.IsPrivilegedProcess)
            {
                await RunAsync("chown", "-R", "postgres", server._directory);
            }

            await server.RunAsServerAsync("initdb", "-D", server.Data, "-U", User, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8");
            if (subnet is not null)
            {
                await File.AppendAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), $"host all all {subnet} trust\n");
            }

            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await RunAsync(Path.Combine(_programs, "createdb"), "-h", _address, "-p", Port, "-U", User, name);
        return ConnectionString(name);
    }

    /// <summary>The connection string of a database, there or not.</summary>
    public string ConnectionString(string database) => $"Host={_address};Port={Port};Username={User};Database={database}";

    /// <summary>Starts the server again after <see cref="StopAsync"/>.</summary>
    public Task StartAsync() => RunAsServerAsync(
        "pg_ctl", "start", "-w", "-D", Data, "-l", Path.Combine(_directory, "log"), "-o",
        $"-p {Port} -k {_directory} -c listen_addresses={_address} -c fsync=off -c max_connections=200 -c shared_buffers=32MB");

    /// <summary>Stops the server at once, as a crash does.</summary>
    public Task StopAsync() => RunAsServerAsync("pg_ctl", "stop", "-w", "-m", "immediate", "-D", Data);

    /// <summary>Freezes all of the server's processes (SIGSTOP), so that its connections stay open and nothing answers; or wakes them.</summary>
    public async Task SetFrozenAsync(bool isFrozen)
    {
        var first = int.Parse((await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid")))[0], CultureInfo.InvariantCulture);
        ChildProcess.SetFrozen(first, isFrozen);
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(static folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            // Behind the program's name, which is in brackets: the state and the parent.
            if (await TryReadAsync(Path.Combine(folder, "stat")) is { } stat && stat.Split(") ")[^1].Split(' ')[1] == $"{first}")
            {
                ChildProcess.SetFrozen(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), isFrozen);
            }
        }
    }

    /// <summary>Runs a statement and returns what <c>psql</c> printed: rows without heads, columns divided by bars.</summary>
    public async Task<string> QueryAsync(string connectionString, string sql) => (await RunAsync(
        Path.Combine(_programs, "psql"), "-h", _address, "-p", Port, "-U", User, "-d", connectionString.Split("Database=")[1], "-AtX", "-c", sql)).Trim();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await SetFrozenAsync(isFrozen: false);
            await StopAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<string?> TryReadAsync(string file)
    {
        try
        {
            return await File.ReadAllTextAsync(file);
        }
        catch (IOException)
        {
            // That process has ended.
            return null;
        }
    }

    private string Port => _port.ToString(CultureInfo.InvariantCulture);

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private Task<string> RunAsServerAsync(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? RunAsync("runuser", ["-u", "postgres", "--", Path.Combine(_programs, program), .. arguments])
        : RunAsync(Path.Combine(_programs, program), arguments);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        // A server that pg_ctl starts inherits its output, so that is read from a file rather than to its end.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "out=$(mktemp); \"$@\" >\"$out\" 2>&1 </dev/null; status=$?; cat \"$out\"; rm \"$out\"; exit $status", "sh", program, .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {output}");
    }

    /// <summary>Debian keeps the server's programs out of the path, in a directory for each version.</summary>
    private static string? FindPrograms()
    {
        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(static one => Path.Combine(one, "bin")) : [];
        var inPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return debian.Concat(inPath).FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")));
    }
}
