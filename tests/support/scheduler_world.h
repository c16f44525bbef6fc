/* The cluster of a recorded case: no store, no time, only what the scheduler sees. */
#ifndef TESTS_SUPPORT_SCHEDULER_WORLD_H
#define TESTS_SUPPORT_SCHEDULER_WORLD_H

#include "models/api/kinds.h"
#include "models/scheduler/decision.h"

struct world_pod {
    char *key;               /* "namespace/name", owned */
    struct value *document;  /* as the API server would store it */
    const struct pod *pod;   /* held */
    const struct text *node; /* held; NULL: not bound */
};

struct scheduler_world {
    struct texts *texts;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct decision fast, plain; /* of the last step */
    const struct value *priority_classes;
    struct world_pod *pods; /* in arrival order */
    size_t pod_count, pod_capacity;
    const struct text **nodes; /* held: names in the order of the input, later ones after */
    size_t node_count, node_capacity;
    size_t *ranks; /* by slot of the snapshot: where a node stands in that order */
    size_t rank_capacity;
    size_t next_start;
    uint64_t uids;
};

/* The world before the first step. False with a reason in *why (owned) when the
 * configuration or an object is refused. */
bool scheduler_world_open(struct scheduler_world *world, const struct value *document, char **why);
void scheduler_world_close(struct scheduler_world *world);

struct world_pod *scheduler_world_pod(struct scheduler_world *world, const char *key);
void scheduler_world_bind(struct scheduler_world *world, struct world_pod *pod,
                          const struct text *node);
void scheduler_world_delete_pod(struct scheduler_world *world, const char *key);
void scheduler_world_ungate(struct scheduler_world *world, const char *key);
void scheduler_world_set_node(struct scheduler_world *world, const struct value *document);
void scheduler_world_delete_node(struct scheduler_world *world, const char *name);

/* Decide in both ways; false when they differ. */
bool scheduler_world_decide(struct scheduler_world *world, const struct world_pod *pod);

#endif
