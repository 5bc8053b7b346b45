#!/usr/bin/env bash
# A gateway under a steady mixed load for a long time: proxied requests, /route with known sessions and without, reports. Its memory, open files and threads every half minute,
# and by how much they grow an hour, after the first sixth.
#   tests/Load/soak.sh [minutes, default 60] [agents, default 100]
# plot: set xlabel "minute"; set ylabel "resident memory, MB"; set yrange [0:]; unset key; plot data using 1:2 with lines
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
minutes=${1:-60} agents=${2:-100}
need curl

build tests/Load
configure_gateway 'proxy_endpoints: [/app]
tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0, reservation: request}, {name: other, vcpu: 1, memory_gb: 1}]'
tests/Load/bin/Release/net10.0/Opsen.Load plain-backend >"$work/backend" &
others=$!
start_gateway
port=${url##*:}
load register "$port" "$agents" >/dev/null
backend=http://127.0.0.1:$(head -n 1 "$work/backend")
for i in $(seq "$agents"); do add_host "h$((i - 1))" "$backend/h$i"; done
for what in "ask $port /app/x 100" "ask $port route 50" "ask $port known 50" "report $port $agents 10"; do
    # shellcheck disable=SC2086 # Words, one each.
    load $what $((minutes * 60)) >"$work/load.${what//[\/ ]/-}" 2>&1 &
    loads="${loads:-} $!"
done

table "minute" "resident, MB" "open files" "threads"
for ((second = 0; second < minutes * 60 - 30; second += 30)); do
    sleep 30
    memory=$(awk '/VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$gateway/status")
    files=$(find "/proc/$gateway/fd" -mindepth 1 | wc -l) threads=$(awk '/Threads/ {print $2}' "/proc/$gateway/status")
    echo "$second $memory $files $threads" >>"$work/samples"
    [ $((second % (minutes * 6))) -ge 30 ] || row "$((second / 60))" "$memory" "$files" "$threads"
    plot_point "$((second / 60))" "$memory"
done
others="$others $loads"
for process in $loads; do wait "$process" || failed=yes; done
awk -v from="$((minutes * 10))" '
    $1 >= from {n++; for (i = 2; i <= 4; i++) {sx[i] += $1; sy[i] += $i; sxy[i] += $1 * $i; sxx[i] += $1 * $1}}
    END {for (i = 2; i <= 4; i++) slope[i] = 3600 * (n * sxy[i] - sx[i] * sy[i]) / (n * sxx[i] - sx[i] * sx[i]); printf "an hour more: %.2f MB, %.1f open files, %.1f threads\n", slope[2], slope[3], slope[4]}' "$work/samples"
for one in "$work"/load.*; do echo "${one##*/load.}: $(tail -n 1 "$one")"; done
[ -z "${failed:-}" ]
