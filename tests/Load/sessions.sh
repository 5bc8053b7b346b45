#!/usr/bin/env bash
# Requests a second and latencies of POST /route on a real gateway with SQLite: new sessions, each durable before its answer, and known ones.
# GET /health of the same process, which does nothing but answer, is the baseline of the same run.
#   tests/Load/sessions.sh [seconds for each measurement, default 10]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-10}

for tool in wrk curl; do
    if ! command -v "$tool" >/dev/null; then
        echo "sessions.sh: '$tool' is missing; on Debian: apt-get install $tool" >&2
        exit 1
    fi
done

dotnet build src/Gateway -c Release -v q -nologo
work=$(mktemp -d)
port=$(shuf -i 20000-29999 -n 1)
url="http://127.0.0.1:$port"
cat >"$work/server.yml" <<YAML
port: $port
host: 127.0.0.1
admin_port: 0
database: $work/opsen.db
rate_limit_per_minute: 0
health_check_enabled: false
sticky_header: X-Session-ID
log_level: warn
tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0}]
YAML
src/Gateway/bin/Release/net10.0/opsen-gateway -config "$work/server.yml" >"$work/log" 2>&1 &
gateway=$!
trap 'kill $gateway 2>/dev/null; wait $gateway 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    curl -sf -o /dev/null "$url/health" && break
    sleep 0.1
done

post() { curl -sf -o /dev/null -H 'Content-Type: application/json' -d "$2" "$url$1"; }
for i in 1 2 3; do
    post /register "{\"client_id\":\"b$i\",\"hostname\":\"b$i\",\"total_cpu\":4,\"total_memory_gb\":900000,\"total_storage_gb\":100,\"endpoint_url\":\"http://127.0.0.1:$i\"}"
    post /stats "{\"client_id\":\"b$i\",\"cpu_cores\":4,\"cpu_usage_avg\":[10,10,10,10],\"memory_total_gb\":900000,\"memory_used_gb\":1,\"memory_avail_gb\":899999,\"disk_total_gb\":100,\"disk_used_gb\":1,\"disk_avail_gb\":99}"
done

# measure NAME CONNECTIONS SCRIPT... ; a request that was not answered 2xx fails the run.
measure() {
    local name=$1 connections=$2
    shift 2
    wrk -t1 -c"$connections" -d"${seconds}s" --latency "$@" >"$work/wrk"
    awk -v name="$name" -v rss="$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$gateway/status")" '
        $1 == "50%" {p50 = $2} $1 == "99%" {p99 = $2} /Requests\/sec/ {rate = $2} /Non-2xx|Socket errors/ {bad = $0}
        END {printf "%-28s %10.0f /s   p50 %9s   p99 %9s   %5d MB   %s\n", name, rate, p50, p99, rss, bad; exit bad != ""}' "$work/wrk"
}

echo "warming up ..."
measure "new sessions (cold)" 64 -s tests/Load/new-session.lua "$url"
measure "new sessions" 64 -s tests/Load/new-session.lua "$url"
measure "known sessions (cold)" 32 -s tests/Load/known-session.lua "$url"
measure "known sessions" 32 -s tests/Load/known-session.lua "$url"
measure "baseline: GET /health" 32 "$url/health"
