#!/usr/bin/env bash
# Coverage-guided fuzzing of the parsers that read what outsiders wrote (tests/Fuzz/FuzzTargets.cs): SharpFuzz instruments them, afl-fuzz looks for inputs that
# take new ways through them, and for one that breaks what must hold. New ways are kept in tests/Fuzz/corpus, which the suite replays.
#   tests/Fuzz/run.sh [minutes for each target, default 5] [targets, default all] ; two at a time
# It ends with 1 when an input was found that fails; that is kept in tests/Fuzz/corpus too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
minutes=${1:-5}
shift $(($# > 0 ? 1 : 0))
for tool in afl-fuzz afl-cmin; do
    command -v "$tool" >/dev/null || { echo "run.sh: '$tool' is missing; on Debian: apt-get install afl++" >&2; exit 1; }
done
# afl-cmin does not look for it.
dotnet=$(command -v dotnet)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

dotnet publish tests/Fuzz -c Release -v q -nologo -o "$work/bin" >"$work/build" || { cat "$work/build" >&2; exit 1; }
dotnet tool install --tool-path "$work/tools" SharpFuzz.CommandLine --version 2.3.0 >"$work/build" || { cat "$work/build" >&2; exit 1; }
for library in opsen-gateway opsen-agent Opsen.Grains Opsen.Protocol; do
    "$work/tools/sharpfuzz" "$work/bin/$library.dll" >"$work/build" || { cat "$work/build" >&2; exit 1; }
done

export AFL_ALLOW_TMP=1 AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_QUIET=1
fuzz() {
    local target=$1 out="$work/$1"
    afl-fuzz -i "tests/Fuzz/corpus/$target" -o "$out" -t 5000 -m none -V $((minutes * 60)) -- \
        "$dotnet" "$work/bin/Opsen.Fuzz.dll" run "$target" >"$work/$target.log" 2>&1 || true
}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(dotnet "$work/bin/Opsen.Fuzz.dll" list)
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    fuzz "$target" &
done
wait

status=0
echo "| target | runs | a second | ways found | failures |"
echo "| --- | --- | --- | --- | --- |"
for target in "${targets[@]}"; do
    found="$work/$target/default"
    if [ ! -f "$found/fuzzer_stats" ]; then
        echo "run.sh: $target did not run:" >&2 && tail -n 5 "$work/$target.log" >&2
        status=1
        continue
    fi
    value() { sed -n "s/^$1 *: //p" "$found/fuzzer_stats"; }
    echo "| $target | $(value execs_done) | $(value execs_per_sec) | $(value corpus_count) | $(value saved_crashes) and $(value saved_hangs) that hang |"
    # The smallest set of inputs that goes all ways, in place of the one before. Inputs with a name, and those that failed, stay.
    afl-cmin -i "$found/queue" -o "$work/$target.min" -t 5000 -m none -- "$dotnet" "$work/bin/Opsen.Fuzz.dll" run "$target" >"$work/$target.log" 2>&1 \
        || { echo "run.sh: the corpus of $target was not kept:" >&2 && tail -n 3 "$work/$target.log" >&2; status=1; }
    if [ -n "$(ls "$work/$target.min" 2>/dev/null)" ]; then rm -f "tests/Fuzz/corpus/$target"/way-*; fi
    for input in "$work/$target.min"/* "$found/crashes"/id* "$found/hangs"/id*; do
        [ -f "$input" ] || continue
        kind=way
        case $input in */crashes/* | */hangs/*) kind=failed ;; esac
        cp "$input" "tests/Fuzz/corpus/$target/$kind-$(sha256sum "$input" | cut -c1-12)"
    done
    [ "$(value saved_crashes)" -eq 0 ] && [ "$(value saved_hangs)" -eq 0 ] || status=1
done
exit $status
