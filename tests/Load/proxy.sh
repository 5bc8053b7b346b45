#!/usr/bin/env bash
# Requests a second and latencies of small proxied GETs, one after the other in rounds on one machine: Opsen with known sessions and without a session (decision,
# reservation and release included), YARP alone with the same handler settings, nginx and HAProxy, all before the same nginx backend. Many short rounds, each in an
# order of its own, because the speed of a machine that is shared changes within minutes; the end says how each compares with YARP in the same round.
#   tests/Load/proxy.sh [seconds for each measurement, default 3] [rounds, default 16] [connections, default 64]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-3} rounds=${2:-16} connections=${3:-64}
need wrk curl nginx haproxy

configure_gateway 'proxy_endpoints: [/app]
tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0, reservation: request}]'
build tests/BareYarp
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
    local case
    for case in $(shuf -e known none yarp nginx haproxy backend); do
        case $case in
            known) measure "Opsen, known sessions" "$connections" "$1" -s tests/Load/known-sessions-proxied.lua "$url" ;;
            none) measure "Opsen, no session" "$connections" "$1" -H 'X-Tier: web' "$url/app/small" ;;
            yarp) measured=$yarp_process measure "YARP alone" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$yarp_port/app/small" ;;
            nginx) measured=$nginx_process measure "nginx" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$nginx_port/app/small" ;;
            haproxy) measured=$haproxy_process measure "HAProxy" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$haproxy_port/app/small" ;;
            backend) measured=$backend_process measure "the backend itself" "$connections" "$1" -H 'X-Tier: web' "http://127.0.0.1:$backend_port/app/small" ;;
        esac
    done
}

# The median over the rounds, with the quartiles in brackets, of each case's figures divided by YARP's of the same round.
compare() {
    awk -v base="YARP alone" '
        function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
        function ratios(figure, name,   i, j, swap, sorted) {
            for (i = 1; i <= rounds[name]; i++) {
                sorted[i] = value[figure, name, i] / value[figure, base, i]
                for (j = i; j > 1 && sorted[j - 1] > sorted[j]; j--) { swap = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = swap }
            }
            i--
            return sprintf("%5.2f (%.2f-%.2f)", sorted[int(i / 2 + 1)], sorted[int(i / 4 + 1)], sorted[int(i * 3 / 4 + 1)])
        }
        / of processor / {
            name = substr($0, 1, 32)
            sub(/ +$/, "", name)
            $0 = substr($0, 33)
            n = ++rounds[name]
            value["rate", name, n] = $1
            value["p99", name, n] = ms($6)
            value["processor", name, n] = $7
        }
        END {
            printf "%-24s %-22s %-22s %s\n", "beside YARP alone", "requests/s", "p99", "processor time a request"
            for (name in rounds) printf "%-24s %-22s %-22s %s\n", name, ratios("rate", name), ratios("p99", name), ratios("processor", name)
        }' "$1"
}

echo "warming up ..."
{ run_all 12 && run_all 4; } >"$work/warm" || { cat "$work/warm" "$work/log"; exit 1; }
for _ in $(seq "$rounds"); do
    run_all "$seconds" | tee -a "$work/measured"
    echo
done
compare "$work/measured"
