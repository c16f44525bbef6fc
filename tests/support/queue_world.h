/* The queue of a recorded sequence, and what it is told. */
#ifndef TESTS_SUPPORT_QUEUE_WORLD_H
#define TESTS_SUPPORT_QUEUE_WORLD_H

#include "models/scheduler/event_handlers.h"
#include "sim/base/value.h"

struct queue_world {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct scheduler_view view;
    struct value *objects;    /* map "kind/namespace/name" -> its number in `versions` */
    struct object **versions; /* held: the version seen last; NULL: gone */
    size_t version_count, version_capacity;
    sim_time start; /* of the scheduler: times of a sequence count from it */
    int64_t pops;

    /* Since the last look: */
    struct value *incoming; /* map "place/why" -> count */
    struct value *events;   /* list of { event, hints } */
};

void queue_world_open(struct queue_world *world, sim_time start);
void queue_world_close(struct queue_world *world);

/* An object appears, is replaced, or goes. Kinds other than pods and nodes are ignored. */
void queue_world_set(struct queue_world *world, const char *kind, const struct value *object,
                     bool added);
void queue_world_delete(struct queue_world *world, const char *kind, const char *space,
                        const char *name);

/* The pod in flight with this "namespace/name"; NULL when there is none. */
struct waiting_pod *queue_world_in_flight(const struct queue_world *world, const char *key);

/* As the recordings tell them; new references. */
struct value *queue_world_state(const struct queue_world *world);
struct value *queue_world_pods(const struct queue_world *world); /* map name -> record */
/* Take what was noted since the last time. */
struct value *queue_world_take(struct value **noted, struct value *fresh);

#endif
