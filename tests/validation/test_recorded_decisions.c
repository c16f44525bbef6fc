/* Our decisions against those of the real kube-scheduler, case by case, in full.
 *
 * The cases whose plugins we have are kept in the repository and must all agree. The other
 * recorded ones are read from $SEATRIAL_SHARED (../shared): those that need what is not
 * modelled are counted as NOT RUN, and none may differ. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/case_files.h"

Test(recorded_decisions, agree_in_full_wherever_we_have_the_plugins)
{
    const struct case_counts counts =
        case_files("tests/oracle/scheduler/*.json.gz", scheduler_case_run);
    fprintf(stderr, "%zu of %zu steps agree in %zu cases\n", counts.agreed, counts.compared,
            counts.cases);
    cr_expect_eq(counts.cases, 62);
    cr_expect_eq(counts.not_run, 0);
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    free(counts.why);
}

Test(recorded_decisions, differ_nowhere_else)
{
    const struct case_counts counts =
        case_files_shared("oracle/scheduler/visible/*[0-9].json*", scheduler_case_run, "cases");
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    free(counts.why);
}
