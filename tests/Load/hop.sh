#!/usr/bin/env bash
# What the hop from a gateway to a silo costs: processor time of a decision (POST /route without a session) with the silo in the gateway's process, which is the baseline,
# and of gateway and silo together when they are two processes (cluster: localhost). In turn, on one machine. The difference is the hop with its batching.
#   tests/Load/hop.sh [seconds for each measurement, default 8] [rounds, default 4]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-8}
rounds=${2:-4}
need wrk curl

# measure_with NAME MORE_YAML: a gateway of its own, with a silo when the configuration says so. The first measurement warms up.
measure_with() {
    configure_gateway "tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0, reservation: request}]
$2"
    others=""
    if [ -n "$2" ]; then
        src/Silo/bin/Release/net10.0/opsen-silo -config "$work/server.yml" >>"$work/log" 2>&1 &
        others=$!
    fi
    start_gateway
    for i in 1 2 3; do add_host "b$i" "http://127.0.0.1:$i"; done
    measured="$gateway $others" measure "$1 (cold)" 64 "$seconds" -s tests/Load/no-session.lua "$url"
    for connections in 8 64 256; do
        measured="$gateway $others" measure "$1, $connections callers" "$connections" "$seconds" -s tests/Load/no-session.lua "$url"
    done
    stop_all
}

build src/Silo
for _ in $(seq "$rounds"); do
    measure_with "one process" ""
    measure_with "gateway and silo" "cluster: localhost
silo_port: $(free_port)
silo_gateway_port: $(free_port)
silo_admin_port: 0"
done
