#!/usr/bin/env bash
# Builds the solution once (Release) and runs its tests.
#   ./test.sh                every test project
#   ./test.sh Agent System   only tests/Agent.Tests and tests/System.Tests
# The last line is "N passed, N failed, N skipped"; the exit code is 0 when none failed and at least one ran.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The end-to-end tests start many processes and measure time, so they run by themselves, last.
alone=System
# A project that takes longer hangs.
limit_seconds=1800

if ! command -v dotnet >/dev/null; then
    echo "test: the .NET 10 SDK is missing ('dotnet' is not on the PATH). Get it from https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

names=("$@")
if [ $# -eq 0 ]; then
    for folder in tests/*.Tests; do
        name=${folder#tests/}
        names+=("${name%.Tests}")
    done
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 limit_seconds
results=$(mktemp -d)
export results
trap 'rm -rf "$results"' EXIT

export PATH="$PATH:/usr/sbin"
tests/install-tools.sh

echo "Building ..."
if ! dotnet build Opsen.sln -c Release -v q -nologo; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

# The style of the code, checked once when everything is tested.
style=0
if [ $# -eq 0 ]; then
    echo "Checking the style ..."
    dotnet format Opsen.sln --verify-no-changes --no-restore --severity warn || style=1
fi

# Runs one project; leaves its log and its report in $results.
run_project() {
    local name=$1 log="$results/$1.log"
    local program="tests/$name.Tests/bin/Release/net10.0/Opsen.$name.Tests"
    if [ ! -x "$program" ]; then
        echo "tests/$name.Tests: there is no such test project." >"$log"
    else
        timeout -k 10 "$limit_seconds" "$program" -noLogo -noColor -result-xml "$results/$name.xml" >"$log" 2>&1 \
            || echo "(exit code $?)" >>"$log"
    fi
    echo
    echo "== $name.Tests"
    cat "$log"
}
export -f run_project

together=() last=()
for name in "${names[@]}"; do
    if [ "$name" = "$alone" ]; then last+=("$name"); else together+=("$name"); fi
done
# Two at a time: a project spends part of its time waiting, and each already uses every processor for its own tests.
if [ ${#together[@]} -gt 0 ]; then
    printf '%s\n' "${together[@]}" | xargs -P 2 -I{} bash -c 'run_project "$1" >"$results/$1.out"; cat "$results/$1.out"' _ {}
fi
for name in ${last[@]+"${last[@]}"}; do
    run_project "$name"
done

passed=0 failed=$style skipped=0
failures=()
if [ $# -eq 0 ]; then
    if [ "$style" -eq 0 ]; then passed=1; else failures+=("dotnet format --verify-no-changes (see above)"); fi
fi
# The value of an attribute of the report's <assembly> element.
count() { sed -n "s/.*<assembly [^>]* $2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }
for name in "${names[@]}"; do
    report="$results/$name.xml"
    if [ ! -s "$report" ] || [ -z "$(count "$report" passed)" ]; then
        failed=$((failed + 1))
        failures+=("$name.Tests ended without a report (see above)")
        continue
    fi
    passed=$((passed + $(count "$report" passed)))
    skipped=$((skipped + $(count "$report" skipped)))
    # Errors are failures outside of a test, such as in the set-up that several tests share.
    failed=$((failed + $(count "$report" failed) + $(count "$report" errors)))
    while IFS= read -r test; do
        failures+=("$test")
    done < <(grep -o '<test [^>]*result="Fail"[^>]*>' "$report" | sed 's/.* name="\([^"]*\)".*/\1/')
    if [ "$(count "$report" errors)" -gt 0 ]; then
        failures+=("$name.Tests: an error outside of a test (see above)")
    fi
done

echo
if [ ${#failures[@]} -gt 0 ]; then
    printf 'FAILED %s\n' "${failures[@]}"
fi
if [ $((passed + failed)) -eq 0 ]; then
    echo "test: no test ran." >&2
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
