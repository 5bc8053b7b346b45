#!/usr/bin/env bash
# Makes a certificate authority for a cluster and a certificate for each silo and gateway, for cluster_tls_cert_file, cluster_tls_key_file and
# cluster_tls_ca_file. Run again with the same folder for further members: the authority stays.
#   generate-cluster-certs.sh <folder> <member> [member ...]
# Keep <folder>/ca.key away from the members: who has it can make members.
set -euo pipefail

fail() {
    echo "generate-cluster-certs: $1" >&2
    exit 1
}

[ $# -ge 2 ] || fail "name a folder and at least one member; usage: generate-cluster-certs.sh <folder> <member> [member ...]"
command -v openssl >/dev/null || fail "'openssl' is missing; install the package openssl"
folder=$1
shift
days=3650

mkdir -p "$folder"
# Keys must not be readable by others, not even for a moment.
umask 077
if [ ! -e "$folder/ca.key" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -nodes -days "$days" \
        -keyout "$folder/ca.key" -out "$folder/ca.crt" -subj "/CN=Opsen cluster" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign" 2>/dev/null \
        || fail "openssl could not make the authority; run 'openssl version' (1.1.1 or newer is needed)"
fi
for member in "$@"; do
    [[ $member =~ ^[A-Za-z0-9._-]+$ ]] || fail "'$member' is not a name of letters, digits, '.', '_' and '-'"
    [ ! -e "$folder/$member.crt" ] || { echo "$folder/$member.crt is there already"; continue; }
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$folder/$member.key" -out "$folder/$member.csr" -subj "/CN=$member" 2>/dev/null
    openssl x509 -req -in "$folder/$member.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -CAcreateserial -days "$days" -sha256 \
        -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\nkeyUsage=critical,digitalSignature\n') -out "$folder/$member.crt" 2>/dev/null \
        || fail "openssl could not sign the certificate of $member"
    rm -f "$folder/$member.csr"
    echo "$folder/$member.crt and $folder/$member.key"
done
chmod 644 "$folder"/*.crt
