/* A replay beside its recording. */
#ifndef TESTS_SUPPORT_REPLAY_COMPARE_H
#define TESTS_SUPPORT_REPLAY_COMPARE_H

#include "sim/base/error.h"
#include "sim/base/writer.h"

struct verdict {
    char *name; /* owned: of the directory */
    size_t differences;
    struct writer report;           /* one line a difference */
    size_t replies, replies_agreed; /* of users' commands and calls */
    struct writer reply_report;     /* those that replied otherwise */
};

/* Play a recorded directory and compare. Ours stays in EMIT/NAME; `emit` NULL: nowhere. False
 * with the error when the directory cannot be read. */
bool replay_compare(struct verdict *verdict, const char *directory, const char *emit,
                    struct error *error);
void verdict_close(struct verdict *verdict);

#endif
