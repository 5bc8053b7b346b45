#!/usr/bin/env bash
# Builds what is downloaded: an archive for each system, SHA256SUMS, and install.sh, which installs the former by the latter.
#   build-release.sh [-o FOLDER] [RUNTIME …]
# RUNTIME is linux-x64, linux-arm64 or win-x64; without one, what this machine can build: linux of its own processor, and win-x64.
# The agent for Linux is compiled ahead of time, which needs gcc or clang and a machine of the same processor; elsewhere it is one trimmed file with the runtime
# in it. Gateway and silo bring the runtime along.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "build-release: $1" >&2
    exit 1
}

out=artifacts/release
while getopts o: option; do
    case $option in
        o) out=$OPTARG ;;
        *) fail "usage: build-release.sh [-o FOLDER] [linux-x64 | linux-arm64 | win-x64 …]" ;;
    esac
done
shift $((OPTIND - 1))

command -v dotnet >/dev/null || fail "'dotnet' is missing; install the .NET 10 SDK"
case $(uname -m) in
    x86_64) own=linux-x64 ;;
    aarch64) own=linux-arm64 ;;
    *) own= ;;
esac
[ $# -gt 0 ] || set -- $own win-x64
for runtime; do
    case $runtime in
        linux-x64 | linux-arm64 | win-x64) ;;
        *) fail "'$runtime' is none of linux-x64, linux-arm64, win-x64" ;;
    esac
done

# A tag such as v1.2.0 is the version; between tags it is that of the source and the commit.
if tag=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null); then
    version=${tag#v}
    revision=true
else
    revision=false
    version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' Directory.Build.props)-dev.$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

publish() { # PROJECT RUNTIME FOLDER OPTION…
    local project=$1 runtime=$2 folder=$3
    shift 3
    dotnet publish "src/$project" -c Release -r "$runtime" -o "$work/$project" -v q -nologo -p:Version="$version" \
        -p:IncludeSourceRevisionInInformationalVersion=$revision -p:DebugType=none "$@"
    mkdir -p "$folder"
    find "$work/$project" -maxdepth 1 \( -name '*.dbg' -o -name '*.pdb' -o -name '*.xml' -o -name 'web.config' \
        -o -name '*.staticwebassets.endpoints.json' \) -delete
    cp -r "$work/$project/." "$folder/"
    rm -rf "${work:?}/$project"
}

archives=()
for runtime; do
    name=opsen-$version-$runtime
    folder=$work/$name
    mkdir -p "$folder"
    single=(--self-contained -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -p:EnableCompressionInSingleFile=true)
    publish Gateway "$runtime" "$folder" "${single[@]}"
    publish Silo "$runtime" "$folder" "${single[@]}"
    if [ "$runtime" = "$own" ] && { command -v gcc || command -v clang; } >/dev/null; then
        publish Agent "$runtime" "$folder" -p:PublishAot=true
    else
        publish Agent "$runtime" "$folder" "${single[@]}" -p:PublishTrimmed=true
    fi

    cp LICENSE README.md CHANGELOG.md "$folder/"
    cp deploy/server.defaults.yml "$folder/server.example.yml"
    cp deploy/client.defaults.yml "$folder/client.example.yml"
    if [ "$runtime" = win-x64 ]; then
        cp deploy/windows/*.ps1 "$folder/"
        archive=$name.zip
        (cd "$work" && python3 -m zipfile -c "$out/$archive" "$name")
    else
        cp -r deploy/systemd "$folder/"
        archive=$name.tar.gz
        tar -C "$work" --owner=0 --group=0 --sort=name -czf "$out/$archive" "$name"
    fi

    rm -rf "$folder"
    archives+=("$archive")
    echo "$out/$archive"
done
cp deploy/install.sh "$out/"
(cd "$out" && sha256sum "${archives[@]}" > SHA256SUMS)
echo "$out/SHA256SUMS"
