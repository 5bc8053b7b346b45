<#
.SYNOPSIS
    Installs opsen-agent as a Windows service, or updates one that is installed.
.DESCRIPTION
    Copies opsen-agent.exe to Program Files, keeps the configuration in ProgramData, and starts the service, which Windows starts again whenever it ends.
    Needs an elevated PowerShell.
.EXAMPLE
    .\install-agent.ps1 -ServerUrl https://lb.example.com -ServerKey "a long random string" -EndpointUrl http://10.0.0.5:11000
.EXAMPLE
    .\install-agent.ps1 -Config .\client.yml
#>
[CmdletBinding(DefaultParameterSetName = 'Values')]
param(
    [Parameter(Mandatory, ParameterSetName = 'Values')][string]$ServerUrl,
    [Parameter(ParameterSetName = 'Values')][string]$ServerKey = '',
    [Parameter(ParameterSetName = 'Values')][string]$EndpointUrl = '',
    [Parameter(Mandatory, ParameterSetName = 'File')][string]$Config,
    [string]$Program = (Join-Path $PSScriptRoot 'opsen-agent.exe')
)

$ErrorActionPreference = 'Stop'
$service = 'opsen-agent'
$programFolder = Join-Path $env:ProgramFiles 'Opsen'
$dataFolder = Join-Path $env:ProgramData 'Opsen'
$installed = Join-Path $programFolder 'opsen-agent.exe'
$configFile = Join-Path $dataFolder 'client.yml'

$identity = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'A service can be installed by an administrator only: run this in an elevated PowerShell.'
}
if (-not (Test-Path $Program)) {
    throw "'$Program' is missing: name opsen-agent.exe with -Program."
}

# A single-quoted string of YAML, in which only the quote itself needs care.
function Format-Yaml([string]$Value) { "'" + $Value.Replace("'", "''") + "'" }

$existing = Get-Service $service -ErrorAction SilentlyContinue
if ($existing) {
    Stop-Service $service
}

New-Item -ItemType Directory -Force $programFolder, $dataFolder | Out-Null
Copy-Item -Force $Program $installed
if ($PSCmdlet.ParameterSetName -eq 'File') {
    if ((Resolve-Path $Config).Path -ne $configFile) {
        Copy-Item -Force $Config $configFile
    }
} else {
    $lines = @("server_url: $(Format-Yaml $ServerUrl)", "server_key: $(Format-Yaml $ServerKey)", "endpoint_url: $(Format-Yaml $EndpointUrl)", "disk_path: 'C:\'")
    Set-Content -Path $configFile -Value $lines -Encoding utf8
}

# The file has the key in it: for administrators and the system alone.
icacls $configFile /inheritance:r /grant '*S-1-5-32-544:F' '*S-1-5-18:F' | Out-Null

& $installed doctor -config $configFile
if ($LASTEXITCODE -eq 78) {
    throw "The configuration in $configFile is wrong; mend it and run this again."
}

$command = "`"$installed`" -config `"$configFile`""
if ($existing) {
    sc.exe config $service binPath= $command start= auto | Out-Null
} else {
    New-Service -Name $service -DisplayName 'Opsen agent' -Description "Reports this host's load to the Opsen gateway." -BinaryPathName $command -StartupType Automatic | Out-Null
}

# Started again after 2 s, however often it ends.
sc.exe failure $service reset= 86400 actions= restart/2000/restart/2000/restart/2000 | Out-Null
sc.exe failureflag $service 1 | Out-Null
Start-Service $service
Get-Service $service
