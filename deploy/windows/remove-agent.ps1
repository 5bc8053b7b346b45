<#
.SYNOPSIS
    Removes the Windows service opsen-agent and its program.
.DESCRIPTION
    The configuration and the host's identity in ProgramData stay, so that a later installation is the same host; -All removes them too. Needs an elevated PowerShell.
#>
[CmdletBinding()]
param([switch]$All)

$ErrorActionPreference = 'Stop'
$service = 'opsen-agent'
$identity = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'A service can be removed by an administrator only: run this in an elevated PowerShell.'
}

if (Get-Service $service -ErrorAction SilentlyContinue) {
    Stop-Service $service
    sc.exe delete $service | Out-Null
}

$program = Join-Path $env:ProgramFiles 'Opsen\opsen-agent.exe'
if (Test-Path $program) {
    Remove-Item -Force $program
}
if ($All) {
    $data = Join-Path $env:ProgramData 'Opsen'
    if (Test-Path $data) {
        Remove-Item -Recurse -Force $data
    }
}
Write-Output "The service $service is removed."
