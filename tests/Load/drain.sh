#!/usr/bin/env bash
# Timeline of a drain under load and of the death of a backend, on a real gateway with SQLite and two real backends.
#   tests/Load/drain.sh [sessions, default 200] [seconds that a drain leaves them, default 8]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
sessions=${1:-200}
deadline=${2:-8}

for tool in curl jq; do
    if ! command -v "$tool" >/dev/null; then
        echo "drain.sh: '$tool' is missing; on Debian: apt-get install $tool" >&2
        exit 1
    fi
done

dotnet build src/Gateway -c Release -v q -nologo >/dev/null
dotnet build examples/EchoBackend -c Release -v q -nologo >/dev/null
work=$(mktemp -d)
read -r port a b <<<"$(shuf -i 20000-29999 -n 3 | xargs)"
url="http://127.0.0.1:$port"
pids=()
stop() { kill -9 "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT
cat >"$work/server.yml" <<YAML
port: $port
host: 127.0.0.1
admin_port: 0
database: $work/opsen.db
rate_limit_per_minute: 0
health_check_interval_seconds: 10
sticky_header: X-Session-ID
proxy_endpoints: [/app]
tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0}]
YAML
src/Gateway/bin/Release/net10.0/opsen-gateway -config "$work/server.yml" >"$work/log" 2>&1 &
pids+=($!)
backend() { examples/EchoBackend/bin/Release/net10.0/echo-backend --urls "http://127.0.0.1:$2" --name "$1" >/dev/null 2>&1 & pids+=($!); }
backend first "$a"
first=${pids[-1]}
backend second "$b"
until curl -sf -o /dev/null "$url/health" && curl -sf -o /dev/null "http://127.0.0.1:$a/health" && curl -sf -o /dev/null "http://127.0.0.1:$b/health"; do sleep 0.1; done

post() { curl -sf -o /dev/null -H 'Content-Type: application/json' -d "${2:-}" "$url$1"; }
join() { # NAME PORT CPU
    post /register "{\"client_id\":\"$1\",\"hostname\":\"$1\",\"total_cpu\":4,\"total_memory_gb\":1000,\"total_storage_gb\":100,\"endpoint_url\":\"http://127.0.0.1:$2\"}"
    post /stats "{\"client_id\":\"$1\",\"cpu_cores\":1,\"cpu_usage_avg\":[$3],\"memory_total_gb\":1000,\"memory_used_gb\":1,\"memory_avail_gb\":999,\"disk_total_gb\":100,\"disk_used_gb\":1,\"disk_avail_gb\":99}"
}
now() { date +%s%3N; }
field() { curl -sf "$url/clients" | jq -r ".[] | select(.client_id == \"$1\") | .$2"; }

join first "$a" 10
for i in $(seq "$sessions"); do curl -sf -o /dev/null -H "X-Session-ID: old-$i" "$url/app/x?tier=web"; done
join second "$b" 50

# One line a request: time, session, host that answered or the status of a failure.
load() { # NUMBER OF CALLER
    local n=$1 i session answer
    for ((i = 0; ; i++)); do
        session="old-$(((n + i * 4) % sessions + 1))"
        if ((i % 11 == 10)); then session="new-$n-$i"; fi
        answer=$(curl -s -w ' %{http_code}' -H "X-Session-ID: $session" "$url/app/x?tier=web" || true)
        case $answer in
            *'"first"'*' 200') answer=first ;;
            *'"second"'*' 200') answer=second ;;
            *) answer="FAILED ${answer: -3}" ;;
        esac
        echo "$(now) $session $answer"
    done
}
for n in 0 1 2 3; do load "$n" >"$work/load-$n" & pids+=($!); callers+=($!); done
sleep 2

begin=$(now)
post "/clients/first/drain?deadline_seconds=$deadline"
asked=$(now)
while [ "$(field first lifecycle)" != drained ]; do sleep 0.05; done
drained=$(now)
left=$sessions
for _ in $(seq 120); do
    left=$(curl -sf "$url/sessions?client_id=first&limit=1000" | jq '[.sessions[] | select(.sticky_id | startswith("old-"))] | length')
    [ "$left" -gt 0 ] || break
    sleep 0.5
done
kill "${callers[@]}"
cat "$work"/load-* | sort -n >"$work/all"
echo "drain of a host with $sessions sessions, deadline ${deadline} s; four callers, one request in eleven begins a session"
awk -v begin="$begin" -v asked="$asked" -v drained="$drained" -v due="$((begin + deadline * 1000))" -v left="$left" '
    $1 < begin {before++}
    $3 == "FAILED" {failed++}
    $1 >= asked && $1 < due && $2 ~ /^old/ {during++; if ($3 != "first") strayed++}
    $1 >= asked + 200 && $2 ~ /^new/ && $3 == "first" {misplaced++}
    $1 >= due && $2 ~ /^old/ && $3 == "second" {if (!first) first = $1; if (!($2 in moved)) {moved[$2]; count++; last = $1}}
    $1 >= drained + 200 && $2 ~ /^old/ && $3 == "first" {late++}
    END {
        printf "  %8.3f s  the drain is asked for; %d requests before it\n", 0, before
        printf "  %8.3f s  it is stored and answered\n", (asked - begin) / 1000
        printf "  %8s    %d requests of old sessions until the deadline, %d of them not on their host; %d new sessions on it\n", "", during, strayed, misplaced
        printf "  %8.3f s  the host is shown as drained\n", (drained - begin) / 1000
        printf "  %8.3f s  the first old session is on the other host\n", (first - begin) / 1000
        printf "  %8.3f s  the last of %d that asked has moved; %d went to the old host later; %d are left there\n", (last - begin) / 1000, count, late, left
        printf "  %8s    %d failed requests\n", "", failed
    }' "$work/all"

post "/clients/first/undrain"
post "/clients/second/maintenance"
sleep 1
for i in $(seq 20); do curl -sf -o /dev/null -H "X-Session-ID: back-$i" "$url/app/x?tier=web"; done
post "/clients/second/undrain"
sleep 12
echo "kill of a backend that is probed every 10 s, under traffic"
begin=$(now)
disown "$first"
kill -9 "$first"
failed=0
while [ "$(field first health_status)" != unhealthy ]; do
    curl -sf -o /dev/null "$url/app/x?tier=web" || failed=$((failed + 1))
done
printf '  %8.3f s  the host is unhealthy; %d requests failed meanwhile\n' "$((($(now) - begin)))e-3" "$failed"
backend first "$a"
begin=$(now)
while [ "$(field first health_status)" != healthy ]; do sleep 0.1; done
printf '  %8.3f s  after its start the host is healthy again\n' "$((($(now) - begin)))e-3"
grep -F '[104]' "$work/log" | sed 's/^/  /'
