using System.Text;
using Opsen.Gateway.Listeners.Http1;

namespace Opsen.Gateway.Tests.Listeners;

/// <summary>The grammar of RFC 9112, section 7.1, however its bytes are cut.</summary>
public sealed class ChunkedSyntaxTests
{
    private const string Next = "GET / HTTP/1.1\r\n";

    [Theory]
    [InlineData("0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("00a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n")]
    [InlineData("5;a\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a=b;c=\"d \\\" e;\\\\\"\r\nhello\r\n0;z\r\n\r\n")]
    [InlineData("5 ; a = b \t; c\r\nhello\r\n0\r\n\r\n")]
    [InlineData("1\r\n\n\r\n1\r\n\r\r\n0\r\n\r\n")]
    [InlineData("0\r\nA: b\r\nC:\r\nD: \u00E9 \t\r\n\r\n")]
    public void Take_Body_EndsWhereItEndsHoweverItIsCut(string body)
    {
        var bytes = Encoding.Latin1.GetBytes(body + Next);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var syntax = new ChunkedSyntax();
            var first = syntax.Take(bytes.AsSpan(0, cut));
            var second = syntax.Take(bytes.AsSpan(cut));

            Assert.True(syntax.IsOver);
            Assert.Equal(body.Length, first + second);
        }
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData(" 5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("g\r\n")]
    [InlineData("5 \r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\rhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("5\r\nhello!\r\n0\r\n\r\n")]
    [InlineData("5;\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;;a\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a=\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a b\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;[a]\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\u0007\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a=\"b\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\nhello\r\n0\r\n\r\n")]
    [InlineData("0\r\n\n")]
    [InlineData("0\r\nA: b\n\r\n")]
    [InlineData("0\r\nA b\r\n\r\n")]
    [InlineData("0\r\n: b\r\n\r\n")]
    [InlineData("0\r\nA: b\u0000\r\n\r\n")]
    [InlineData("0000000000000005\r\nhello\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    public void Take_WhatIsNone_IsRefusedHoweverItIsCut(string body)
    {
        var bytes = Encoding.Latin1.GetBytes(body);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var syntax = new ChunkedSyntax();

            Assert.True(syntax.Take(bytes.AsSpan(0, cut)) < 0 || syntax.Take(bytes.AsSpan(cut)) < 0);
        }
    }

    [Fact]
    public void Take_LongExtension_IsRefused()
    {
        var syntax = new ChunkedSyntax();

        Assert.Equal(-1, syntax.Take(Encoding.Latin1.GetBytes($"5;{new string('a', ChunkedSyntax.MaxSizeLine)}\r\n")));
    }

    [Fact]
    public void Take_RandomBodiesInRandomPieces_TakesEachToItsEnd()
    {
        var random = new Random(7);
        for (var round = 0; round < 2_000; round++)
        {
            var body = new List<byte>();
            for (var chunks = random.Next(5); chunks > 0; chunks--)
            {
                var data = new byte[random.Next(1, 70_000) >> random.Next(16)];
                random.NextBytes(data);
                if (data.Length > 0)
                {
                    body.AddRange([.. Encoding.ASCII.GetBytes($"{data.Length:x}\r\n"), .. data, .. "\r\n"u8]);
                }
            }

            body.AddRange("0\r\n\r\n"u8);
            var length = body.Count;
            body.AddRange(Encoding.ASCII.GetBytes(Next));
            var (syntax, taken) = (new ChunkedSyntax(), 0);
            for (var bytes = body.ToArray().AsSpan(); !bytes.IsEmpty;)
            {
                var piece = random.Next(1, bytes.Length + 1);
                taken += syntax.Take(bytes[..piece]);
                bytes = bytes[piece..];
            }

            Assert.True(syntax.IsOver);
            Assert.Equal(length, taken);
        }
    }
}
