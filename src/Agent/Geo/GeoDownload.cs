namespace Opsen.Agent.Geo;

/// <summary>Fetches a GeoLite2-City file. One that is there is replaced whole, and only by one that can be read.</summary>
internal sealed class GeoDownload(HttpClient http)
{
    /// <summary>Larger files are refused, bytes; the real one has some 60 MB.</summary>
    public const long MaxBytes = 512L << 20;

    /// <summary>How long a download may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(15);

    /// <summary>Makes the client.</summary>
    public static HttpClient CreateClient() => new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) }) { Timeout = Timeout };

    /// <summary>Fetches the file.</summary>
    /// <param name="url">Where from.</param>
    /// <param name="path">Where to; missing directories are made.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="InvalidDataException">What came is no such file.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached or answers with an error.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task FetchAsync(string url, string path, CancellationToken cancellationToken)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{Guid.NewGuid():N}.download";
        try
        {
            using (var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken))
            {
                _ = response.EnsureSuccessStatusCode();
                await using var source = await response.Content.ReadAsStreamAsync(cancellationToken);
                await using var target = new FileStream(draft, FileMode.CreateNew, FileAccess.Write);
                await CopyAsync(source, target, cancellationToken);
                target.Flush(flushToDisk: true);
            }

            GeoFile.Check(draft);
            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static async Task CopyAsync(Stream source, FileStream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        for (long total = 0; await source.ReadAsync(buffer, cancellationToken) is > 0 and var read;)
        {
            total += read;
            if (total > MaxBytes)
            {
                throw new InvalidDataException($"it has more than {MaxBytes >> 20} MB");
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
