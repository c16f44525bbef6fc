#!/bin/sh
# Play every scenario of tests/scenarios with each of the given programs (builds at -O0, -O2 and under
# sanitizers) and with both event lists, and compare what they print, byte for byte. One line for
# each scenario with its trace hash; exits 1 when one differs.
#
#     tests/determinism.sh build-O0/seatrial build-O2/seatrial build-sanitized/seatrial
first=$1
answers=$(mktemp -d) || exit 1
trap 'rm -rf "$answers"' EXIT
failed=0

# play PROGRAM SCENARIO FILE [OPTION...]: what it prints goes to FILE.
play() {
    program=$1 scenario=$2 answer=$3
    shift 3
    workload=${scenario%.yaml}.csv
    [ ! -f "$workload" ] || set -- "$@" --workload "$workload"
    "$program" run "$scenario" --output json "$@" > "$answer" 2> "$answer.errors" ||
        { echo "$program $scenario:"; cat "$answer.errors"; }
}

differs() {
    echo "$1: $2 differs from $first:"
    diff "$answers/first" "$answers/other" | head -n 6
    failed=1
}

for scenario in tests/scenarios/*.yaml; do
    play "$first" "$scenario" "$answers/first"
    for program in "$@"; do
        for queue in ladder list; do
            play "$program" "$scenario" "$answers/other" --queue $queue
            cmp -s "$answers/first" "$answers/other" || differs "$scenario" "$program --queue $queue"
        done
    done
    hash=$(sed -n 's/.*"traceHash": *"\([0-9a-f]*\)".*/\1/p' "$answers/first")
    [ -n "$hash" ] || { echo "$scenario: no trace hash"; failed=1; }
    printf '%-40s %s\n' "$(basename "$scenario" .yaml)" "$hash"
done
exit $failed
