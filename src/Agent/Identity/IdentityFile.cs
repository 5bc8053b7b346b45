using System.Security.Cryptography;
using System.Text;

namespace Opsen.Agent.Identity;

/// <summary>
/// The file that keeps an id: <c>client_id=…</c> and <c>machine=…</c>, a line each. Its name holds the backend's main endpoint, so that agents of
/// several backends on one host share the directory and not the id.
/// </summary>
internal static class IdentityFile
{
    private const int MaxName = 96;
    private const string IdKey = "client_id=";
    private const string MachineKey = "machine=";

    /// <summary>The file's name for a main endpoint.</summary>
    /// <param name="endpoint">An absolute URL; null when the gateway derives the endpoint.</param>
    public static string NameFor(Uri? endpoint)
    {
        var backend = endpoint is null ? "default" : $"{endpoint.Scheme}_{endpoint.DnsSafeHost}_{endpoint.Port}{endpoint.AbsolutePath.TrimEnd('/')}";
        if (backend.Length > MaxName)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(backend)).AsSpan(0, 8);
            backend = $"{backend[..MaxName]}-{Convert.ToHexStringLower(hash)}";
        }

        return "client-id-" + string.Create(backend.Length, backend, static (name, source) =>
        {
            for (var i = 0; i < name.Length; i++)
            {
                var character = char.ToLowerInvariant(source[i]);
                name[i] = char.IsAsciiLetterOrDigit(character) || character is '.' or '-' ? character : '_';
            }
        });
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="stored">What it holds.</param>
    /// <param name="error">Why it holds nothing; null when there is no such file, too.</param>
    /// <returns>Whether an id was read.</returns>
    public static bool TryRead(string path, out StoredIdentity stored, out string? error)
    {
        stored = default;
        error = null;
        try
        {
            if (!File.Exists(path))
            {
                return false;
            }

            foreach (var line in File.ReadLines(path).Take(16))
            {
                if (line.StartsWith(IdKey, StringComparison.Ordinal) && Guid.TryParse(line[IdKey.Length..], out var id))
                {
                    stored = stored with { ClientId = id.ToString() };
                }
                else if (line.StartsWith(MachineKey, StringComparison.Ordinal))
                {
                    stored = stored with { Machine = line[MachineKey.Length..].Trim() };
                }
            }

            error = stored.ClientId is null ? $"it has no line '{IdKey}' with a UUID" : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = exception.Message;
        }

        return stored.ClientId is not null && error is null;
    }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">Its path; missing directories are made.</param>
    /// <param name="identity">What it shall hold.</param>
    /// <param name="replace">Whether a file that is there already is replaced; otherwise that is an error.</param>
    /// <param name="error">Why it was not written.</param>
    public static bool TryWrite(string path, StoredIdentity identity, bool replace, out string? error)
    {
        var draft = $"{path}.{Guid.NewGuid():N}";
        try
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var stream = new FileStream(draft, FileMode.Create, FileAccess.Write))
            {
                using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                writer.WriteLine(IdKey + identity.ClientId);
                if (identity.Machine is not null)
                {
                    writer.WriteLine(MachineKey + identity.Machine);
                }

                writer.Flush();
                stream.Flush(flushToDisk: true);
            }

            if (replace)
            {
                File.Move(draft, path, overwrite: true);
            }
            else
            {
                NewFile.Publish(draft, path);
            }

            error = null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = exception.Message;
            TryDelete(draft);
        }

        return error is null;
    }

    private static void TryDelete(string draft)
    {
        try
        {
            File.Delete(draft);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // In a directory that cannot be written there is no draft either; the first error is the one to tell.
        }
    }
}

/// <summary>What an <see cref="IdentityFile"/> holds.</summary>
/// <param name="ClientId">The id, a UUID.</param>
/// <param name="Machine">Fingerprint of the machine that it was made on; null when that was not known.</param>
internal readonly record struct StoredIdentity(string? ClientId, string? Machine);
