using System.Globalization;
using System.Text;

namespace Opsen.Load;

/// <summary>Complete requests for <see cref="OpenLoop"/>.</summary>
internal static class Requests
{
    private const int KnownSessions = 1000;

    /// <summary>What the load of a name asks for.</summary>
    /// <param name="kind">route, session (each a new one), known (a thousand sessions in turn), health, or a path that is proxied.</param>
    public static Func<byte[]> Of(string kind)
    {
        var (route, count, run) = (Post("/route", """{"tier":"web"}"""), 0, Guid.NewGuid().ToString("N")[..8]);
        var other = Encoding.ASCII.GetBytes($"GET {(kind == "health" ? "/health" : kind)} HTTP/1.1\r\nHost: x\r\nX-Tier: web\r\n\r\n");
        return kind switch
        {
            "route" => () => route,
            "known" => () => Post("/route", """{"tier":"web"}""", $"X-Session-ID: known-{count++ % KnownSessions}\r\n"),
            "session" => () => Post("/route", """{"tier":"web"}""", $"X-Session-ID: {run}-{count++}\r\n"),
            _ => () => other,
        };
    }

    /// <summary>The registration of a host with room for everything.</summary>
    public static byte[] Registration(int number) => Post("/register", string.Create(CultureInfo.InvariantCulture,
        $$"""{"client_id":"h{{number}}","hostname":"h{{number}}","total_cpu":4,"total_memory_gb":900000,"total_storage_gb":100,"endpoint_url":"http://127.0.0.1:{{number + 1}}"}"""));

    /// <summary>A report of that host.</summary>
    public static byte[] Report(int number) => Post("/stats", string.Create(CultureInfo.InvariantCulture,
        $$"""{"client_id":"h{{number}}","hostname":"h{{number}}","cpu_cores":4,"cpu_usage_avg":[{{10 + (number % 50)}}.5,11.5,12.5,13.5],"memory_total_gb":900000,"memory_used_gb":1,"memory_avail_gb":899999,"disk_total_gb":100,"disk_used_gb":1,"disk_avail_gb":99}"""));

    private static byte[] Post(string path, string body, string fields = "") => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}");
}
