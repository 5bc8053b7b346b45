using System.Globalization;
using System.Text;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>
/// The right to decide over a database file: of all processes that see the file, in whatever container, one has it. It is a lock of the operating system on
/// <c>&lt;database&gt;.lock</c>, so it ends with the process, however that ends. The file's text names the holder; it is empty while nobody holds the lock,
/// and is never deleted, because two processes could then lock two files of that name.
/// </summary>
internal sealed class DatabaseLock : IDisposable
{
    /// <summary>The byte that is locked: behind the text, because what is locked cannot be read on Windows.</summary>
    private const long LockedByte = 1 << 20;

    private const int MaxHolder = 256;

    // Locks of the system belong to the process, and closing any handle of the file would end them: whoever asks a second time must not open it.
    private static readonly HashSet<string> HeldHere = new(StringComparer.Ordinal);

    private readonly string _database;
    private readonly string _holder;
    private FileStream _file;
    private FileIdentity? _identity;

    private DatabaseLock(string database, string holder, FileStream file)
    {
        (_database, _holder, _file) = (database, holder, file);
        _identity = FileIdentity.Of(file.Name);
    }

    /// <summary>Takes the lock.</summary>
    /// <param name="database">Full path of the database file, without symbolic links.</param>
    /// <param name="program">Who takes it, for the message that another process shows.</param>
    /// <exception cref="StorageStartException">Another process has it, or the file system has no locks; the message says which.</exception>
    /// <exception cref="IOException">The lock's file cannot be opened or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The lock's file cannot be opened.</exception>
    public static DatabaseLock Take(string database, string program)
    {
        var path = database + ".lock";
        lock (HeldHere)
        {
            if (HeldHere.Contains(path))
            {
                throw InUse(database, "this process");
            }

            var holder = $"{program} (pid {Environment.ProcessId} on host {Environment.MachineName}, since {DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)})";
            var taken = new DatabaseLock(database, holder, OpenLocked(path, database, holder));
            HeldHere.Add(path);
            return taken;
        }
    }

    /// <summary>Looks whether the lock's file is still there, because without it another process could take a lock of its own, and makes it anew where it is
    /// gone.</summary>
    /// <returns>False when another process has the lock now, or the file cannot be made.</returns>
    public bool Keep()
    {
        lock (HeldHere)
        {
            if (!FileIdentity.IsKnown || FileIdentity.Of(_file.Name) == _identity)
            {
                return true;
            }

            try
            {
                var file = OpenLocked(_file.Name, _database, _holder);
                _file.Dispose();
                (_file, _identity) = (file, FileIdentity.Of(file.Name));
                return true;
            }
            catch (Exception error) when (error is StorageStartException or IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        lock (HeldHere)
        {
            if (HeldHere.Remove(_file.Name))
            {
                Write(_file, "");
                _file.Dispose();
            }
        }
    }

    private static FileStream OpenLocked(string path, string database, string holder)
    {
        var file = Open(path);
        try
        {
            LockOrThrow(file, database);
            Write(file, holder);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        // macOS has no locks of ranges in .NET, but there this one excludes others by itself.
        Share = OperatingSystem.IsMacOS() ? FileShare.None : FileShare.ReadWrite,
        BufferSize = 0,
    });

    private static void LockOrThrow(FileStream file, string database)
    {
        if (OperatingSystem.IsMacOS())
        {
            return;
        }

        try
        {
            file.Lock(LockedByte, 1);
        }
        catch (Exception error) when (IsTaken(error))
        {
            throw InUse(database, ReadHolder(file));
        }
        catch (IOException error)
        {
            throw new StorageStartException(
                $"{file.Name} cannot be locked ({error.Message}), so nothing would keep a second process from deciding over the database: put it on a file system whose locks work, best a local one.",
                error);
        }
    }

    // EACCES is an UnauthorizedAccessException; EAGAIN of Linux and of macOS, ERROR_LOCK_VIOLATION and ERROR_SHARING_VIOLATION of Windows.
    private static bool IsTaken(Exception error) =>
        error is UnauthorizedAccessException or IOException { HResult: 11 or 35 or unchecked((int)0x80070021) or unchecked((int)0x80070020) };

    private static StorageStartException InUse(string database, string holder) => new(
        $"The database {database} is in use by {holder}. Only one process may decide over it: stop that one first, or name another file in 'database'.");

    private static string ReadHolder(FileStream file)
    {
        var buffer = new byte[MaxHolder];
        file.Position = 0;
        var text = Encoding.UTF8.GetString(buffer, 0, file.Read(buffer)).TrimEnd();
        return text.Length == 0 || text.Any(char.IsControl) ? "another process" : text;
    }

    /// <summary>Replaces the file's text. A full disk must not keep the lock from being taken: the text is only for people.</summary>
    private static void Write(FileStream file, string text)
    {
        try
        {
            file.SetLength(0);
            file.Position = 0;
            file.Write(Encoding.UTF8.GetBytes(text.Length == 0 ? "" : text + '\n'));
        }
        catch (IOException)
        {
            // Another start then says "another process".
        }
    }
}
