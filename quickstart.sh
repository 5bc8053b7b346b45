#!/usr/bin/env bash
# Starts a gateway and two example backends on this machine and shows where requests go.
#   ./quickstart.sh          live table; q or Ctrl-C stops everything
#   ./quickstart.sh --check  the same without a person; exit code 0 when every check holds
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing() {
    echo "quickstart: $1" >&2
    exit 1
}

if ! command -v dotnet >/dev/null; then
    missing "the .NET 10 SDK is missing ('dotnet' is not on the PATH). Get it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again."
fi
if ! dotnet --list-sdks | grep -q '^10\.'; then
    missing "the .NET 10 SDK is missing; 'dotnet --list-sdks' names only: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"
fi
if [ "$(uname -s)" != Linux ]; then
    missing "this script needs Linux, where processes can be pinned to processors. On Windows run quickstart.ps1."
fi
if ! command -v taskset >/dev/null; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq util-linux; } >&2
    else
        missing "'taskset' is missing; it pins each backend to its processors. Install the package util-linux."
    fi
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
echo "Building ..."
dotnet build examples/Quickstart -c Release -v q -nologo
exec dotnet examples/Quickstart/bin/Release/net10.0/quickstart.dll "$@"
