using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Identity;

/// <summary>
/// Tells one machine from another, without giving away its id: machine-id(5) asks that the id itself is kept confidential, so this is its HMAC
/// under a name of our own.
/// </summary>
internal static class MachineFingerprint
{
    private static readonly byte[] Application = "opsen-agent"u8.ToArray();

    /// <summary>The fingerprint of this machine, 64 hexadecimal digits; null when it has no id, or only that of a container's image.</summary>
    public static string? Read(HostPaths paths)
    {
        var id = OperatingSystem.IsWindows() ? ReadRegistry() : ReadFile(paths);

        // Before its first boot is over a machine's file is empty or says "uninitialized": machine-id(5).
        return string.IsNullOrWhiteSpace(id) || id.Trim() == "uninitialized"
            ? null
            : Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(id.Trim()), Application));
    }

    private static string? ReadFile(HostPaths paths)
    {
        var path = paths.Etc is null ? null
            : paths.Etc == Path.Join(paths.Root, "etc") ? paths.OnHost("/etc/machine-id")
            : Path.Join(paths.Etc, "machine-id");
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A machine whose id cannot be read is a machine without one: clones are not recognised then.
            return null;
        }
    }

    [SupportedOSPlatform("windows")]
    private static string? ReadRegistry()
    {
        using var machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine, RegistryView.Registry64);
        using var key = machine.OpenSubKey(@"SOFTWARE\Microsoft\Cryptography");
        return key?.GetValue("MachineGuid") as string;
    }
}
