/* Killing a study at random moments, as often as is wanted, and beginning it anew each time: is anything
 * lost, or counted twice? For studies whose results lie in DIR/results.db. */
#ifndef TESTS_SUPPORT_KILLING_H
#define TESTS_SUPPORT_KILLING_H

#include <stdint.h>

struct killing {
    const char *command; /* for a shell; {} stands for the directory of the study */
    const char *file;    /* of the directory: what is compared in the end; NULL: standard output */
    unsigned moments;    /* how many kills */
    uint64_t seed;       /* of the moments and victims */
};

struct killed {
    unsigned whole;   /* all processes at once */
    unsigned first;   /* the one that was started: which deals out, or mpirun */
    unsigned others;  /* a worker, or a rank */
    unsigned studies; /* that came to their end between the kills */
    unsigned kept;    /* finished replications that were there when a study began anew, in all */
    double seconds;   /* of a study that nobody kills */
    char *fault;      /* what was lost or other than it should be; NULL: nothing. free() it */
};

/* After every kill each replication that was there, or was said to have been taken in DIR/taken, is still
 * there, and says what it says in a study that nobody killed; and in the end the results have the
 * same bytes. Processes are killed by SIGKILL. */
struct killed kill_at_random(const struct killing *killing);

#endif
