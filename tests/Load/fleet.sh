#!/usr/bin/env bash
# What the size of the fleet costs: requests a second of POST /route without a session at one host and at many, in turn, then reports a second of all hosts, and the memory.
# Classic and projected scores, each with a gateway of its own for either size.
#   tests/Load/fleet.sh [hosts, default 1000] [rounds, default 5] [seconds for each measurement, default 4]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
export HOSTS=${1:-1000}
rounds=${2:-5}
seconds=${3:-4}
need wrk curl

configure_gateway
base=$work/server.yml
others=""

# start NAME SCORING HOSTS: one more gateway, whose process and URL are process_NAME and url_NAME.
start() {
    local port
    port=$(free_port)
    sed -e "s/^port: .*/port: $port/" -e "s#^database: .*#database: $work/$1.db#" -e "\$ascoring: $2" "$base" >"$work/$1.yml"
    src/Gateway/bin/Release/net10.0/opsen-gateway -config "$work/$1.yml" >>"$work/log" 2>&1 &
    others="$others $!"
    eval "process_$1=$! url_$1=http://127.0.0.1:$port"
    url=http://127.0.0.1:$port
    for _ in $(seq 600); do curl -sf -o /dev/null "$url/health" && break; sleep 0.05; done
    for i in $(seq "$3"); do add_host "b$i" "http://127.0.0.1:$i"; done
    echo "$1: $(memory_of "$!") MB with $3 hosts, before any load"
}

for scoring in classic projected; do
    start "one_$scoring" "$scoring" 1
    start "many_$scoring" "$scoring" "$HOSTS"
done

for round in $(seq 0 "$rounds"); do
    for scoring in classic projected; do
        for size in one many; do
            measured=process_${size}_$scoring url=url_${size}_$scoring
            measured=${!measured} url=${!url}
            measure "$round route, $scoring, $size" 64 "$seconds" -s tests/Load/no-session.lua "$url"
        done
    done
done

for scoring in classic projected; do
    measured=process_many_$scoring url=url_many_$scoring
    measured=${!measured} url=${!url}
    measure "reports of $HOSTS hosts, $scoring" 64 "$seconds" -s tests/Load/reports.lua "$url"
    measure "baseline: GET /health" 64 "$seconds" "$url/health"
done
