using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Opsen.Hosting.Startup;

/// <summary>Writes each event as one line of visible text. Messages hold what outsiders wrote: the platform's formatter would pass their terminal sequences and
/// line breaks on, and a reader could not tell such a line from the program's own.</summary>
internal sealed class LineConsoleFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name, for the console's options.</summary>
    public const string FormatterName = "opsen-line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        ArgumentNullException.ThrowIfNull(textWriter);
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(DateTime.UtcNow.ToString(OpsenLogging.TimestampFormat, CultureInfo.InvariantCulture));
        textWriter.Write(Abbreviate(logEntry.LogLevel));
        textWriter.Write(": ");
        textWriter.Write(logEntry.Category);
        textWriter.Write('[');
        textWriter.Write(logEntry.EventId.Id);
        textWriter.Write("] ");
        textWriter.Write(Visible(message));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(' ');
            textWriter.Write(Visible(exception.ToString()));
        }

        textWriter.Write(Environment.NewLine);
    }

    /// <summary>The text with line breaks as blanks, and every other character that cannot be seen as its code.</summary>
    internal static string Visible(string text)
    {
        if (!text.Any(IsInvisible))
        {
            return text;
        }

        var visible = new StringBuilder(text.Length + 16);
        foreach (var character in text.ReplaceLineEndings(" "))
        {
            _ = IsInvisible(character)
                ? visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : visible.Append(character);
        }

        return visible.ToString();
    }

    private static bool IsInvisible(char character) =>
        character is < ' ' or (>= '\u007F' and <= '\u009F') or '\u2028' or '\u2029'
        || (character > '\u00FF' && (char.GetUnicodeCategory(character) == UnicodeCategory.Format));

    private static string Abbreviate(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
