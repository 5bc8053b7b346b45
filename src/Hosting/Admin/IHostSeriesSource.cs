namespace Opsen.Hosting.Admin;

/// <summary>Has values of single hosts to publish at <see cref="AdminListener.HostMetricsPath"/>.</summary>
public interface IHostSeriesSource
{
    /// <summary>Writes them, one metric after the other.</summary>
    void Write(HostSeriesWriter writer);
}
