/* A node: capacity, taints and conditions. */
#ifndef MODELS_API_NODE_H
#define MODELS_API_NODE_H

#include "models/api/condition.h"
#include "models/api/node_volumes.h"
#include "models/api/pod_spec.h"

struct taint {
    const struct text *key, *value;
    enum taint_effect effect;
    bool has_time;
    sim_time added; /* timeAdded, for NoExecute */
};

struct taints {
    uint32_t refs, count;
    struct taint items[];
};

/* What is said of images a node holds: status.images. */
struct node_image {
    const struct text **names;
    size_t name_count;
    int64_t size_bytes;
};
struct node_images {
    uint32_t refs, count;
    struct node_image items[];
};

/* Allocatable or capacity: shared, as the nodes of a group are alike. */
struct node_resources {
    uint32_t refs;
    struct resources resources;
    int64_t pods;
};

struct node {
    struct meta meta;
    bool unschedulable;
    const struct taints *taints;
    struct node_resources *capacity, *allocatable;
    const struct conditions *conditions; /* Ready, MemoryPressure, DiskPressure, PIDPressure */
    const struct node_images *images;
    const struct node_volumes *volumes_in_use, *volumes_attached;
    const struct text *zone; /* label topology.kubernetes.io/zone */
    const struct text *provider_id;
};

extern const struct object_kind node_kind;

static inline const struct node *node_of(const struct object *object)
{
    return (const struct node *)object;
}

void node_images_drop(struct node_images *images); /* NULL is fine */

bool node_is_ready(const struct node *node);
/* Is it one of the nodes that nodeSelector and required node affinity ask for? */
bool node_is_selected(const struct node *node, const struct pod_spec *spec);
/* Is every taint tolerated that keeps pods from being scheduled: NoSchedule and NoExecute? */
bool taints_are_tolerated(const struct taints *taints, const struct pod_spec *spec);
bool taint_is_tolerated(const struct taint *taint, const struct pod_spec *spec);
/* The taint with this key and effect, or NULL. */
const struct taint *taints_find(const struct taints *taints, const char *key,
                                enum taint_effect effect);
/* With one taint added or replaced (key and effect), or removed; new references. */
const struct taints *taints_with(const struct taints *from, struct taint taint);
const struct taints *taints_without(const struct taints *from, const char *key,
                                    enum taint_effect effect);
const struct taints *taints_hold(const struct taints *taints);
void taints_drop(const struct taints *taints);
bool taints_equal(const struct taints *a, const struct taints *b);
const char *taint_effect_name(enum taint_effect effect);
enum taint_effect taint_effect_parse(const char *text); /* EFFECT_ANY when it is none */

#endif
