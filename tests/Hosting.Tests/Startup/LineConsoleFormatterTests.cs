using Opsen.Hosting.Startup;

namespace Opsen.Hosting.Tests.Startup;

public sealed class LineConsoleFormatterTests
{
    [Theory]
    [InlineData("plain text, größer, 日本", "plain text, größer, 日本")]
    [InlineData("a\u001b[31mred\u001b[0m", @"a\u001b[31mred\u001b[0m")]
    [InlineData("one\r\n2026-11-26T00:00:00.000Z fail: forged\ntwo", "one 2026-11-26T00:00:00.000Z fail: forged two")]
    [InlineData("\u0000\u0007\u007f\u0085\u009b", @"\u0000\u0007\u007f \u009b")]
    [InlineData("host\u202egnp.exe\u200b", @"host\u202egnp.exe\u200b")]
    [InlineData("a\u2028b", "a b")]
    public void Visible_WhatOutsidersWrote_IsOneLineOfVisibleText(string text, string expected) => Assert.Equal(expected, LineConsoleFormatter.Visible(text));
}
