using System.Globalization;

namespace Opsen.Gateway.Commands;

/// <summary>Commands that change a host: drain, undrain, maintenance, remove.</summary>
internal static class ChangeCommands
{
    /// <summary><c>drain HOST [-deadline SECONDS]</c></summary>
    public static Task DrainAsync(OperatorCommand command, AdminClient gateway, TextWriter output)
    {
        var deadline = command.Flags.GetValueOrDefault("deadline");
        if (deadline is not null && !int.TryParse(deadline, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new CommandException($"-deadline: '{deadline}' is not a number of seconds", OperatorCommand.UsageExitCode);
        }

        return ChangeAsync(command, gateway, output, HttpMethod.Post, deadline is null ? "/drain" : $"/drain?deadline_seconds={deadline}", deadline is null
            ? "takes no new sessions; those that it has stay until they end"
            : $"takes no new sessions; those that it has move in {deadline} s");
    }

    /// <summary><c>undrain HOST</c></summary>
    public static Task UndrainAsync(OperatorCommand command, AdminClient gateway, TextWriter output) =>
        ChangeAsync(command, gateway, output, HttpMethod.Post, "/undrain", "is in service");

    /// <summary><c>maintenance HOST</c></summary>
    public static Task MaintenanceAsync(OperatorCommand command, AdminClient gateway, TextWriter output) =>
        ChangeAsync(command, gateway, output, HttpMethod.Post, "/maintenance", "is out of service; its sessions move at their next request");

    /// <summary><c>remove HOST</c></summary>
    public static Task RemoveAsync(OperatorCommand command, AdminClient gateway, TextWriter output) => ChangeAsync(
        command, gateway, output, HttpMethod.Delete, "", "is removed with its sessions and reservations; an agent that still runs registers it again");

    private static async Task ChangeAsync(
        OperatorCommand command, AdminClient gateway, TextWriter output, HttpMethod method, string action, string done)
    {
        if (command.Operands.Count != 1)
        {
            throw new CommandException($"{command.Name} wants one host: its id, its name, or how one of them begins", OperatorCommand.UsageExitCode);
        }

        var host = HostNames.Find(await gateway.GetFleetAsync(), command.Operands[0]);
        var answer = await gateway.SendAsync(method, $"/clients/{Uri.EscapeDataString(host.ClientId)}{action}");
        output.WriteLine(command.AsJson && answer.Length > 0 ? answer : $"{host.Hostname} ({host.ClientId}) {done}.");
    }
}
