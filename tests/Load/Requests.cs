using System.Globalization;
using System.Text;

namespace Opsen.Load;

/// <summary>Complete requests for <see cref="OpenLoop"/>.</summary>
internal static class Requests
{
    private const int KnownSessions = 1000;
    private const double MeanWorkMs = 200;
    private const double MaxWorkMs = 5000;

    /// <summary>What the load of a name asks for.</summary>
    /// <param name="kind">route, session (each a new one), known (a thousand sessions in turn), work (of <see cref="SharedHost"/>), health, or a path that is proxied.</param>
    public static Func<LoopRequest> Of(string kind)
    {
        var (route, count, run) = (Post("/route", """{"tier":"web"}"""), 0, Guid.NewGuid().ToString("N")[..8]);
        var other = Encoding.ASCII.GetBytes($"GET {(kind == "health" ? "/health" : kind)} HTTP/1.1\r\nHost: x\r\nX-Tier: web\r\n\r\n");
        return kind switch
        {
            "work" => Work(),
            "route" => () => new(route),
            "known" => () => new(Post("/route", """{"tier":"web"}""", $"X-Session-ID: known-{count++ % KnownSessions}\r\n")),
            "session" => () => new(Post("/route", """{"tier":"web"}""", $"X-Session-ID: {run}-{count++}\r\n")),
            _ => () => new(other),
        };
    }

    /// <summary>The registration of a host with room for everything.</summary>
    public static LoopRequest Registration(int number) => new(Post("/register", string.Create(CultureInfo.InvariantCulture,
        $$"""{"client_id":"h{{number}}","hostname":"h{{number}}","total_cpu":4,"total_memory_gb":900000,"total_storage_gb":100,"endpoint_url":"http://127.0.0.1:{{number + 1}}"}""")));

    /// <summary>A report of that host.</summary>
    public static LoopRequest Report(int number) => new(Post("/stats", string.Create(CultureInfo.InvariantCulture,
        $$"""{"client_id":"h{{number}}","hostname":"h{{number}}","cpu_cores":4,"cpu_usage_avg":[{{10 + (number % 50)}}.5,11.5,12.5,13.5],"memory_total_gb":900000,"memory_used_gb":1,"memory_avail_gb":899999,"disk_total_gb":100,"disk_used_gb":1,"disk_avail_gb":99}""")));

    /// <summary>Half of the work is in a few requests: a logarithm with a standard deviation of one.</summary>
    private static Func<LoopRequest> Work()
    {
        var random = new Random(7);
        return () =>
        {
            var gauss = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var work = Math.Round(Math.Min(MaxWorkMs, MeanWorkMs * Math.Exp(gauss - 0.5)));
            return new(Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"GET /work?ms={work} HTTP/1.1\r\nHost: x\r\nX-Tier: web\r\n\r\n")), work);
        };
    }

    private static byte[] Post(string path, string body, string fields = "") => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}");
}
