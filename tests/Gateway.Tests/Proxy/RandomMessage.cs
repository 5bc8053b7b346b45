using System.Globalization;
using System.Text;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>A random HTTP/1.1 message that a proxy must pass unchanged, as text of one character a byte, and what the other side must see of it.</summary>
internal sealed class RandomMessage
{
    private const string Visible = "!#$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~\"";
    private const string PathCharacters = "//..--__~~!$&'()*+,;=:@abcXYZ019\"<>\\^`{|}";
    private const string TokenCharacters = "!#$%&'*+-.^_`|~09azAZ";
    private static readonly string[] Methods = ["GET", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND", "M-SEARCH", "x-odd"];
    private static readonly string[] Escapes = ["%2F", "%2f", "%20", "%25", "%C3%BC", "%FF", "%3F", "%23", "%7e%2E", "%5c", "%41"];
    private static readonly int[] Statuses = [200, 200, 200, 201, 204, 206, 299, 301, 304, 400, 404, 418, 429, 451, 500, 502, 503, 599];
    private static readonly string[] RequestNames =
        ["Accept", "Authorization", "Cookie", "Referer", "If-None-Match", "Range", "Origin", "User-Agent", "Cache-Control", "traceparent", "X-Api-Key"];

    private static readonly string[] AnswerNames =
        ["ETag", "Location", "Server", "Vary", "Cache-Control", "Content-Disposition", "Last-Modified", "Expires", "WWW-Authenticate", "Alt-Svc", "Content-Encoding", "Retry-After", "Via"];

    private static readonly string[] Types = ["application/json", "text/plain; charset=\u00FC", "application/octet-stream", "application/problem+json", "odd"];

    private readonly List<(string Name, string Value)> _headers = [];
    private readonly List<(string Name, string Value)> _trailers = [];

    private RandomMessage()
    {
    }

    public string StartLine { get; private init; } = "";

    public byte[] Body { get; private init; } = [];

    /// <summary>The whole message as it is sent.</summary>
    public string Text { get; private set; } = "";

    public bool IsHead => StartLine.StartsWith("HEAD ", StringComparison.Ordinal);

    public static RandomMessage Request(Random random)
    {
        var method = Pick(random, Methods);
        var target = "/" + Target(random, PathCharacters) + (random.Next(3) == 0 ? "?" + Target(random, PathCharacters + "??&&") : "");
        var mayHaveBody = method is not ("GET" or "HEAD" or "OPTIONS") || random.Next(8) == 0;
        var body = mayHaveBody ? RandomBody(random) : [];
        var message = new RandomMessage { StartLine = $"{method} {target} HTTP/1.1", Body = body };
        message.AddHeaders(random, RequestNames);
        message.Frame(random, !mayHaveBody ? BodyFrame.None : random.Next(2) == 0 ? BodyFrame.Length : BodyFrame.Chunks, body.Length, before: "Host: x\r\n");
        return message;
    }

    public static RandomMessage Answer(Random random, bool isToHead)
    {
        var status = Pick(random, Statuses);
        var hasBody = !isToHead && status is not (204 or 304);
        var body = hasBody ? RandomBody(random) : [];
        var message = new RandomMessage { StartLine = $"HTTP/1.1 {status} R{Run(random, Visible + " ", 20).TrimEnd()}", Body = body };
        message.AddHeaders(random, AnswerNames);
        for (var i = random.Next(4) == 0 ? random.Next(4) : 0; i > 0; i--)
        {
            message._headers.Add(("Set-Cookie", Value(random)));
        }


        // The server frames a chunked answer without a byte by a length of 0, which is as good.
        var frame = hasBody ? (random.Next(2) == 0 || body.Length == 0 ? BodyFrame.Length : BodyFrame.Chunks) : isToHead && status != 204
            ? BodyFrame.Length : BodyFrame.None;
        if (frame == BodyFrame.Chunks && random.Next(3) == 0)
        {
            message._trailers.Add(("X-Trailer", Value(random)));
            message._headers.Add(("Trailer", "X-Trailer"));
        }

        message.Frame(random, frame, isToHead ? random.Next(100_000) : body.Length, before: "");
        return message;
    }

    /// <summary>Asserts that the message arrived as it was sent, with only these headers added.</summary>
    public void AssertArrivedAs(RawMessage arrived, params string[] added)
    {
        Assert.Equal(StartLine, arrived.StartLine);
        Assert.Equal(Body, arrived.Body);
        Assert.Equal(Lines(_trailers), Lines(arrived.Trailers));
        Assert.Equal(Lines(_headers), Lines(arrived.Headers.Where(header =>
            !added.Contains(header.Name, StringComparer.OrdinalIgnoreCase)
            || _headers.Any(sent => sent.Name.Equals(header.Name, StringComparison.OrdinalIgnoreCase)))));
        foreach (var name in added)
        {
            Assert.Single(arrived.All(name));
        }
    }

    /// <summary>Headers by name, the values of one name in their order: the order of different names means nothing (RFC 9110, section 5.3).</summary>
    private static IEnumerable<string> Lines(IEnumerable<(string Name, string Value)> headers) => headers
        .GroupBy(static header => header.Name, StringComparer.OrdinalIgnoreCase)
        .Select(static group => $"{group.Key.ToLowerInvariant()}: {string.Join(", ", group.Select(static header => header.Value)).Trim(' ')}")
        .Order(StringComparer.Ordinal);

    private void AddHeaders(Random random, string[] known)
    {
        foreach (var name in random.GetItems(known, random.Next(6)).Distinct(StringComparer.Ordinal))
        {
            _headers.Add((name, Value(random)));
        }

        for (var i = random.Next(6); i > 0; i--)
        {
            var name = "x" + Run(random, TokenCharacters, 12);
            for (var j = random.Next(5) == 0 ? 3 : 1; j > 0; j--)
            {
                _headers.Insert(random.Next(_headers.Count + 1), (name, Value(random)));
            }
        }
    }

    private void Frame(Random random, BodyFrame frame, int length, string before)
    {
        if (frame != BodyFrame.None)
        {
            _headers.Add(("Content-Type", Pick(random, Types)));
            _headers.Add(("Content-Language", Value(random)));
            _headers.Add(frame == BodyFrame.Length ? ("Content-Length", length.ToString(CultureInfo.InvariantCulture)) : ("Transfer-Encoding", "chunked"));
        }

        var text = new StringBuilder($"{StartLine}\r\n{before}");
        foreach (var (name, value) in _headers)
        {
            text.Append(name).Append(Pick(random, [":", ": ", ":\t "])).Append(value).Append(Pick(random, ["", "", " "])).Append("\r\n");
        }

        text.Append("\r\n");
        var body = Encoding.Latin1.GetString(Body);
        for (var at = 0; frame == BodyFrame.Chunks && at < body.Length;)
        {
            var size = Math.Min(body.Length - at, random.Next(1, 30_000));
            text.Append(CultureInfo.InvariantCulture, $"{size:X}\r\n").Append(body, at, size).Append("\r\n");
            at += size;
        }

        text.Append(frame == BodyFrame.Chunks ? $"0\r\n{string.Concat(_trailers.Select(static t => $"{t.Name}: {t.Value}\r\n"))}\r\n" : body);
        Text = text.ToString();
    }

    private static byte[] RandomBody(Random random)
    {
        var body = new byte[random.Next(5) switch { 0 => 0, 1 => random.Next(200_000), _ => random.Next(2_000) }];
        random.NextBytes(body);
        if (body.Length > 20 && random.Next(2) == 0)
        {
            // Looks like JSON as far as it goes, so that some are searched for the tier.
            Encoding.ASCII.GetBytes("{\"a\":[1,2],\"b\":\"", body);
        }

        return body;
    }

    private static string Target(Random random, string characters) => string.Concat(Enumerable.Range(0, random.Next(30))
        .Select(_ => random.Next(8) == 0 ? Pick(random, Escapes) : characters[random.Next(characters.Length)].ToString()));

    private static string Value(Random random)
    {
        var length = random.Next(20) == 0 ? 3_000 : 40;
        return Run(random, Visible + " \t\u0080\u00A0\u00E9\u00FF", length).Trim(' ', '\t');
    }

    private static string Run(Random random, string characters, int longest) => new(random.GetItems(characters.AsSpan(), random.Next(longest + 1)));

    private static T Pick<T>(Random random, T[] choices) => choices[random.Next(choices.Length)];

    private enum BodyFrame
    {
        None,
        Length,
        Chunks,
    }
}
