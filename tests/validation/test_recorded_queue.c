/* Our scheduling queue over time, and the whole scheduler around it, against the real ones, sequence
 * by sequence.
 *
 * The recorded sequences are kept in the repository; those of $SEATRIAL_SHARED (../shared) are
 * compared as well, as there may be others. Every step of every one must agree. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/case_files.h"
#include "tests/support/queue_sequence.h"

Test(recorded_queue, agrees_step_by_step)
{
    const struct case_counts counts =
        case_files("tests/oracle/scheduler/queue/*.json.gz", queue_sequence_run);
    fprintf(stderr, "%zu of %zu steps agree in %zu sequences\n", counts.agreed, counts.compared,
            counts.cases);
    cr_expect_eq(counts.cases, 175);
    cr_expect_eq(counts.not_run, 0);
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    cr_expect_eq(counts.agreed, counts.compared);
    free(counts.why);
}

Test(recorded_queue, differs_nowhere_else)
{
    const struct case_counts counts =
        case_files_shared("oracle/scheduler/queue/visible/*.json", queue_sequence_run, "sequences");
    cr_expect_eq(counts.not_run, 0);
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    cr_expect_eq(counts.agreed, counts.compared);
    free(counts.why);
}
