using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Sensors.Nvidia;

namespace Opsen.Agent.Commands;

/// <summary>Keeps what the sensors of the cards say, which is why there are none or fewer: the doctor tells it.</summary>
internal sealed class MemoryLog : ILoggerProvider
{
    private const string CardFound = "LogCardFound";

    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>The lines.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Category(categoryName == typeof(NvmlGpuSensor).FullName ? _lines : null);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Category(ConcurrentQueue<string>? lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => lines is not null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // A card that was found is told with its values.
            if (lines is not null && eventId.Name != CardFound)
            {
                lines.Enqueue(formatter(state, exception));
            }
        }
    }
}
