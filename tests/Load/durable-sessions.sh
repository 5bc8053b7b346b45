#!/usr/bin/env bash
# New sessions a second, each stored before its answer, with a gateway and a silo: over SQLite (cluster: localhost), which is the baseline, and over PostgreSQL (cluster: postgres),
# in turn on the same machine. Needs root, because PostgreSQL runs as its own user.
#   tests/Load/durable-sessions.sh [seconds for each measurement, default 10] [rounds, default 2]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-10}
rounds=${2:-2}
need wrk curl
programs=$(compgen -G "/usr/lib/postgresql/*/bin" | sort -V | tail -n 1) || { echo "durable-sessions.sh: PostgreSQL is missing; on Debian: apt-get install postgresql" >&2; exit 1; }

as_postgres() { runuser -u postgres -- "$programs/$1" "${@:2}"; }

stop_postgres() {
    as_postgres pg_ctl stop -m immediate -D "$postgres/data" >/dev/null 2>&1 || true
    rm -rf "${postgres:-}"
    stop_all
}

# start_cluster NAME MORE_YAML: a silo and a gateway of its own.
start_cluster() {
    configure_gateway "tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0}]
silo_port: $(free_port)
silo_gateway_port: $(free_port)
silo_admin_port: 0
$2"
    trap stop_postgres EXIT
    src/Silo/bin/Release/net10.0/opsen-silo -config "$work/server.yml" >>"$work/log" 2>&1 &
    others=$!
    start_gateway
    for i in 1 2 3; do add_host "b$i" "http://127.0.0.1:$i"; done
    measure "$1, new sessions (cold)" 64 "$seconds" -s tests/Load/new-session.lua "$url"
    measure "$1, new sessions" 64 "$seconds" -s tests/Load/new-session.lua "$url"
    measure "$1, /route without a session" 64 "$seconds" -s tests/Load/no-session.lua "$url"
    stop_all
}

build src/Silo
postgres=$(mktemp -d)
work=$(mktemp -d)
trap stop_postgres EXIT
chown postgres "$postgres"
port=$(free_port)
# Durable, as a server is: fsync and synchronous_commit are on.
as_postgres initdb -D "$postgres/data" -U opsen --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
as_postgres pg_ctl start -w -D "$postgres/data" -l "$postgres/log" -o "-p $port -k $postgres -c listen_addresses=127.0.0.1" >/dev/null
for round in $(seq "$rounds"); do
    start_cluster "SQLite" "cluster: localhost"
    as_postgres createdb -h 127.0.0.1 -p "$port" -U opsen "round$round"
    start_cluster "PostgreSQL" "cluster: postgres
advertised_ip: 127.0.0.1
cluster_connection: Host=127.0.0.1;Port=$port;Username=opsen;Database=round$round"
done
