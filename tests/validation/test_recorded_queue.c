/* Our scheduling queue over time against the real one, sequence by sequence.
 *
 * The sequences that need nothing we do not model are kept in the repository and must all agree.
 * The others are read from $SEATRIAL_SHARED (../shared) and counted as NOT RUN; none may
 * differ. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/case_files.h"
#include "tests/support/queue_sequence.h"

Test(recorded_queue, agrees_step_by_step_wherever_we_have_the_plugins)
{
    const struct case_counts counts =
        case_files("tests/oracle/scheduler/queue/*.json.gz", queue_sequence_run);
    fprintf(stderr, "%zu of %zu steps agree in %zu sequences\n", counts.agreed, counts.compared,
            counts.cases);
    cr_expect_eq(counts.cases, 72);
    cr_expect_eq(counts.not_run, 0);
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    free(counts.why);
}

Test(recorded_queue, differs_nowhere_else)
{
    const struct case_counts counts =
        case_files_shared("oracle/scheduler/queue/visible/*.json", queue_sequence_run, "sequences");
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    free(counts.why);
}
