#!/usr/bin/env bash
# Requests a second and latencies of small proxied GETs, one after the other in rounds on one machine: Opsen with known sessions and without a session (decision,
# reservation and release included), YARP alone with the same handler settings, nginx and HAProxy, all before the same nginx backend.
#   tests/Load/proxy.sh [seconds for each measurement, default 10] [rounds, default 3] [connections, default 64]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-10} rounds=${2:-3} connections=${3:-64}
need wrk curl nginx haproxy

configure_gateway 'proxy_endpoints: [/app]
tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0, reservation: request}]'
dotnet build tests/BareYarp -c Release -v q -nologo
others=""
backend_port=$(free_port) yarp_port=$(free_port) nginx_port=$(free_port) haproxy_port=$(free_port)
backend="http://127.0.0.1:$backend_port"

# nginx NAME, with the http block's content from standard input.
run_nginx() {
    mkdir -p "$work/$1"
    {
        echo "worker_processes 2; daemon off; error_log stderr error; pid $work/$1/pid; events { worker_connections 4096; }"
        echo "http { access_log off; keepalive_requests 1000000000; client_body_temp_path $work/$1; proxy_temp_path $work/$1; fastcgi_temp_path $work/$1; uwsgi_temp_path $work/$1; scgi_temp_path $work/$1;"
        cat
        echo "}"
    } >"$work/$1.conf"
    nginx -p "$work/$1" -c "$work/$1.conf" >>"$work/log" 2>&1 &
    started=$!
    others="$others $started"
}
run_nginx backend <<NGINX
server { listen 127.0.0.1:$backend_port; listen 127.0.0.2:$backend_port; listen 127.0.0.3:$backend_port; location / { return 200 "hello from the backend\n"; } }
NGINX
backend_process=$started
run_nginx proxy <<NGINX
upstream backend { server 127.0.0.1:$backend_port; keepalive 256; keepalive_requests 1000000000; }
server { listen 127.0.0.1:$nginx_port; location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; } }
NGINX
nginx_process=$started
cat >"$work/haproxy.cfg" <<HAPROXY
global
    nbthread 2
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:$haproxy_port
    default_backend back
backend back
    http-reuse always
    server one 127.0.0.1:$backend_port
HAPROXY
haproxy_process=$(haproxy -f "$work/haproxy.cfg" >>"$work/log" 2>&1 & echo $!)
yarp_process=$(tests/BareYarp/bin/Release/net10.0/Opsen.BareYarp "$yarp_port" "$backend" >>"$work/log" 2>&1 & echo $!)
others="$others $haproxy_process $yarp_process"
start_gateway
for i in 1 2 3; do add_host "b$i" "http://127.0.0.$i:$backend_port"; done
for port in "$yarp_port" "$nginx_port" "$haproxy_port" "$backend_port"; do
    for _ in $(seq 100); do curl -sf -o /dev/null "http://127.0.0.1:$port/app/small" && break; sleep 0.1; done
done

run_all() {
    measure "Opsen, known sessions" "$connections" "$1" -s tests/Load/known-sessions-proxied.lua "$url"
    measure "Opsen, no session" "$connections" "$1" -H 'X-Tier: web' "$url/app/small"
    measured=$yarp_process measure "YARP alone" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$yarp_port/app/small"
    measured=$nginx_process measure "nginx" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$nginx_port/app/small"
    measured=$haproxy_process measure "HAProxy" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$haproxy_port/app/small"
    measured=$backend_process measure "the backend itself" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$backend_port/app/small"
}
echo "warming up ..."
run_all 5 >"$work/warm" || { cat "$work/warm" "$work/log"; exit 1; }
for _ in $(seq "$rounds"); do
    run_all "$seconds"
    echo
done
