<#
.SYNOPSIS
    Fetches the GeoLite2-City database by which hosts and users are placed.
.DESCRIPTION
    A file that is there is replaced only by a whole one. Run it monthly.
.EXAMPLE
    .\download-geoip.ps1 C:\ProgramData\Opsen\GeoLite2-City.mmdb
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)][string]$TargetPath = './GeoLite2-City.mmdb',
    [string]$Url = 'https://cyqle-opsen.s3.us-east-2.amazonaws.com/GeoLite2-City.mmdb'
)

$ErrorActionPreference = 'Stop'
if (Test-Path -PathType Container $TargetPath) {
    throw "'$TargetPath' is a directory; name the file."
}
$target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($TargetPath)
New-Item -ItemType Directory -Force (Split-Path $target) | Out-Null
$draft = "$target.$([guid]::NewGuid().ToString('N'))"
try {
    Invoke-WebRequest -Uri $Url -OutFile $draft

    # The last 128 KB of such a file have this mark, then its description.
    $stream = [IO.File]::OpenRead($draft)
    try {
        $length = [Math]::Min($stream.Length, 131072)
        [void]$stream.Seek(-$length, [IO.SeekOrigin]::End)
        $bytes = New-Object byte[] $length
        [void]$stream.Read($bytes, 0, $length)
    } finally {
        $stream.Dispose()
    }
    if (-not [Text.Encoding]::ASCII.GetString($bytes).Contains('MaxMind.com')) {
        throw "What $Url answers is no MaxMind database."
    }
    Move-Item -Force $draft $target
} finally {
    Remove-Item -ErrorAction SilentlyContinue $draft
}
Write-Output $target
