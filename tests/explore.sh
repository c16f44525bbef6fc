#!/bin/sh
# tests/explore.sh PROGRAM RUNS [SEED]: RUNS runs over the scenarios of tests/exploration, shared out among
# them, as a table. Fails when an invariant was broken, and says how to replay it.
program=$1 runs=$2 seed=${3:-1}
cd "$(dirname "$0")/.." || exit 2
set -- tests/exploration/*.yaml
each=$(((runs + $# - 1) / $#)) broken=0 all=0 began=$(date +%s)
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
echo "# Exploring twenty scenarios"
echo
echo "\`tests/explore.sh build/seatrial $runs $seed\` on $(nproc) processors: $each runs each, seeds $seed to" \
     "$((seed + each - 1))."
echo
echo "| scenario | runs | seconds | runs that break an invariant |"
echo "| --- | ---: | ---: | ---: |"
for scenario; do
    start=$(date +%s.%N)
    "$program" explore "$scenario" --runs "$each" --seed "$seed" --keep-going >"$log" 2>/dev/null
    found=$(sed -n 's/^\([0-9]*\) of [0-9]* runs break an invariant$/\1/p' "$log")
    name=$(basename "$scenario" .yaml)
    echo "$name ${found:-0} $(date +%s.%N) $start $each" |
        awk '{ printf "| %s | %d | %.0f | %d |\n", $1, $5, $3 - $4, $2 }'
    all=$((all + each))
    [ "${found:-0}" -gt 0 ] || grep -q 'every invariant holds' "$log" || found=1
    [ "${found:-0}" -eq 0 ] || { broken=$((broken + found)); cat "$log" >&2; }
done
echo "| all | $all | $(($(date +%s) - began)) | $broken |"
[ "$broken" -eq 0 ]
