#!/usr/bin/env bash
# Installs the programs that some tests work with, from Debian's packages, where it may (root). Where one is missing its tests are skipped and say so.
set -euo pipefail

tools=(gcc:gcc gcc:libc6-dev curl:curl nginx:nginx haproxy:haproxy chromium-headless-shell:chromium-headless-shell promtool:prometheus node:nodejs)
export PATH="$PATH:/usr/sbin"
missing=()
# Debian keeps the server's programs out of the path.
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || tools+=(initdb:postgresql)
for tool in "${tools[@]}"; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done
if [ "$(uname -s)" != Linux ] || [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "install-tools: not installed, so the tests that need them are skipped: ${missing[*]}" >&2
    exit 0
fi

apt-get update -qq >&2 || true
# A server must not start because its package comes.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi
# One by one: a package that this release does not have must not keep the others away.
for package in "${missing[@]}"; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >&2 \
        || echo "install-tools: $package could not be installed; the tests that need it are skipped." >&2
done
