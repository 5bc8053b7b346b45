#!/usr/bin/env bash
# Many agents that report every 10 s, spread over that time: the gateway's share of a core, the latencies of POST /stats, and its memory. Probes are off.
#   tests/Load/agents.sh [seconds, default 60] [numbers of agents, default "1000 10000"]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-60} numbers=${2:-1000 10000}
need curl

build tests/Load
table "agents" "reports, /s" "share of a core, %" "p50, ms" "p99, ms" "p99.9, ms" "memory, MB"
for number in $numbers; do
    configure_gateway
    start_gateway
    load register "${url##*:}" "$number" >/dev/null
    load report "${url##*:}" "$number" 10 20 >/dev/null
    before=$(processor_of "$gateway") began=$(date +%s%N)
    eval "$(load report "${url##*:}" "$number" 10 "$seconds")"
    share=$(awk -v ticks="$(($(processor_of "$gateway") - before))" -v ns="$(($(date +%s%N) - began))" 'BEGIN {printf "%.1f", ticks * 1e9 / ns}')
    row "$number" "$rate" "$share" "$p50" "$p99" "$p999" "$(memory_of "$gateway")"
    stop_all
done
