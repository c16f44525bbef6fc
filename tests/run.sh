#!/bin/sh
# Run Criterion programs one after the other; show the failures of each and one line of sums.
# A program that crashes or prints no synthesis counts as failed.
passed=0 failed=0
for test in "$@"; do
    output=$("$test" 2>&1)
    status=$?
    sums=$(printf '%s\n' "$output" | sed 's/\x1b\[[0-9;]*m//g' | sed -n 's/.*Tested: \([0-9]*\) | Passing: \([0-9]*\) | Failing: \([0-9]*\) | Crashing: \([0-9]*\).*/\2 \3 \4/p' | tail -n 1)
    set -- $sums
    bad=$((${2:-0} + ${3:-0}))
    if [ $status -ne 0 ] && [ $bad -eq 0 ]; then bad=1; fi
    if [ -z "$sums" ] && [ $bad -eq 0 ]; then bad=1; fi
    printf '%-44s %4s passed %3s failed\n' "${test#*/tests/}" "${1:-0}" "$bad"
    # What a test says of cases it could not run, and why, is shown even when all is well.
    printf '%s\n' "$output" | grep 'NOT RUN' | sed 's/^/    /'
    if [ $bad -ne 0 ]; then printf '%s\n' "$output" | grep -v '^\[====\] Running' | tail -n 60; fi
    passed=$((passed + ${1:-0})) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
