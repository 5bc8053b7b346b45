namespace Opsen.Agent.Commands;

/// <summary>How a check came out.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Good,

    /// <summary>The agent works, but not all is as it could be.</summary>
    Odd,

    /// <summary>The agent does not do its work.</summary>
    Bad,
}

/// <summary>Writes what checks found, a line each.</summary>
internal sealed class Findings(TextWriter output)
{
    private const int NameWidth = 10;

    /// <summary>How many checks came out bad.</summary>
    public int BadCount { get; private set; }

    /// <summary>Adds one.</summary>
    public void Add(Verdict verdict, string name, string text)
    {
        BadCount += verdict == Verdict.Bad ? 1 : 0;
        var mark = verdict switch
        {
            Verdict.Good => "ok  ",
            Verdict.Odd => "note",
            _ => "BAD ",
        };
        output.WriteLine($"{mark}  {name.PadRight(NameWidth)}  {text}");
    }
}
