#!/usr/bin/env bash
# Makes many sessions through POST /route, kills the gateway, starts it again and looks some of them up: memory, time to the first answer, time of a look-up,
# and whether each is still on its host.
#   tests/Load/million.sh [sessions, default 1000000] [look-ups, default 1000]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
sessions=${1:-1000000} lookups=${2:-1000}
need wrk curl sqlite3

configure_gateway
start_gateway
for i in 1 2 3; do add_host "b$i" "http://127.0.0.1:$i"; done
count() { sqlite3 -readonly "$work/opsen.db" "select count(*) from sticky_assignments"; }

most=0
while made=$(count) && [ "$made" -lt "$sessions" ]; do
    measure "$made sessions so far" 64 10 -s tests/Load/new-session.lua "$url"
    now=$(memory_of "$gateway")
    most=$((now > most ? now : most))
done
echo "$made sessions made; the gateway took up to $most MB"
sleep ${IDLE:-130}
echo "reservations over: $(memory_of "$gateway") MB"

# As many as asked for, from everywhere; a request each on one connection, in an order that is not that of the file.
sqlite3 -readonly -separator ' ' "$work/opsen.db" \
    "select sticky_id, client_id from sticky_assignments where abs(random()) % ($made / $lookups) = 0 limit $lookups" | shuf >"$work/expected"
look_up() {
    awk -v url="$url/route" '
        NR > 1 {print "next"}
        {print "url = \"" url "\"\nheader = \"Content-Type: application/json\"\nheader = \"X-Session-ID: " $1 "\"\ndata = \"{\\\"tier\\\":\\\"web\\\"}\"\nsilent\nwrite-out = \" %{time_total}\\n\""}' \
        "$work/expected" >"$work/curlrc"
    curl -K "$work/curlrc" | sed 's/.*"client_id":"\([^"]*\)".*} /\1 /' | paste -d' ' "$work/expected" - >"$work/found"
    awk '$2 != $3 {wrong++; print "wrong:", $0 > "/dev/stderr"} {print $4 * 1000}  END {print "wrong", wrong + 0 > "/dev/stderr"}' "$work/found" | sort -n |
        awk '{t[NR] = $1} END {printf "%d look-ups: median %.2f ms, p99 %.2f ms, worst %.2f ms\n", NR, t[int(NR / 2)], t[int(NR * 0.99)], t[NR]}'
}
look_up

kill -9 "$gateway"
wait "$gateway" 2>/dev/null || true
before=$(date +%s%N)
start_gateway
curl -sf -o /dev/null -H 'Content-Type: application/json' -H "X-Session-ID: $(head -n 1 "$work/expected" | cut -d' ' -f1)" -d '{"tier":"web"}' "$url/route"
echo "killed and started again: first session found after $((($(date +%s%N) - before) / 1000000)) ms; $(memory_of "$gateway") MB"
look_up
echo "then: $(memory_of "$gateway") MB; integrity: $(sqlite3 "$work/opsen.db" 'pragma integrity_check')"
