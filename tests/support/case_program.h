/* The program around recorded cases: runs each file and prints how many steps agree. */
#ifndef TESTS_SUPPORT_CASE_PROGRAM_H
#define TESTS_SUPPORT_CASE_PROGRAM_H

#include "tests/support/scheduler_case.h"

/* NAME [-v] FILE... Exit 0 when every case agrees or was not run, 1 when one differs, 2 when one
 * cannot be read. With -v the first difference of a case is shown. */
int case_program(int argc, char **argv, struct scheduler_case (*run)(const char *path));

#endif
