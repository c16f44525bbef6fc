/* schedule_case [-v] FILE...: run recorded cases of the real kube-scheduler through ours and
 * print how many steps agree, per case and in all.
 *
 * Exit 0 when every case agrees or was not run, 1 when one differs, 2 when one cannot be
 * read. With -v the first difference of a case is shown. */
#include <stdio.h>
#include <string.h>

#include "tests/support/scheduler_case.h"

static const char *const verdicts[] = {
    [CASE_AGREES] = "agrees",
    [CASE_DIFFERS] = "DIFFERS",
    [CASE_NOT_RUN] = "NOT RUN",
    [CASE_UNREADABLE] = "CANNOT BE READ",
};

int main(int argc, char **argv)
{
    const bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    size_t cases[sizeof verdicts / sizeof *verdicts] = { 0 }, compared = 0, agreed = 0;
    if (argc < (verbose ? 3 : 2)) {
        fprintf(stderr, "usage: schedule_case [-v] FILE...\n");
        return 2;
    }
    for (int i = verbose ? 2 : 1; i < argc; i++) {
        struct scheduler_case result = scheduler_case_run(argv[i]);
        const bool tell = result.why != NULL && (verbose || result.verdict == CASE_NOT_RUN);
        printf("%s %zu/%zu %s%s%s\n", argv[i], result.agreed, result.compared,
               verdicts[result.verdict], tell ? ": " : "", tell ? result.why : "");
        cases[result.verdict]++;
        compared += result.compared;
        agreed += result.agreed;
        scheduler_case_close(&result);
    }
    printf(
        "%zu of %zu steps agree; cases: %zu agree, %zu differ, %zu not run, %zu cannot be read\n",
        agreed, compared, cases[CASE_AGREES], cases[CASE_DIFFERS], cases[CASE_NOT_RUN],
        cases[CASE_UNREADABLE]);
    return cases[CASE_UNREADABLE] > 0 ? 2 : cases[CASE_DIFFERS] > 0 ? 1 : 0;
}
