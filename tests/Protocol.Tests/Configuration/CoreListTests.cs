using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class CoreListTests
{
    [Theory]
    [InlineData("", new int[0])]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("8, 2-3 ,3-4", new[] { 2, 3, 4, 8 })]
    [InlineData("8191", new[] { 8191 })]
    public void Parse_List_GivesDistinctCoresInOrder(string text, int[] cores) => Assert.Equal(cores, CoreList.Parse(text));

    [Theory]
    [InlineData(" ")]
    [InlineData("a")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("3-1")]
    [InlineData("1,,2")]
    [InlineData("1-2-3")]
    [InlineData("0x1")]
    [InlineData("8192")]
    [InlineData("0-99999999999")]
    public void TryParse_SomethingElse_IsRefused(string text)
    {
        Assert.False(CoreList.TryParse(text, out var cores));
        Assert.Empty(cores);
        Assert.Throws<FormatException>(() => CoreList.Parse(text));
    }
}
