#!/usr/bin/env bash
# What the agent costs, beside Debian's node_exporter in the same run: both look at this host, the agent once a second with two cards (a stand-in for NVIDIA's
# library) and a report each 10 s, node_exporter when it is scraped, each 10 s. Processor time is the threads' own (schedstat), memory what is resident.
#   agent.sh [SECONDS] [http | https]
# Needs gcc (the agent is compiled ahead of time) and the package prometheus-node-exporter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-120}
scheme=${2:-http}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
for tool in gcc prometheus-node-exporter curl openssl; do
    command -v "$tool" >/dev/null || { echo "agent: '$tool' is missing" >&2; exit 1; }
done

dotnet build src/Gateway -c Release -v q -nologo
dotnet publish src/Agent -c Release -r "linux-$([ "$(uname -m)" = aarch64 ] && echo arm64 || echo x64)" -p:PublishAot=true -o "$work/agent" -v q -nologo
gcc -shared -fPIC -O1 -o "$work/libnvidia-ml.so.1" tests/Agent.Tests/Sensors/Nvidia/fake_nvml.c

gateway_port=18080 exporter_port=18081
cat > "$work/server.yml" <<YAML
port: $gateway_port
host: 127.0.0.1
database: $work/opsen.db
admin_port: 0
health_check_enabled: false
YAML
cat > "$work/client.yml" <<YAML
server_url: $scheme://127.0.0.1:$gateway_port
state_dir: $work/state
report_interval_seconds: 10
endpoint_url: http://127.0.0.1:11000
YAML
if [ "$scheme" = https ]; then
    bash deploy/scripts/generate-tls-cert.sh "$work/tls" 127.0.0.1 >/dev/null 2>&1
    printf 'tls_cert_file: %s\ntls_key_file: %s\n' "$work/tls/server.crt" "$work/tls/server.key" >> "$work/server.yml"
    echo 'insecure_tls: true' >> "$work/client.yml"
fi

src/Gateway/bin/Release/net10.0/opsen-gateway -config "$work/server.yml" > "$work/gateway.log" 2>&1 &
until curl -sk "$scheme://127.0.0.1:$gateway_port/health" >/dev/null; do sleep 0.2; done
started=$(date +%s%N)
LD_LIBRARY_PATH=$work "$work/agent/opsen-agent" -config "$work/client.yml" > "$work/agent.log" 2>&1 &
agent=$!
until grep -q Registered "$work/agent.log"; do sleep 0.01; done
registered=$(date +%s%N)
prometheus-node-exporter --web.listen-address=127.0.0.1:$exporter_port > /dev/null 2>&1 &
exporter=$!
sleep 15

processor() { cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum / 1000 }'; }
resident() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
agent_before=$(processor $agent) exporter_before=$(processor $exporter) before=$(date +%s%N)
for ((passed = 0; passed < seconds; passed += 10)); do
    curl -s "http://127.0.0.1:$exporter_port/metrics" > /dev/null
    sleep 10
done
elapsed=$((($(date +%s%N) - before) / 1000))
share() { awk -v used="$1" -v all="$elapsed" 'BEGIN { printf "%.3f", 100 * used / all }'; }

echo "| | share of a core, % | resident, MiB |"
echo "| --- | --- | --- |"
echo "| opsen-agent, $scheme | $(share $(($(processor $agent) - agent_before))) | $(resident $agent) |"
echo "| node_exporter | $(share $(($(processor $exporter) - exporter_before))) | $(resident $exporter) |"
echo "Program: $(stat -c %s "$work/agent/opsen-agent" | awk '{ printf "%.1f", $1 / 1048576 }') MiB. Registered $(((registered - started) / 1000000)) ms after its start."
