#!/usr/bin/env bash
# Makes a self-signed TLS certificate for development and tests.
#   generate-tls-cert.sh [cert_dir] [domain] [days]
# Defaults: ./certs, lb.cyqle.local, 365. Writes server.crt and server.key, to be named by tls_cert_file and tls_key_file.
set -euo pipefail

cert_dir=${1:-./certs}
domain=${2:-lb.cyqle.local}
days=${3:-365}

fail() {
    echo "generate-tls-cert: $1" >&2
    exit 1
}

[ $# -le 3 ] || fail "too many arguments; usage: generate-tls-cert.sh [cert_dir] [domain] [days]"
[[ $days =~ ^[1-9][0-9]{0,4}$ ]] || fail "'$days' is not a number of days from 1 to 99999"
[[ $domain =~ ^[A-Za-z0-9*.:_-]+$ ]] || fail "'$domain' is neither a host name nor an IP address"
command -v openssl >/dev/null || fail "'openssl' is missing; install the package openssl"

# Clients look at the alternative names only; an address must be listed as one.
if [[ $domain =~ ^[0-9.]+$ || $domain == *:* ]]; then
    name="IP:$domain"
else
    name="DNS:$domain"
fi
alternatives="$name"
for own in DNS:localhost IP:127.0.0.1 IP:::1; do
    [ "$own" = "$name" ] || alternatives+=",$own"
done

mkdir -p "$cert_dir"
# The key must not be readable by others, not even for a moment.
umask 077
openssl req -x509 -newkey rsa:2048 -sha256 -nodes -days "$days" \
    -keyout "$cert_dir/server.key" -out "$cert_dir/server.crt" \
    -subj "/CN=$domain" \
    -addext "subjectAltName=$alternatives" \
    -addext "keyUsage=critical,digitalSignature,keyEncipherment" \
    -addext "extendedKeyUsage=serverAuth" 2>/dev/null \
    || fail "openssl could not make the certificate; run 'openssl version' (1.1.1 or newer is needed)"
chmod 644 "$cert_dir/server.crt"

echo "$cert_dir/server.crt and $cert_dir/server.key: $alternatives, $days days."
echo "In server.yml:"
echo "  tls_cert_file: $cert_dir/server.crt"
echo "  tls_key_file: $cert_dir/server.key"
