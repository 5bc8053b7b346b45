# Sourced by the load scripts: a real gateway on free ports with a database of its own, and hosts that are registered but take no traffic.
# Sets $work (a folder that goes away at the end), $url and $gateway (the process).

need() {
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null; then
            echo "$(basename "$0"): '$tool' is missing; on Debian: apt-get install $tool" >&2
            exit 1
        fi
    done
}

# A port that nothing listens on now.
free_port() {
    local port
    while port=$(shuf -i 20000-29999 -n 1) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# build PROJECT: says something only when it fails.
build() { dotnet build "$1" -c Release -v q -nologo >/tmp/opsen-load-build.$$ || { cat /tmp/opsen-load-build.$$ >&2; rm /tmp/opsen-load-build.$$; exit 1; }; rm /tmp/opsen-load-build.$$; }

# configure_gateway [MORE YAML]: builds, and writes the configuration.
configure_gateway() {
    build src/Gateway
    work=$(mktemp -d)
    trap stop_all EXIT
    local port
    port=$(free_port)
    url="http://127.0.0.1:$port"
    cat >"$work/server.yml" <<YAML
port: $port
host: 127.0.0.1
admin_port: 0
database: $work/opsen.db
rate_limit_per_minute: 0
health_check_enabled: false
stale_minutes: 1000
sticky_header: X-Session-ID
log_level: warn
${1:-tiers: [{name: web, vcpu: 0, memory_gb: 0.0001, storage_gb: 0\}]}
YAML
}

# Starts the gateway and waits until it answers.
start_gateway() {
    src/Gateway/bin/Release/net10.0/opsen-gateway -config "$work/server.yml" >>"$work/log" 2>&1 &
    gateway=$!
    for _ in $(seq 600); do
        curl -sf -o /dev/null "$url/health" && return
        sleep 0.05
    done
    echo "the gateway does not answer:" >&2
    tail "$work/log" >&2
    exit 1
}

stop_all() {
    kill ${gateway:-} ${others:-} 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}

post() { curl -sf -o /dev/null -H 'Content-Type: application/json' -d "$2" "$url$1"; }

# add_host ID URL: registers a host with room for everything, and reports once.
add_host() {
    post /register "{\"client_id\":\"$1\",\"hostname\":\"$1\",\"total_cpu\":4,\"total_memory_gb\":900000,\"total_storage_gb\":100,\"endpoint_url\":\"$2\"}"
    post /stats "{\"client_id\":\"$1\",\"cpu_cores\":4,\"cpu_usage_avg\":[10,10,10,10],\"memory_total_gb\":900000,\"memory_used_gb\":1,\"memory_avail_gb\":899999,\"disk_total_gb\":100,\"disk_used_gb\":1,\"disk_avail_gb\":99}"
}

# Resident memory of processes, MB.
memory_of() { for process in $1; do cat "/proc/$process/status"; done | awk '/VmRSS/ {sum += $2} END {print int(sum / 1024)}'; }

# Processor time that processes and their children have used, in ticks of 10 ms.
processor_of() {
    local child total=0 sum
    for child in $1 $(for process in $1; do pgrep -P "$process"; done); do
        sum=$(awk '{print $14 + $15}' "/proc/$child/stat")
        total=$((total + sum))
    done
    echo "$total"
}

# measure NAME CONNECTIONS SECONDS WRK_ARGUMENTS... ; a request that was not answered 2xx fails the run.
# $measured are the processes whose processor time and memory are shown; the gateway unless set.
measure() {
    local name=$1 connections=$2 seconds=$3 process=${measured:-$gateway} before
    shift 3
    before=$(processor_of "$process")
    wrk -t1 -c"$connections" -d"${seconds}s" --latency "$@" >"$work/wrk"
    awk -v name="$name" -v rss="$(memory_of "$process")" -v ticks="$(($(processor_of "$process") - before))" '
        $1 == "50%" {p50 = $2} $1 == "99%" {p99 = $2} /requests in/ {count = $1} /Requests\/sec/ {rate = $2} /Non-2xx|Socket errors/ {bad = $0}
        END {
            printf "%-32s %8.0f /s   p50 %9s   p99 %9s   %6.1f us of processor a request   %5d MB   %s\n", name, rate, p50, p99, ticks * 10000 / count, rss, bad
            exit bad != ""
        }' "$work/wrk"
}

# load COMMAND...: tests/Load's program, which was built before.
load() { tests/Load/bin/Release/net10.0/Opsen.Load "$@"; }

# table NAMES... and row VALUES...: Markdown.
table() { row "$@"; row "${@//*/---}"; }
row() { local line; printf -v line ' %s |' "$@"; echo "|$line"; }

# plot_point VALUES...: a line of the data that run.sh draws.
plot_point() { if [ -n "${PLOT_DATA:-}" ]; then echo "$*" >>"$PLOT_DATA"; fi; }
