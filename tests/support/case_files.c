/* Files by pattern; see case_files.h. */
#include "tests/support/case_files.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tests/support/shared.h"

static void run_file(const char *path, struct scheduler_case (*run)(const char *path),
                     struct case_counts *counts)
{
    struct scheduler_case result = run(path);
    const bool bad = result.verdict == CASE_DIFFERS || result.verdict == CASE_UNREADABLE;
    counts->cases++;
    counts->compared += result.compared;
    counts->agreed += result.agreed;
    counts->not_run += result.verdict == CASE_NOT_RUN;
    counts->bad += bad;
    if (bad && counts->why == NULL)
        counts->why = mem_format("%s: %zu of %zu agree: %s", path, result.agreed, result.compared,
                                 result.why != NULL ? result.why : "");
    scheduler_case_close(&result);
}

struct case_counts case_files(const char *pattern, struct scheduler_case (*run)(const char *path))
{
    struct case_counts counts = { 0 };
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0)
        return counts;
    for (size_t i = 0; i < files.gl_pathc; i++)
        run_file(files.gl_pathv[i], run, &counts);
    globfree(&files);
    return counts;
}

struct case_counts case_files_shared(const char *below,
                                     struct scheduler_case (*run)(const char *path),
                                     const char *what)
{
    char *pattern = shared_path(below);
    const struct case_counts counts = case_files(pattern, run);
    if (counts.cases == 0)
        fprintf(stderr, "NOT RUN: no recorded %s in %s\n", what, pattern);
    else if (counts.not_run > 0)
        fprintf(stderr, "NOT RUN: %zu of %zu recorded %s, which need what is not modelled\n",
                counts.not_run, counts.cases, what);
    free(pattern);
    return counts;
}
