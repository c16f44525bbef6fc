/* Our decisions against those of the real kube-scheduler, case by case, in full.
 *
 * The cases whose plugins we have are kept in the repository and must all agree. The other
 * recorded ones are read from $SEATRIAL_SHARED (../shared): those that need what is not
 * modelled are counted as NOT RUN, and none may differ. */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/scheduler_case.h"

struct counts {
    size_t compared, agreed, cases, not_run;
};

static void run_case(const char *path, struct counts *counts)
{
    struct scheduler_case result = scheduler_case_run(path);
    counts->cases++;
    counts->compared += result.compared;
    counts->agreed += result.agreed;
    counts->not_run += result.verdict == CASE_NOT_RUN;
    cr_expect(result.verdict == CASE_AGREES || result.verdict == CASE_NOT_RUN,
              "%s: %zu of %zu agree: %s", path, result.agreed, result.compared,
              result.why != NULL ? result.why : "");
    scheduler_case_close(&result);
}

/* Every file that matches; in the order of their names. */
static struct counts run_cases(const char *pattern)
{
    struct counts counts = { 0 };
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0)
        return counts;
    for (size_t i = 0; i < files.gl_pathc; i++)
        run_case(files.gl_pathv[i], &counts);
    globfree(&files);
    return counts;
}

Test(recorded_decisions, agree_in_full_wherever_we_have_the_plugins)
{
    const struct counts counts = run_cases("tests/oracle/scheduler/*.json.gz");
    fprintf(stderr, "%zu of %zu steps agree in %zu cases\n", counts.agreed, counts.compared,
            counts.cases);
    cr_expect_eq(counts.cases, 62);
    cr_expect_eq(counts.not_run, 0);
}

Test(recorded_decisions, differ_nowhere_else)
{
    const char *shared = getenv("SEATRIAL_SHARED");
    char *pattern = mem_format("%s/oracle/scheduler/visible/*[0-9].json*",
                               shared != NULL ? shared : "../shared");
    const struct counts counts = run_cases(pattern);
    if (counts.cases == 0)
        fprintf(stderr, "NOT RUN: no recorded cases in %s\n", pattern);
    else if (counts.not_run > 0)
        fprintf(stderr, "NOT RUN: %zu of %zu recorded cases, which need what is not modelled\n",
                counts.not_run, counts.cases);
    free(pattern);
}
