#!/usr/bin/env bash
# Installs or upgrades Opsen on this Linux machine from a release archive (deploy/build-release.sh makes them).
#   install.sh [-r gateway|silo|agent|all] [-k FOLDER] ARCHIVE
# -r: which programs, several with commas between; all unless told.  -k: folder with SHA256SUMS; the archive's own unless told.
# Programs go to /usr/local/bin, units to /etc/systemd/system, an example of a missing configuration to /etc/opsen; what is configured stays.
# Nothing is started. DESTDIR=… installs below another root, as packagers do.
# The archive must be one that SHA256SUMS names, with the sum that stands there.
set -euo pipefail

fail() {
    echo "install: $1" >&2
    exit 1
}

usage='usage: install.sh [-r gateway,silo,agent] [-k FOLDER] ARCHIVE'
roles=all sums=
while getopts r:k: option; do
    case $option in
        r) roles=$OPTARG ;;
        k) sums=$OPTARG ;;
        *) fail "$usage" ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || fail "$usage"
archive=$1
[ -f "$archive" ] || fail "there is no file '$archive'"
[ "$roles" = all ] && roles=gateway,silo,agent
IFS=, read -r -a programs <<<"$roles"
for program in "${programs[@]}"; do
    case $program in
        gateway | silo | agent) ;;
        *) fail "'$program' is none of gateway, silo, agent" ;;
    esac
done

root=${DESTDIR:-}
[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail "only root may write to /usr/local/bin and /etc; use sudo, or DESTDIR=FOLDER"
name=$(basename "$archive")
case $(uname -m) in
    x86_64) own=linux-x64 ;;
    aarch64) own=linux-arm64 ;;
    *) own=$(uname -m) ;;
esac
[[ $name == *-$own.tar.gz ]] || fail "'$name' is not for this machine; it wants opsen-…-$own.tar.gz"

sums=${sums:-$(dirname "$archive")}/SHA256SUMS
[ -f "$sums" ] || fail "there is no $sums; put it beside the archive, or name its folder with -k"
wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$sums")
[ -n "$wanted" ] || fail "$sums does not name '$name'"
[ "$(sha256sum "$archive" | cut -d ' ' -f 1)" = "$wanted" ] || fail "'$name' is not the file that $sums names: its sum differs; fetch it again"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xzf "$archive"
folder=$work/${name%.tar.gz}
mkdir -p "$root/usr/local/bin" "$root/etc/systemd/system" "$root/etc/opsen"
for program in "${programs[@]}"; do
    # Beside and then in place: a program that runs keeps its file.
    install -m 755 "$folder/opsen-$program" "$root/usr/local/bin/.opsen-$program.new"
    mv "$root/usr/local/bin/.opsen-$program.new" "$root/usr/local/bin/opsen-$program"
    install -m 644 "$folder/systemd/opsen-$program.service" "$root/etc/systemd/system/opsen-$program.service"
    # The names of the Go programs that Opsen takes the place of.
    case $program in
        gateway)
            ln -sfn opsen-gateway "$root/usr/local/bin/opsen-server"
            file=server.yml example=server.example.yml
            ;;
        agent)
            ln -sfn opsen-agent "$root/usr/local/bin/opsen-client"
            file=client.yml example=client.example.yml
            ;;
        silo) file=server.yml example=server.example.yml ;;
    esac
    if [ ! -e "$root/etc/opsen/$file" ]; then
        install -m 600 "$folder/$example" "$root/etc/opsen/$file"
        echo "$root/etc/opsen/$file: every key with its default; change what you need"
    fi
    echo "$root/usr/local/bin/opsen-$program"
done
echo "Next: systemctl daemon-reload && systemctl enable --now$(printf ' opsen-%s' "${programs[@]}")"
