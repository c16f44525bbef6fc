/* Recorded behaviour of the real scheduling queue over time: run a sequence, compare each step.
 *
 * The format and the rules are described in the README of the recordings. Compared are: what was
 * popped and what came of it, API calls, what moved and why, the flushes, the order in every
 * place, what is in flight, nominations, every changed record of a pod, the events and what the
 * plugins' hints said to them, and how many pods wait for each plugin. */
#ifndef TESTS_SUPPORT_QUEUE_SEQUENCE_H
#define TESTS_SUPPORT_QUEUE_SEQUENCE_H

#include "tests/support/scheduler_case.h"

/* The verdict on a file; closed with scheduler_case_close(). */
struct scheduler_case queue_sequence_run(const char *path);

#endif
