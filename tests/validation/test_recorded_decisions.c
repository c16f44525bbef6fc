/* Our decisions against those of the real kube-scheduler, case by case, in full.
 *
 * The cases whose plugins we have are kept in the repository and must all agree. The other
 * recorded ones are read from $SEATRIAL_SHARED (../shared): those that need what is not
 * modelled are counted as NOT RUN, and none may differ. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
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
    const char *shared = getenv("SEATRIAL_SHARED");
    char *pattern = mem_format("%s/oracle/scheduler/visible/*[0-9].json*",
                               shared != NULL ? shared : "../shared");
    const struct case_counts counts = case_files(pattern, scheduler_case_run);
    cr_expect_eq(counts.bad, 0, "%s", counts.why);
    if (counts.cases == 0)
        fprintf(stderr, "NOT RUN: no recorded cases in %s\n", pattern);
    else if (counts.not_run > 0)
        fprintf(stderr, "NOT RUN: %zu of %zu recorded cases, which need what is not modelled\n",
                counts.not_run, counts.cases);
    free(counts.why);
    free(pattern);
}
