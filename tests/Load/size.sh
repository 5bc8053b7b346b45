#!/usr/bin/env bash
# What the size of the fleet costs: memory, POST /route without a session as fast as it goes (closed loop), and its latencies open loop at half of that,
# beside those of a request that does nothing, for each size.
#   tests/Load/size.sh [seconds for each measurement, default 10] [sizes, default "1 10 100 1000 10000"]
# plot: set logscale x; set xlabel "hosts"; set ylabel "requests a second"; set y2label "p99 at half of it, ms"; set y2tics; set yrange [0:]; set y2range [0:]; plot data using 1:2 with linespoints title "most", data using 1:3 axes x1y2 with linespoints title "p99"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-10} sizes=${2:-1 10 100 1000 10000}
need wrk curl

build tests/Load
table "hosts" "memory, MB" "most, /s" "at half of it, /s" "p50, ms" "p99, ms" "p99.9, ms" "GET /health so often: p99, ms" "generator late, p99, ms"
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
    route="$rate|$p50|$p99|$p999|$late"
    eval "$(load ask "${url##*:}" health $((most / 2)) "$seconds")"
    IFS='|' read -r route_rate route_p50 route_p99 route_p999 route_late <<<"$route"
    row "$size" "$memory" "$most" "$route_rate" "$route_p50" "$route_p99" "$route_p999" "$p99" "$route_late"
    plot_point "$size" "$most" "$route_p99"
    stop_all
done
