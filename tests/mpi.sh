#!/bin/sh
# Studies on 1, 2, 3 and 5 ranks of MPI, and on forked workers, make the same bytes; killed at random
# moments and begun anew they lose nothing; and what goes wrong is told. Prints tables; exits 1 when not.
#
#     tests/mpi.sh build 50        # how often each study is killed
build=$1 moments=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0
SEATRIAL_MPI=$(pwd)/$build/seatrial-mpi.so
export SEATRIAL_MPI
unset OMPI_COMM_WORLD_SIZE
toy="$build/tests/toy_study"
experiment="$build/seatrial experiment tests/experiment/precise.yaml --out"
launch="--oversubscribe --allow-run-as-root"

# shellcheck disable=SC2086 # options and commands are several words
ranks() {
    count=$1
    shift
    mpirun -n "$count" $launch "$@" < /dev/null
}

fail() {
    echo "FAILED: $1"
    failed=1
}

# compare NAME: all that a study leaves but its database, against the first.
compare() {
    diff -r -q --exclude='results.db*' "$folder/1" "$folder/$1" || fail "$1 differs"
    printf '| %s | %s | %s |\n' "$1" \
        "$(cd "$folder/$1" && cat ./*.json ./*.csv ./*.txt | sha256sum | cut -c 1-16)" \
        "$(sha256sum < "$folder/toy-$1" | cut -c 1-16)"
    cmp "$folder/toy-1" "$folder/toy-$1" || fail "toy $1 differs"
}

echo '# Experiments on many processes: the same bytes, and what survives kill -9'
echo
echo "Made by \`make check-mpi\`: $("$build/seatrial" version | head -n 1), $(mpirun --version | head -n 1),"
echo "$(nproc) processors."
echo
echo '`tests/experiment/precise.yaml` stops by precision, each point at another batch; the toy study'
echo '(`tests/programs/toy_study.c`) has replications that take very different times. SHA-256 of'
echo 'results.json, .csv and .txt, and of the toy'\''s table:'
echo
echo '| played by | precise | toy |'
echo '| --- | --- | --- |'
precise='--precision 0.2 --most 400 --work 200'
# shellcheck disable=SC2086
for count in 1 2 3 5 'ranks 1' 'ranks 2' 'ranks 3' 'ranks 5'; do
    run=
    workers=
    case $count in
    ranks*) run="mpirun -n ${count#ranks } $launch" ;;
    *) workers="--workers $count" ;;
    esac
    $run $experiment "$folder/$count" $workers > /dev/null 2> "$folder/errors" < /dev/null ||
        fail "$count: $(cat "$folder/errors")"
    $run "$toy" "$folder/db-$count" $precise $workers > "$folder/toy-$count" 2> "$folder/errors" \
        < /dev/null || fail "toy $count: $(cat "$folder/errors")"
    compare "$count"
done

# What goes wrong in a rank is told by rank 0, and what was finished is kept.
ranks 3 "$toy" "$folder/fault" --fail fault --at 1/12 > /dev/null 2> "$folder/errors" &&
    fail "a replication that fails must fail the study"
grep -q 'point 1 (mean=2), replication 12: the toy is broken (play it again with' "$folder/errors" ||
    fail "what failed is not told: $(cat "$folder/errors")"
ranks 3 "$toy" "$folder/fault" > /dev/null 2> "$folder/errors" ||
    fail "a study goes on after a failure: $(cat "$folder/errors")"
grep -q '^found [1-9]' "$folder/errors" || fail "nothing was kept: $(cat "$folder/errors")"

# Ranks that were started with other inputs.
# shellcheck disable=SC2086
mpirun $launch -n 2 "$toy" "$folder/other" --identity a : \
    -n 1 "$toy" "$folder/other" --identity b > /dev/null 2> "$folder/errors" < /dev/null
grep -q 'rank 2 has other inputs or another version of the program than rank 0' "$folder/errors" ||
    fail "other inputs are not told: $(cat "$folder/errors")"

# No shared object.
SEATRIAL_MPI=/none.so ranks 2 "$toy" "$folder/none" > /dev/null 2> "$folder/errors"
grep -q 'what speaks MPI cannot be loaded: /none.so' "$folder/errors" ||
    fail "a missing shared object is not told: $(cat "$folder/errors")"

cat << 'END'

Each study is killed by SIGKILL at moments that are uniform over the time it takes, and begun anew each time,
in the same directory until it is finished, then in an empty one: a third of the time all its processes are
killed, a sixth the one that was started (which deals out and writes, or mpirun), else a worker or a
rank. After every kill each replication that was finished before must be there with the result it has
without kills, and in the end the results must have the same bytes ({} is the directory).

| command | seconds | all killed | first killed | other killed | studies finished | found again | result |
| --- | --- | --- | --- | --- | --- | --- | --- |
END
killed() {
    "$build/tests/kill_study" "$moments" "$@" || failed=1
}
killed "$toy {} --taken {}/taken $precise --workers 3"
killed "mpirun -n 4 $launch $toy {} --taken {}/taken $precise"
killed --file results.json "$experiment {} --workers 2"
killed --file results.json "mpirun -n 3 $launch $experiment {}"
exit $failed
