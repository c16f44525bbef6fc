/* Recorded behaviour of the real scheduling queue over time: run a sequence, compare each step.
 *
 * The format and the rules are described in the README of the recordings. Compared are: what was
 * popped, what moved and why, the flushes, the order in every place, every changed record of
 * a pod, the events and what the plugins' hints said to them. Left out are the gauge by plugin,
 * which is a metric we do not keep, and what only plugins we do not have would register. */
#ifndef TESTS_SUPPORT_QUEUE_SEQUENCE_H
#define TESTS_SUPPORT_QUEUE_SEQUENCE_H

#include "tests/support/scheduler_case.h"

/* The verdict on a file; closed with scheduler_case_close(). */
struct scheduler_case queue_sequence_run(const char *path);

#endif
