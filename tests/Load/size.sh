#!/usr/bin/env bash
# What the size of the fleet costs: memory, POST /route without a session as fast as it goes (closed loop), and its latencies open loop at half of that, for each size.
#   tests/Load/size.sh [seconds for each measurement, default 10] [sizes, default "1 10 100 1000 10000"]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-10} sizes=${2:-1 10 100 1000 10000}
need wrk curl

build tests/Load
table "hosts" "memory, MB" "most, /s" "at half of it, /s" "p50, ms" "p99, ms" "p99.9, ms" "late by itself, p99, ms"
for size in $sizes; do
    configure_gateway
    start_gateway
    load register "${url##*:}" "$size" >/dev/null
    memory=$(memory_of "$gateway")
    measure "warm-up" 64 "$seconds" -s tests/Load/no-session.lua "$url" >/dev/null
    measure "most" 64 "$seconds" -s tests/Load/no-session.lua "$url" >/dev/null
    most=$(awk '/Requests\/sec/ {print int($2)}' "$work/wrk")
    sleep 2
    eval "$(load ask "${url##*:}" route $((most / 2)) "$seconds")"
    row "$size" "$memory" "$most" "$rate" "$p50" "$p99" "$p999" "$late"
    plot_point "$size" "$most" "$p99"
    stop_all
done
