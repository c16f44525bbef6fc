/* The experiment of the FGD paper: pods of an openb trace arrive one at a time on the nodes with
 * GPUs until 130 % of the GPUs are asked for; none ever leaves.
 *
 * The protocol is that of $SEATRIAL_SHARED/oracle/fgd/README.md, with its recorded orders of
 * pods and nodes. What is replayed is our own scheduler: the policy's profile, decide(),
 * assume_pod() and the snapshot. */
#ifndef TESTS_SUPPORT_FGD_REPLAY_H
#define TESTS_SUPPORT_FGD_REPLAY_H

#include "tests/support/openb.h"

enum { FGD_POINTS = 131 }; /* arrived GPU demand in % of all GPUs: 0 to 130 */

struct fgd_input {
    const struct openb *openb;
    const char *policy;     /* as --policy takes it */
    const struct csv *pods; /* arrivals, and nodes by rank: data lines, a column for each seed */
    const struct csv *nodes;
    unsigned seed;
    bool plainly; /* the reference: every plugin is asked about every node each time */
    size_t limit; /* stop after so many arrivals; 0: none */
};

/* Means over the arrivals at each point, in %. */
struct fgd_curve {
    double allocated;        /* of all GPUs, rounded to 2 digits at each arrival */
    double fragmented;       /* F of all nodes, of all GPUs */
    double fragmented_ratio; /* F of all nodes, of what is left */
    size_t records;          /* 0: no arrival was at this point */
};

struct fgd_outcome {
    size_t arrived, failed;
    int64_t gpu_milli, cpu_milli; /* allocated at the end */
    struct fgd_curve curve[FGD_POINTS];
    int32_t *chosen; /* owned, by arrival: data line of the node; -1: none would do */
};

/* False when the orders have no such seed. Release with fgd_outcome_close(). */
bool fgd_replay(const struct fgd_input *input, struct fgd_outcome *outcome);
void fgd_outcome_close(struct fgd_outcome *outcome);

#endif
