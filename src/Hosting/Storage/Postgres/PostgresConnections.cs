using Npgsql;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>
/// The pool of connections to the cluster's database. Npgsql's own time limit for commands is off, because at its end the driver asks the server to cancel the
/// command and waits for that on a thread of the pool, and a server that hangs would take all threads so. Callers give up by themselves instead, and what they
/// leave behind ends when the server goes on or its connection breaks.
/// </summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    /// <summary>Connections of one silo, unless the configuration says otherwise: several silos share what the server takes, which is 100 by default.</summary>
    private const int MaxConnections = 24;

    // Seconds. A server that is there answers within milliseconds; one that is not must not hold up what can go on without it.
    private const int ConnectTimeout = 3;
    private const int CommandTimeout = 5;

    /// <summary>Statements that each connection keeps compiled.</summary>
    private const int PreparedStatements = 32;

    /// <summary>Statements are compiled while their tables are small, and the plan stays when these have grown: so none may choose to read a whole table where
    /// there is an index. All of them are short, so compiling them to machine code costs more than it gains.</summary>
    private const string SetUp = "SET enable_seqscan = off; SET jit = off";

    private readonly string _settings;
    private readonly int _size;
    private readonly Lock _lock = new();
    private NpgsqlDataSource _source;
    private int _leftBehind;

    private PostgresConnections(NpgsqlConnectionStringBuilder settings, TimeSpan patience)
    {
        (_settings, _size, Patience) = (settings.ConnectionString, settings.MaxPoolSize, patience);
        _source = CreateSource(_settings);
    }

    /// <summary>How long a caller waits for a command: <c>Command Timeout</c> of the connection string.</summary>
    public TimeSpan Patience { get; }

    /// <summary>The server and the database, for people, without a password.</summary>
    public string Name
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(_settings);
            return $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";
        }
    }

    /// <summary>Makes the connections that the configuration describes; none is opened yet.</summary>
    /// <exception cref="StorageStartException">The connection string cannot be read.</exception>
    public static PostgresConnections For(ServerOptions options)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(options.ClusterConnection);
            var patience = IsWritten(settings, nameof(settings.CommandTimeout)) ? settings.CommandTimeout : CommandTimeout;
            settings.CommandTimeout = 0;
            settings.ApplicationName ??= AppDomain.CurrentDomain.FriendlyName;
            SetUnlessWritten(settings, nameof(settings.MaxPoolSize), () => settings.MaxPoolSize = MaxConnections);
            SetUnlessWritten(settings, nameof(settings.Timeout), () => settings.Timeout = ConnectTimeout);
            SetUnlessWritten(settings, nameof(settings.MaxAutoPrepare), () => settings.MaxAutoPrepare = PreparedStatements);
            SetUnlessWritten(settings, nameof(settings.AutoPrepareMinUsages), () => settings.AutoPrepareMinUsages = 2);

            // Nothing here changes a connection's state, but what sets it up, which must stay.
            SetUnlessWritten(settings, nameof(settings.NoResetOnClose), () => settings.NoResetOnClose = true);
            if (options.ExplicitKeys.Contains("db_max_open_conns") && options.DbMaxOpenConns > 0)
            {
                settings.MaxPoolSize = options.DbMaxOpenConns;
            }

            if (options.ExplicitKeys.Contains("db_max_idle_conns") && options.DbMaxIdleConns > 0)
            {
                settings.MinPoolSize = Math.Min(options.DbMaxIdleConns, settings.MaxPoolSize);
            }

            if (options.ExplicitKeys.Contains("db_conn_max_lifetime") && options.DbConnMaxLifetime > 0)
            {
                settings.ConnectionLifetime = options.DbConnMaxLifetime;
            }

            return new PostgresConnections(settings, patience == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(patience));
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new StorageStartException($"cluster_connection cannot be read: {error.Message} Write it like 'Host=db1;Username=opsen;Password=...;Database=opsen'.", error);
        }
    }

    /// <summary>An open connection.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation = default) => Volatile.Read(ref _source).OpenConnectionAsync(cancellation);

    /// <summary>A caller has given up waiting, and its connection stays busy. Where that makes the pool scarce, a new one takes its place.</summary>
    public void LeftBehind()
    {
        lock (_lock)
        {
            if (++_leftBehind < (_size + 1) / 2)
            {
                return;
            }

            _leftBehind = 0;

            // Its idle connections are closed now, the busy ones when they come back.
            _source.Dispose();
            _source = CreateSource(_settings);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static NpgsqlDataSource CreateSource(string settings)
    {
        var source = new NpgsqlDataSourceBuilder(settings);
        source.UsePhysicalConnectionInitializer(
            static connection =>
            {
                using var command = new NpgsqlCommand(SetUp, connection);
                command.ExecuteNonQuery();
            },
            static async connection =>
            {
                await using var command = new NpgsqlCommand(SetUp, connection);
                await command.ExecuteNonQueryAsync();
            });
        return source.Build();
    }

    private static void SetUnlessWritten(NpgsqlConnectionStringBuilder settings, string property, Action set)
    {
        if (!IsWritten(settings, property))
        {
            set();
        }
    }

    /// <summary>The builder lists what was written, under its display name.</summary>
    private static bool IsWritten(NpgsqlConnectionStringBuilder settings, string property) =>
        settings.Keys.Any(key => key.Replace(" ", "", StringComparison.Ordinal).Equals(property, StringComparison.OrdinalIgnoreCase));
}
