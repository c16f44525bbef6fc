/* The scheduler of a recorded sequence, and what it is told.
 *
 * A cluster whose only component is the scheduler, driven by hand: objects are written into the store
 * as the sequence says, calls take no time. */
#ifndef TESTS_SUPPORT_QUEUE_WORLD_H
#define TESTS_SUPPORT_QUEUE_WORLD_H

#include "models/scheduler/extender.h"
#include "models/scheduler/scheduler.h"
#include "sim/base/value.h"

struct queue_world {
    struct run *run;
    struct cluster *cluster;
    struct scheduler *scheduler;
    struct scheduler_view *view;   /* the scheduler's */
    struct scheduling_queue *deaf; /* hears what is not to be heard */
    sim_time start;                /* of the scheduler: times of a sequence count from it */
    int64_t pops;
    bool terminate; /* victims of preemption stay until they are deleted */

    /* An extender that agrees to every binding but the next one of these pods. */
    struct extenders extenders;
    struct extender refuser;
    const struct extender *refusers[1];
    struct value *doomed; /* map "namespace/name" -> true */

    struct assumed_pod { /* pods that were assumed by hand */
        struct waiting_pod as_it_was;
        const struct pod *pod;   /* held */
        const struct text *node; /* held */
    } * assumed;
    size_t assumed_count, assumed_capacity;

    /* Since the last look: */
    struct value *incoming; /* map "place/why" -> count */
    struct value *events;   /* list of { event, hints } */
    struct value *api;      /* list of calls */
};

void queue_world_open(struct queue_world *world, sim_time start, bool terminate);
void queue_world_close(struct queue_world *world);

/* An object appears, is replaced, or goes. False when there is no such kind, or no such object. */
bool queue_world_set(struct queue_world *world, const char *kind, const struct value *object,
                     bool added);
bool queue_world_delete(struct queue_world *world, const char *kind, const char *space,
                        const char *name);

/* By "namespace/name"; NULL when there is none. */
const struct pod *queue_world_pod(const struct queue_world *world, const char *key);
struct waiting_pod *queue_world_in_flight(const struct queue_world *world, const char *key);

/* The attempt of a pod in flight ended, by hand. `bound`: the API server says so; otherwise the
 * binding failed. */
void queue_world_assume(struct queue_world *world, struct waiting_pod *waiting, const char *node);
bool queue_world_end_binding(struct queue_world *world, const char *key, bool bound);

/* One whole attempt; what came of it is set in the map. */
void queue_world_schedule(struct queue_world *world, bool hold, struct value *told);

/* Let everybody hear what was written. */
void queue_world_settle(struct queue_world *world);

/* As the recordings tell them; new references. */
struct value *queue_world_state(const struct queue_world *world);
struct value *queue_world_pods(const struct queue_world *world);        /* map name -> record */
struct value *queue_world_waiting_for(const struct queue_world *world); /* map plugin -> pods */
/* Take what was noted since the last time. */
struct value *queue_world_take(struct value **noted, struct value *fresh);

#endif
