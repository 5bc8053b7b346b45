using System.Buffers.Binary;
using System.Text;
using Opsen.Gateway.Orca;

namespace Opsen.Gateway.Tests.Orca;

public sealed class OrcaHeaderTests
{
    [Theory]
    [InlineData("TEXT cpu_utilization=0.3,mem_utilization=0.8,rps_fractional=10.0,eps=1,named_metrics.x=1", 0.3, 0.8, null)]
    [InlineData("TEXT cpu_utilization=0.3, mem_utilization = 0.8", 0.3, 0.8, null)]
    [InlineData("cpu_utilization:0.3,named_metrics.queue_depth:4", 0.3, null, null)]
    [InlineData("TEXT cpu_utilization=1.7", 1.0, null, null)]
    [InlineData("TEXT named_metrics.gpu_utilization=0.5", null, null, 0.5)]
    [InlineData("TEXT utilization.gpu=0.25,cpu_utilization=0", 0.0, null, 0.25)]
    [InlineData("TEXT named_metrics.gpu=73,cpu_utilization=1e-1", 0.1, null, null)]
    [InlineData("TEXT request_cost.gpu=0.5,mem_utilization=0.5", null, 0.5, null)]
    [InlineData("""JSON {"cpu_utilization":0.3,"mem_utilization":0.8,"named_metrics":{"gpu_utilization":0.9},"x":1}""", 0.3, 0.8, 0.9)]
    [InlineData("""JSON {"cpuUtilization":"0.3","memUtilization":0.8,"utilization":{"gpu":0.9},"requestCost":{"db":7}}""", 0.3, 0.8, 0.9)]
    public void TryRead_WellFormed_TellsWhatIsUsed(string value, double? cpu, double? memory, double? gpu)
    {
        Assert.True(OrcaHeader.TryRead(value, isBinary: false, out var report));

        Assert.Equal((cpu, memory, gpu), (report?.Cpu, report?.Memory, report?.Gpu));
    }

    [Theory]
    [InlineData("TEXT rps_fractional=10")]
    [InlineData("""JSON {}""")]
    public void TryRead_NothingOfUse_IsNoReport(string value)
    {
        Assert.True(OrcaHeader.TryRead(value, isBinary: false, out var report));

        Assert.Null(report);
    }

    [Theory]
    [InlineData("")]
    [InlineData("TEXT ")]
    [InlineData("TEXT cpu_utilization")]
    [InlineData("TEXT cpu_utilization=high")]
    [InlineData("TEXT cpu_utilization=NaN")]
    [InlineData("TEXT cpu_utilization=Infinity")]
    [InlineData("TEXT cpu_utilization=-0.1")]
    [InlineData("TEXT cpu_utilization=0.1,cpu_utilization=0.2")]
    [InlineData("TEXT cpu_utilization=0.1,,")]
    [InlineData("TEXT named_metrics.x=NaN")]
    [InlineData("TEXT =1")]
    [InlineData("JSON {\"cpu_utilization\":0.1")]
    [InlineData("JSON []")]
    [InlineData("JSON {\"cpu_utilization\":[1]}")]
    [InlineData("JSON {\"cpu_utilization\":0.1,\"cpu_utilization\":0.2}")]
    [InlineData("JSON {\"named_metrics\":{\"gpu\":true}}")]
    [InlineData("BIN !!!")]
    [InlineData("BIN CQ==")]
    [InlineData("a,b")]
    public void TryRead_Malformed_IsRefused(string value)
    {
        Assert.False(OrcaHeader.TryRead(value, isBinary: false, out var report));

        Assert.Null(report);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryRead_Message_TellsWhatIsUsed(bool isPadded)
    {
        byte[] message =
        [
            .. Double(1, 0.25), .. Double(2, 0.5), 0x18, 0x96, 0x01, .. Entry(4, "db", 7), .. Entry(5, "gpu", 0.125), .. Double(6, 10), .. Entry(8, "gpu_utilization", 0.75),
            .. Double(9, 3), 0x55, 1, 2, 3, 4, .. Entry(99, "later", 1),
        ];
        var value = Convert.ToBase64String(message);

        Assert.True(OrcaHeader.TryRead(isPadded ? value : value.TrimEnd('='), isBinary: true, out var report));
        Assert.True(OrcaHeader.TryRead("BIN " + value, isBinary: false, out var same));

        Assert.Equal((0.25, 0.5, 0.75), (report?.Cpu, report?.Memory, report?.Gpu));
        Assert.Equal(report, same);
    }

    [Fact]
    public void TryRead_MessageCutAnywhereOrWithAnyByteChanged_NeverThrows()
    {
        byte[] message = [.. Double(1, 0.25), .. Entry(8, "gpu", 0.5), 0x18, 0x96, 0x01];
        for (var length = 0; length <= message.Length; length++)
        {
            OrcaHeader.TryRead(Convert.ToBase64String(message, 0, length), isBinary: true, out _);
        }

        for (var i = 0; i < message.Length * 256; i++)
        {
            var changed = (byte[])message.Clone();
            changed[i / 256] = (byte)i;
            OrcaHeader.TryRead(Convert.ToBase64String(changed), isBinary: true, out _);
        }

        Assert.False(OrcaHeader.TryRead(Convert.ToBase64String(message, 0, 5), isBinary: true, out _));
        Assert.False(OrcaHeader.TryRead(new string('A', 1 << 20), isBinary: true, out _));
    }

    private static byte[] Double(int field, double value)
    {
        var bytes = new byte[9];
        bytes[0] = (byte)((field << 3) | 1);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(1), value);
        return bytes;
    }

    private static byte[] Entry(int field, string key, double value)
    {
        byte[] entry = [0x0A, (byte)key.Length, .. Encoding.UTF8.GetBytes(key), .. Double(2, value)];
        var tag = (field << 3) | 2;
        return [.. tag < 128 ? [(byte)tag] : new[] { (byte)(tag | 0x80), (byte)(tag >> 7) }, (byte)entry.Length, .. entry];
    }
}
