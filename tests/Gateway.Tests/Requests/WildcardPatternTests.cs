using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Tests.Requests;

public sealed class WildcardPatternTests
{
    [Fact]
    public void IsMatch_RandomPatterns_AgreesWithTheDefinition()
    {
        var random = new Random(20261126);
        for (var round = 0; round < 200_000; round++)
        {
            var (text, pattern) = (Draw(random, "ab", 12), Draw(random, "ab?*", 8));

            Assert.True(
                Naive(text, pattern) == WildcardPattern.IsMatch(text, pattern), $"'{text}' and '{pattern}': {WildcardPattern.IsMatch(text, pattern)}");
        }
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "*", true)]
    [InlineData("", "?", false)]
    [InlineData("abcabd", "*ab?*d", true)]
    [InlineData("aXbXc", "a?b?c", true)]
    [InlineData("ab", "ab*ab", false)]
    [InlineData("/a/b.png", "/*.p?g", true)]
    public void IsMatch_EdgesOfTheRule_AreAsDefined(string text, string pattern, bool expected) =>
        Assert.Equal(expected, WildcardPattern.IsMatch(text, pattern));

    private static string Draw(Random random, string alphabet, int max) =>
        string.Concat(Enumerable.Range(0, random.Next(max)).Select(_ => alphabet[random.Next(alphabet.Length)]));

    private static bool Naive(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern) =>
        pattern.IsEmpty ? text.IsEmpty
        : pattern[0] == '*' ? Naive(text, pattern[1..]) || (!text.IsEmpty && Naive(text[1..], pattern))
        : !text.IsEmpty && (pattern[0] == '?' || pattern[0] == text[0]) && Naive(text[1..], pattern[1..]);
}
