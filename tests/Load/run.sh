#!/usr/bin/env bash
# The load tests by name: what there is, running one, and putting its table and plot into docs/PERFORMANCE.md.
#   tests/Load/run.sh                          lists them
#   tests/Load/run.sh [--write] NAME [ARGUMENTS]
# --write replaces what stands between "<!-- run.sh NAME -->" and "<!-- end -->" in docs/PERFORMANCE.md by the tables of this run, with the date, the command and the processor; a plot goes
# to docs/images/NAME.svg (gnuplot).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [ $# -eq 0 ]; then
    for script in tests/Load/*.sh; do
        name=$(basename "$script" .sh)
        case $name in gateway | run) ;; *) printf '%-18s %s\n' "$name" "$(sed -n '2s/^# //p' "$script" | cut -d. -f1)" ;; esac
    done
    exit
fi
write=""
if [ "$1" = --write ]; then write=yes && shift; fi
name=${1:?"run.sh: a name is missing; run.sh without arguments lists them"}
shift
script=tests/Load/$name.sh
[ -f "$script" ] && [ "$name" != gateway ] && [ "$name" != run ] || { echo "run.sh: there is no load test '$name'; run.sh without arguments lists them" >&2; exit 2; }
if [ -z "$write" ]; then
    exec "$script" "$@"
fi

document=docs/PERFORMANCE.md
grep -q "^<!-- run.sh $name -->$" "$document" || { echo "run.sh: $document has no line '<!-- run.sh $name -->' to write behind" >&2; exit 2; }
output=$(mktemp) && PLOT_DATA=$(mktemp) && export PLOT_DATA
trap 'rm -f "$output" "$output.block" "$PLOT_DATA"' EXIT
"$script" "$@" | tee "$output"
{
    processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    echo "\`tests/Load/run.sh $name$(printf ' %q' "$@" | sed "s, '',,")\`, $(date +%F), $(nproc) cores of ${processor:-an unknown processor}:"
    echo
    sed -n '/^|/p' "$output"
} >"$output.block"
if [ -s "$PLOT_DATA" ]; then
    command -v gnuplot >/dev/null || { echo "run.sh: 'gnuplot' is missing for the plot; on Debian: apt-get install gnuplot-nox" >&2; exit 1; }
    mkdir -p docs/images
    # The script says in a comment how its points are drawn.
    gnuplot -e "data = '$PLOT_DATA'; set terminal svg noenhanced size 760,360 dynamic background rgb 'white' font 'sans-serif,12'; set output 'docs/images/$name.svg'; set grid; $(sed -n 's/^# plot: //p' "$script")"
    printf '\n![%s](images/%s.svg)\n' "$(sed -n '2s/^# //p' "$script" | cut -d: -f1 | cut -d. -f1)" "$name" >>"$output.block"
fi
awk -v begin="<!-- run.sh $name -->" -v block="$output.block" '
    $0 == begin {print; print ""; while ((getline line <block) > 0) print line; print ""; inside = 1; next}
    inside && $0 == "<!-- end -->" {inside = 0}
    !inside' "$document" >"$output"
cat "$output" >"$document"
