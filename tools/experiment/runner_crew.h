/* Those who play replications for a runner: forked processes, or ranks of an MPI program. Private to
 * tools/experiment/runner*.c and mpi*.c.
 *
 * A worker plays one replication at a time. It is given one, and is heard of when it is done with it. */
#ifndef TOOLS_EXPERIMENT_RUNNER_CREW_H
#define TOOLS_EXPERIMENT_RUNNER_CREW_H

#include "tools/experiment/runner.h"

enum heard {
    HEARD_NOTHING, /* for as long as we had patience */
    HEARD_RESULT,  /* a JSON text */
    HEARD_FAULT,   /* the replication failed: why */
    HEARD_LOST,    /* the worker ended: how, as in "was ended by signal 9 (Killed)" */
};

struct crew;

struct crew_kind {
    /* Give a task to a worker that has none. False with the error when it cannot be had. */
    bool (*give)(struct crew *crew, unsigned worker, struct task task, struct error *error);
    /* Wait for one of them; its text goes into the writer, which is emptied. */
    enum heard (*hear)(struct crew *crew, int patience_ms, unsigned *worker, struct writer *text);
    /* Release. When all is `well` whoever still plays may be waited for or ended, as is cheaper;
     * otherwise they are ended. */
    void (*end)(struct crew *crew, bool well);
};

/* The beginning of every kind of crew. */
struct crew {
    const struct crew_kind *kind;
    unsigned size; /* workers 0 to size - 1 */
};

/* Processes that are forked as they are needed. The job outlives them. */
struct crew *crew_of_forks(const struct runner_job *job);

/* ---- MPI ---- */

/* Was this process started by mpirun, with others? */
bool mpi_is_wanted(void);
/* In rank 0: the other ranks. NULL with the error when MPI or one of them is not fit for it. In the other
 * ranks: play until rank 0 says that it is over, then end the process. */
struct crew *crew_of_ranks(const struct runner_job *job, struct error *error);

#endif
