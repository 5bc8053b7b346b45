#!/usr/bin/env bash
# Runs a whole cluster on this machine: PostgreSQL, three silos, two gateways, hosts and traffic.
#   local.sh                         a line every two seconds; Ctrl-C stops everything
#   local.sh --check                 faults in turn under traffic, within 8 minutes; exit code 0 when every promise of docs/CLUSTER.md held
#   local.sh --fault NAME SECONDS    one fault, or two that overlap, as in kill-other+database
#   local.sh --upgrade CLONE [--and-back]
#                                    changes under traffic from the programs of another clone of the repository, built there, to those of this one
#   local.sh --chaos MINUTES [SEED]  faults in random order
# As root, each silo and gateway gets a network namespace of its own, so that it can be cut off; else all are on the loopback, and those faults are left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

missing() {
    echo "local.sh: $1" >&2
    exit 1
}

[ "$(uname -s)" = Linux ] || missing "this script needs Linux, where PostgreSQL is where Debian puts it and processes can be frozen."
if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    missing "the .NET 10 SDK is missing. Get it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again."
fi
if ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && ! command -v initdb >/dev/null; then
    tests/install-tools.sh
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing "PostgreSQL is missing. Install it, on Debian with 'apt-get install postgresql', and run this again."
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
echo "Building ..."
for project in src/Silo src/Gateway examples/LocalCluster; do
    dotnet build "$project" -c Release -v q -nologo
done
exec dotnet examples/LocalCluster/bin/Release/net10.0/local-cluster.dll "$@"
