/* Run files and print sums; see case_program.h. */
#include "tests/support/case_program.h"

#include <stdio.h>
#include <string.h>

static const char *const verdicts[] = {
    [CASE_AGREES] = "agrees",
    [CASE_DIFFERS] = "DIFFERS",
    [CASE_NOT_RUN] = "NOT RUN",
    [CASE_UNREADABLE] = "CANNOT BE READ",
};

struct sums {
    size_t compared, agreed, cases[sizeof verdicts / sizeof *verdicts];
};

static void run_file(const char *path, bool verbose, struct scheduler_case (*run)(const char *path),
                     struct sums *sums)
{
    struct scheduler_case result = run(path);
    const bool tell = result.why != NULL && (verbose || result.verdict == CASE_NOT_RUN);
    printf("%s %zu/%zu %s%s%s\n", path, result.agreed, result.compared, verdicts[result.verdict],
           tell ? ": " : "", tell ? result.why : "");
    sums->cases[result.verdict]++;
    sums->compared += result.compared;
    sums->agreed += result.agreed;
    scheduler_case_close(&result);
}

int case_program(int argc, char **argv, struct scheduler_case (*run)(const char *path))
{
    const bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    struct sums sums = { 0 };
    if (argc < (verbose ? 3 : 2)) {
        fprintf(stderr, "usage: %s [-v] FILE...\n", argv[0]);
        return 2;
    }
    for (int i = verbose ? 2 : 1; i < argc; i++)
        run_file(argv[i], verbose, run, &sums);
    printf("%zu of %zu steps agree; files: %zu agree, %zu differ, %zu not run, "
           "%zu cannot be read\n",
           sums.agreed, sums.compared, sums.cases[CASE_AGREES], sums.cases[CASE_DIFFERS],
           sums.cases[CASE_NOT_RUN], sums.cases[CASE_UNREADABLE]);
    return sums.cases[CASE_UNREADABLE] > 0 ? 2 : sums.cases[CASE_DIFFERS] > 0 ? 1 : 0;
}
