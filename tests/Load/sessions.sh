#!/usr/bin/env bash
# Requests a second and latencies of POST /route on a real gateway with SQLite: new sessions, each durable before its answer, known ones, and requests without a session.
# GET /health of the same process, which does nothing but answer, is the baseline of the same run.
#   tests/Load/sessions.sh [seconds for each measurement, default 10]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-10}
need wrk curl

configure_gateway
start_gateway
for i in 1 2 3; do add_host "b$i" "http://127.0.0.1:$i"; done
measure "new sessions (cold)" 64 "$seconds" -s tests/Load/new-session.lua "$url"
measure "new sessions" 64 "$seconds" -s tests/Load/new-session.lua "$url"
measure "known sessions (cold)" 32 "$seconds" -s tests/Load/known-session.lua "$url"
measure "known sessions" 32 "$seconds" -s tests/Load/known-session.lua "$url"
measure "no session (cold)" 64 "$seconds" -s tests/Load/no-session.lua "$url"
measure "no session" 64 "$seconds" -s tests/Load/no-session.lua "$url"
measure "baseline: GET /health" 32 "$seconds" "$url/health"
