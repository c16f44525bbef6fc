#!/bin/sh
# A study on 1, 2, 3 and 5 ranks of MPI, and on forked workers, makes the same bytes; killed at random
# moments and begun anew it loses nothing; and what goes wrong is told. Exits 1 when not.
#
#     tests/mpi.sh build 50        # MOMENTS: how often a study is killed
build=$1 moments=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0
SEATRIAL_MPI=$(pwd)/$build/seatrial-mpi.so
export SEATRIAL_MPI
unset OMPI_COMM_WORLD_SIZE

ranks() {
    count=$1
    shift
    mpirun -n "$count" --oversubscribe --allow-run-as-root "$@" < /dev/null
}

fail() {
    echo "FAILED: $1"
    failed=1
}

toy="$build/tests/toy_study"
study='--precision 0.2 --most 400 --work 200'

# shellcheck disable=SC2086 # the study is several words
"$toy" "$folder/forked" $study --workers 2 > "$folder/forked.out" 2> "$folder/errors" ||
    fail "a toy study on forked workers: $(cat "$folder/errors")"
for count in 1 2 3 5; do
    ranks $count "$toy" "$folder/$count" $study > "$folder/$count.out" 2> "$folder/errors" ||
        fail "a toy study on $count ranks: $(cat "$folder/errors")"
    cmp "$folder/forked.out" "$folder/$count.out" || fail "$count ranks make another table"
    echo "$count ranks: $(sha256sum < "$folder/$count.out" | cut -c 1-16), $(tail -n 1 "$folder/errors")"
done

# What goes wrong in a rank is told by rank 0, and what was finished is kept.
ranks 3 "$toy" "$folder/fault" --fail fault --at 1/12 > /dev/null 2> "$folder/errors" &&
    fail "a replication that fails must fail the study"
grep -q 'point 1 (mean=2), replication 12: the toy is broken (play it again with' "$folder/errors" ||
    fail "what failed is not told: $(cat "$folder/errors")"
ranks 3 "$toy" "$folder/fault" > "$folder/fault.out" 2> "$folder/errors" ||
    fail "a study goes on after a failure: $(cat "$folder/errors")"
grep -q '^found [1-9]' "$folder/errors" || fail "nothing was kept: $(cat "$folder/errors")"

# Ranks that were started with other inputs.
mpirun --oversubscribe --allow-run-as-root -n 2 "$toy" "$folder/other" --identity a : \
    -n 1 "$toy" "$folder/other" --identity b > /dev/null 2> "$folder/errors" < /dev/null
grep -q 'rank 2 has other inputs or another version of the program than rank 0' "$folder/errors" ||
    fail "other inputs are not told: $(cat "$folder/errors")"

# No shared object.
SEATRIAL_MPI=/none.so ranks 2 "$toy" "$folder/none" > /dev/null 2> "$folder/errors"
grep -q 'what speaks MPI cannot be loaded: /none.so' "$folder/errors" ||
    fail "a missing shared object is not told: $(cat "$folder/errors")"

"$build/tests/kill_study" "$moments" "mpirun -n 4 --oversubscribe --allow-run-as-root $toy {} --taken \
{}/taken $study" || fail "killing ranks"
exit $failed
