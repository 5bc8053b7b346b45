# Starts a gateway and two example backends on this machine and shows where requests go.
#   ./quickstart.ps1          live table; q or Ctrl-C stops everything
#   ./quickstart.ps1 --check  the same without a person; exit code 0 when every check holds
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine("The .NET 10 SDK is missing ('dotnet' is not on the PATH). Get it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again.")
    exit 1
}
$sdks = dotnet --list-sdks
if (-not ($sdks -match '^10\.')) {
    [Console]::Error.WriteLine("The .NET 10 SDK is missing; 'dotnet --list-sdks' names only: $sdks")
    exit 1
}

$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
Write-Host 'Building ...'
dotnet build examples/Quickstart -c Release -v q -nologo
if ($LASTEXITCODE -ne 0) {
    exit $LASTEXITCODE
}
dotnet examples/Quickstart/bin/Release/net10.0/quickstart.dll @args
exit $LASTEXITCODE
