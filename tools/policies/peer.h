/* Another process that is asked and answers, over a pair of file descriptors, within a time limit.
 *
 * Whatever the other side does (nothing, half an answer, far too much of one, its own death)
 * becomes an error that says so, and never a signal or a wait without end. Messages are lines,
 * or blocks of bytes behind their length. */
#ifndef TOOLS_POLICIES_PEER_H
#define TOOLS_POLICIES_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sim/base/error.h"
#include "sim/base/time.h"
#include "sim/base/writer.h"

enum { PEER_ANSWER_BYTES = 64 << 20 }; /* a longer answer is refused */

struct peer {
    int to, from;        /* descriptors; may be the same */
    pid_t pid;           /* of our child; 0: somebody else's process */
    struct writer inbox; /* what came and was not read yet */
    size_t taken;        /* bytes at its beginning that were read */
    bool given_up;       /* it has had its time */
};

/* Start a shell command: we write to its standard input and read its standard output. */
bool peer_start(struct peer *peer, const char *command, struct error *error);
/* Start a copy of this process that does nothing but main(fd, context), and then ends. */
bool peer_fork(struct peer *peer, void (*main)(int fd, const void *context), const void *context,
               struct error *error);
/* Talk to whoever is behind two descriptors that we were given. */
void peer_of(struct peer *peer, int to, int from);

/* Hang up, give a child a moment to end by itself (unless it has had its time), and end it. */
void peer_close(struct peer *peer);

/* Write everything, at most until `limit` has passed. False with the error. */
bool peer_write(struct peer *peer, const char *bytes, size_t length, sim_time limit,
                struct error *error);

/* The next line, without its end, or the next `length` bytes: borrowed until the next call. NULL with
 * the error. */
char *peer_read_line(struct peer *peer, size_t *length, sim_time limit, struct error *error);
char *peer_read(struct peer *peer, size_t length, sim_time limit, struct error *error);

#endif
