/* Recorded decisions of the real kube-scheduler: run a case, compare each step in full.
 *
 * tools/schedule/script.h runs it, as `seatrial schedule --script` does. Every decision is made in both ways (decide() and decide_plainly()), which
 * must agree with each other as well. */
#ifndef TESTS_SUPPORT_SCHEDULER_CASE_H
#define TESTS_SUPPORT_SCHEDULER_CASE_H

#include <stdbool.h>
#include <stddef.h>

enum case_verdict {
    CASE_AGREES,
    CASE_DIFFERS,
    CASE_NOT_RUN,   /* needs something that is not modelled; `why` says what */
    CASE_UNREADABLE /* no case, or its configuration is refused */
};

struct scheduler_case {
    enum case_verdict verdict;
    size_t compared, agreed; /* steps, and one for what is told of the whole case */
    char *why;               /* owned: the first differences, or why it was not run */
};

struct scheduler_case scheduler_case_run(const char *path);
void scheduler_case_close(struct scheduler_case *result);

#endif
