/* Running an experiment: many replications, on every processor or on many machines, whose results do
 * not depend on how many there were, on who was faster, or on how often it was begun anew.
 *
 * The caller says which replications it wants (a batch), how one is played, and takes their results
 * in order. Here they are dealt out to workers: forked processes, or the ranks of an MPI program when
 * it was started by mpirun. Each finished one is a transaction of its own in DIRECTORY/results.db
 * (docs/results_db.md); what lies there is not played again. Only the first process writes. */
#ifndef TOOLS_EXPERIMENT_RUNNER_H
#define TOOLS_EXPERIMENT_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/error.h"
#include "sim/base/writer.h"
#include "sim/experiment/study.h"

/* One part of a study that is played in parts: those replications of runner_job.all whose place in
 * the list is `index` modulo `count`. Count 0: the whole study. */
struct shard {
    uint32_t index, count;
};

struct runner_job {
    const char *directory; /* made if it is missing */
    /* SHA-256, in hexadecimal, of all that decides the results: the document, its inputs, the version of
     * the program. A database of another identity is refused. */
    const char *identity;
    const char *program;  /* its version, for people */
    const char *document; /* the study as text, kept in the database */
    void *context;        /* for all functions below */

    /* Which replications are wanted next, given all that were taken so far: a batch, borrowed until the
     * next call. 0: the study is finished. Asked only after all of the batch before were taken, so
     * that a stopping rule is judged at the same places whoever played what. */
    size_t (*next)(void *context, const struct task **tasks);
    /* Which will probably be wanted after the batch that next() gave last: played when a worker would
     * have to wait. Their results are kept, and count only when next() asks for them. NULL: of `all`
     * those that come next at the points of that batch. Changes nothing. */
    size_t (*ahead)(void *context, const struct task **tasks);
    /* Every replication that the study could ever want, in a fixed order: for shards, which judge no
     * stopping rule, and to tell what is missing. NULL: there are no shards, and nobody plays ahead
     * unasked. */
    size_t (*all)(void *context, const struct task **tasks);

    /* In a worker: play one. Its result is one JSON text of at most 1 GiB. False with the error. */
    bool (*play)(void *context, struct task task, struct writer *result, struct error *error);
    /* In the first process: the result of one, as it stands in the database; in the order of the batch.
     * False with the error. A shard takes none. */
    bool (*take)(void *context, struct task task, const char *json, size_t length,
                 struct error *error);

    /* The name of a point for people, for the database and for errors; NULL: its number. */
    void (*name)(void *context, uint32_t point, struct writer *out);
    uint32_t points; /* how many have a name */
    /* The command that plays one replication again, for the error of one that failed; NULL: none. */
    void (*replay)(void *context, struct task task, struct writer *out);
    /* For the progress bar: the interval so far, on one line; NULL: none. */
    void (*describe)(void *context, struct writer *out);
    /* For the progress bar: about how many replications there will be in all, given those taken so
     * far; NULL: as many as `all`. */
    double (*expected)(void *context);

    unsigned workers; /* forked processes; 0: as many as there are processors */
    struct shard shard;
};

enum runner_end {
    RUNNER_DONE,    /* next() wants no more; or the shard was played */
    RUNNER_STOPPED, /* SIGINT, SIGTERM or SIGHUP; the same call goes on from there */
    RUNNER_FAILED,  /* a replication failed, or its worker ended; what was finished is kept */
    RUNNER_REFUSED, /* the directory, its database or the launcher is not fit for it; nothing played */
};

/* What it took. */
struct runner_tally {
    size_t found;  /* of the wanted ones, in the database from before */
    size_t played; /* now */
    size_t ahead;  /* of these, played ahead and not wanted in the end */
};

/* Run to the end. The error is set unless the end is RUNNER_DONE. The tally may be NULL.
 *
 * Started by mpirun, this returns in rank 0 only: in the other ranks, which play, it ends the process
 * when rank 0 says so. */
enum runner_end runner_run(const struct runner_job *job, struct runner_tally *tally,
                           struct error *error);

/* The exit status of the program for an end: 0, 130, 2, 2. */
int runner_exit_status(enum runner_end end);

/* Is this the process that writes and prints? Not in the ranks of an MPI program but rank 0. */
bool runner_is_first(void);

/* Read "3/8", the fourth of eight shards, or "8": of eight, the one that the environment names with
 * JOB_COMPLETION_INDEX, as in a pod of an Indexed Job. False with the error. */
bool shard_read(const char *text, struct shard *shard, struct error *error);

#endif
