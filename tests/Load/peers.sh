#!/usr/bin/env bash
# How long requests wait behind each balancer: Opsen with both scores, YARP's policies, nginx and HAProxy, before the same eight hosts of 2, 4, 8 and 16 cores, one of which has ten of
# its 16 cores taken by other programs. The hosts' cores are made of time (SharedHost.cs), so the balancers have the machine for themselves. Open loop, the same arrivals and the same work
# for each: 200 ms on average, half of it in a few requests. Hosts report every 5 s, to Opsen and by HAProxy's agent-check.
#   tests/Load/peers.sh [seconds for each measurement, default 60] [load of the cores, percent, default 65] [rounds, default 1]
# plot: set style fill solid 0.6; set boxwidth 0.6; unset key; set logscale y; set ylabel "waited, 99th percentile, ms"; set xtics rotate by -35; set yrange [10:]; plot data using 0:2:xtic(1) with boxes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/Load/gateway.sh
seconds=${1:-60} load_pct=${2:-65} rounds=${3:-1}
need curl nginx haproxy

build tests/Load
build tests/BareYarp
configure_gateway 'proxy_endpoints: [/work]
tiers: [{name: web, vcpu: 1, memory_gb: 0.1, storage_gb: 0, reservation: request, max_wait_seconds: 60}]'
load fleet "$work/gateways" >"$work/hosts" 2>>"$work/log" &
others=$!
until [ "$(wc -l <"$work/hosts")" -eq 8 ]; do sleep 0.1; done
mapfile -t hosts <"$work/hosts"
declare -A port
run() { local name=$1; shift; "$@" >>"$work/log" 2>&1 & others="$others $!"; }

for scoring in classic projected; do
    name="Opsen, $scoring"
    port[$name]=$(free_port)
    sed -e "s/^port: .*/port: ${port[$name]}/" -e "s#^database: .*#database: $work/$scoring.db#" -e "\$ascoring: $scoring" -e "\$ascoring_window_minutes: 0.1" \
        -e "\$adecision_log: ${DECISION_LOGS:-$work}/$scoring.log" "$work/server.yml" >"$work/$scoring.yml"
    run "$name" src/Gateway/bin/Release/net10.0/opsen-gateway -config "$work/$scoring.yml"
    until curl -sf -o /dev/null "http://127.0.0.1:${port[$name]}/health"; do sleep 0.1; done
    echo "${port[$name]}" >>"$work/gateways"
done
backends=() nginx_plain="" nginx_weighted="" haproxy_plain="" haproxy_checked="" haproxy_weighted="" number=0
for host in "${hosts[@]}"; do
    read -r serve check cores <<<"$host"
    number=$((number + 1))
    backends+=("http://127.0.0.1:$serve")
    nginx_plain+="server 127.0.0.1:$serve max_fails=0; "
    nginx_weighted+="server 127.0.0.1:$serve max_fails=0 weight=$cores; "
    haproxy_plain+="    server h$number 127.0.0.1:$serve"$'\n'
    haproxy_weighted+="    server h$number 127.0.0.1:$serve weight $((cores * 10))"$'\n'
    haproxy_checked+="    server h$number 127.0.0.1:$serve weight $((cores * 10)) check agent-check agent-port $check agent-inter 1s"$'\n'
done
for policy in RoundRobin PowerOfTwoChoices LeastRequests; do
    port["YARP, $policy"]=$(free_port)
    run yarp tests/BareYarp/bin/Release/net10.0/Opsen.BareYarp "${port["YARP, $policy"]}" "$policy" "${backends[@]}"
done
for kind in "nginx, round robin|$nginx_plain" "nginx, least_conn|least_conn; $nginx_plain" "nginx, least_conn, weights by cores|least_conn; $nginx_weighted"; do
    name=${kind%%|*} folder="$work/nginx${#port[@]}"
    port[$name]=$(free_port)
    mkdir "$folder"
    cat >"$folder/conf" <<NGINX
worker_processes 1; daemon off; error_log stderr error; pid $folder/pid; events { worker_connections 4096; }
http { access_log off; client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder; uwsgi_temp_path $folder; scgi_temp_path $folder;
upstream hosts { ${kind#*|} keepalive 256; }
server { listen 127.0.0.1:${port[$name]}; location / { proxy_pass http://hosts; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 120s; proxy_next_upstream off; } } }
NGINX
    run nginx nginx -p "$folder" -c "$folder/conf"
done
for kind in "HAProxy, leastconn|leastconn|$haproxy_plain" "HAProxy, leastconn, weights by cores|leastconn|$haproxy_weighted" \
    "HAProxy, leastconn, weights and agent-check|leastconn|$haproxy_checked" "HAProxy, round robin, weights and agent-check|roundrobin|$haproxy_checked"; do
    name=${kind%%|*} rest=${kind#*|} file="$work/haproxy${#port[@]}"
    port[$name]=$(free_port)
    cat >"$file" <<HAPROXY
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 120s
    timeout server 120s
frontend front
    bind 127.0.0.1:${port[$name]}
    default_backend back
backend back
    balance ${rest%%|*}
${rest#*|}
HAPROXY
    run haproxy haproxy -db -f "$file"
done
sleep 12

# 60 cores, less the ten that others have; 200 ms each.
rate=$(awk -v pct="$load_pct" 'BEGIN {print int(50 * pct / 100 / 0.2)}')
echo "$rate requests a second: $load_pct % of what is there"
echo
table "balancer" "waited: p50, ms" "p90" "p99" "p99.9" "failed"
for _ in $(seq "$rounds"); do
    for name in "YARP, RoundRobin" "YARP, PowerOfTwoChoices" "YARP, LeastRequests" "nginx, round robin" "nginx, least_conn" "nginx, least_conn, weights by cores" \
        "HAProxy, leastconn" "HAProxy, leastconn, weights by cores" "HAProxy, leastconn, weights and agent-check" "HAProxy, round robin, weights and agent-check" \
        "Opsen, classic" "Opsen, projected"; do
        load ask "${port[$name]}" work "$rate" 10 >/dev/null || true
        answer=$(load ask "${port[$name]}" work "$rate" "$seconds") || true
        eval "$answer"
        row "$name" "$p50" "$p90" "$p99" "$p999" "$failed"
        plot_point "\"$name\"" "$p99"
    done
done
