#!/usr/bin/env pwsh
# Makes a self-signed TLS certificate for development and tests. PowerShell 7.4 or newer.
#   generate-tls-cert.ps1 [cert_dir] [domain] [days]
# Defaults: ./certs, lb.cyqle.local, 365. Writes server.crt and server.key, to be named by tls_cert_file and tls_key_file.
#Requires -Version 7.4
[CmdletBinding()]
param(
    [string] $CertDir = './certs',
    [ValidatePattern('^[A-Za-z0-9*.:_-]+$', ErrorMessage = "'{0}' is neither a host name nor an IP address")]
    [string] $Domain = 'lb.cyqle.local',
    [ValidateRange(1, 99999)]
    [int] $Days = 365
)
$ErrorActionPreference = 'Stop'
$address = [Net.IPAddress]::Loopback

# Clients look at the alternative names only; an address must be listed as one.
$names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
$listed = foreach ($name in @($Domain, 'localhost', '127.0.0.1', '::1') | Select-Object -Unique) {
    if ([Net.IPAddress]::TryParse($name, [ref] $address)) { $names.AddIpAddress($address); "IP:$name" } else { $names.AddDnsName($name); "DNS:$name" }
}

$key = [Security.Cryptography.RSA]::Create(2048)
$request = [Security.Cryptography.X509Certificates.CertificateRequest]::new(
    "CN=$Domain", $key, [Security.Cryptography.HashAlgorithmName]::SHA256, [Security.Cryptography.RSASignaturePadding]::Pkcs1)
$request.CertificateExtensions.Add($names.Build($false))
$request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509BasicConstraintsExtension]::new($true, $false, 0, $true))
$request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509KeyUsageExtension]::new('DigitalSignature, KeyEncipherment', $true))
$serverAuthentication = [Security.Cryptography.OidCollection]::new()
[void] $serverAuthentication.Add([Security.Cryptography.Oid]::new('1.3.6.1.5.5.7.3.1'))
$request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509EnhancedKeyUsageExtension]::new($serverAuthentication, $false))
$certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow, [DateTimeOffset]::UtcNow.AddDays($Days))

[void] (New-Item -ItemType Directory -Force -Path $CertDir)
$crt = Join-Path $CertDir 'server.crt'
$keyFile = Join-Path $CertDir 'server.key'

# The key must not be readable by others, not even for a moment.
if (Test-Path $keyFile) { Remove-Item $keyFile }
[void] (New-Item -ItemType File -Path $keyFile)
if ($IsWindows) {
    icacls $keyFile /inheritance:r /grant:r "$($env:USERNAME):(R,W,D)" /grant:r 'SYSTEM:(R)' /grant:r 'BUILTIN\Administrators:(F)' | Out-Null
} else {
    chmod 600 $keyFile
}

Set-Content -Path $keyFile -Value $key.ExportPkcs8PrivateKeyPem()
Set-Content -Path $crt -Value $certificate.ExportCertificatePem()

"$crt and ${keyFile}: $($listed -join ','), $Days days."
'In server.yml:'
"  tls_cert_file: $crt"
"  tls_key_file: $keyFile"
