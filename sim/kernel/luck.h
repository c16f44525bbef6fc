/* Whose luck a run has: the one place that its streams are made in.
 *
 * Everything a model draws comes from streams named after what draws (stream.h), under the luck of
 * the run: its seed, and whether every stream is the mirror of what it is in the plain run of the same
 * seed, so that both make a pair of antithetic replications (Hammersley and Morton, "A new Monte
 * Carlo technique: antithetic variates", 1956). run_reseed() gives a run that is under way another
 * luck from then on, as when several futures of one past are wanted. */
#ifndef SIM_KERNEL_LUCK_H
#define SIM_KERNEL_LUCK_H

#include <stdbool.h>

#include "sim/chance/stream.h"

struct run;

struct luck {
    uint64_t seed; /* the run's; another one after run_reseed() */
    bool mirrored;
};

/* Replication `number` (from 0) of a study: with `antithetic`, 2k + 1 is the mirror of 2k. */
struct luck luck_of_replication(uint64_t seed, uint64_t number, bool antithetic);

/* The stream of (cluster, entity, purpose, branch) in this run: see stream_of(). */
struct stream run_stream(const struct run *run, const char *cluster, const char *entity,
                         const char *purpose, uint64_t branch);

/* Somebody who keeps a stream, or times that were drawn and have not come. Embedded in what keeps
 * them; zero belongs to nobody. */
struct luck_holder {
    struct stream *stream; /* draws other numbers afterwards; NULL: none to be changed */
    /* Told when all of them do, with what tells this luck from others; may be NULL. */
    void (*reseeded)(void *subject, uint64_t salt);
    void *subject;
    struct run *run; /* NULL: not held */
    struct luck_holder *next, **link;
};

/* Hear of run_reseed() from now on, in the order in which holders came; until luck_leave(), which is
 * to come before the run is released. */
void luck_hold(struct run *run, struct luck_holder *holder);
/* Does nothing to a holder that belongs to nobody. */
void luck_leave(struct luck_holder *holder);

/* From now on the run has other luck: streams that are made later and streams that are kept draw other
 * numbers, and what was drawn of times to come is drawn anew where its holder knows how to, given that
 * it has not come yet. Two runs that share their past, told different salts, have independent futures
 * as far as that goes; told the same salt, the same one. */
void run_reseed(struct run *run, uint64_t salt);

#endif
