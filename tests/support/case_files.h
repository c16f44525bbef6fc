/* All recorded cases that match a pattern, for a test. */
#ifndef TESTS_SUPPORT_CASE_FILES_H
#define TESTS_SUPPORT_CASE_FILES_H

#include "tests/support/scheduler_case.h"

struct case_counts {
    size_t compared, agreed; /* steps */
    size_t cases, not_run;
    size_t bad; /* cases that differ or cannot be read */
    char *why;  /* owned: the first of these, and how it differs; NULL: none */
};

/* Run every file that matches, in the order of their names. */
struct case_counts case_files(const char *pattern, struct scheduler_case (*run)(const char *path));

/* The same for a pattern in the shared data, of which cases that need what is not modelled, or all
 * where there are none, are told as NOT RUN on standard error. `what`: "cases". */
struct case_counts case_files_shared(const char *below,
                                     struct scheduler_case (*run)(const char *path),
                                     const char *what);

#endif
