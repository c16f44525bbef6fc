/* The volumes that a node's status names: status.volumesInUse, as its kubelet reports them, and
 * status.volumesAttached, as the attach/detach controller does.
 *
 * Shared, immutable sets of unique names ("kubernetes.io/csi/ebs.csi.aws.com^vol-1"), in the order of
 * their bytes. NULL is the empty set. */
#ifndef MODELS_API_NODE_VOLUMES_H
#define MODELS_API_NODE_VOLUMES_H

#include <stdbool.h>

#include "sim/base/text.h"
#include "sim/base/value.h"

struct node_volumes {
    uint32_t refs, count;
    const struct text *items[];
};

/* A set of these names, which are held; sorts `names`, whose doubles count once. One reference, NULL
 * when there is none. */
const struct node_volumes *node_volumes_new(const struct text **names, size_t count);
const struct node_volumes *node_volumes_hold(const struct node_volumes *volumes);
void node_volumes_drop(const struct node_volumes *volumes);

bool node_volumes_have(const struct node_volumes *volumes, const struct text *name);
bool node_volumes_equal(const struct node_volumes *a, const struct node_volumes *b);

/* A list of names, or of maps with the name as their member `name`; and back, for volumesInUse and
 * for volumesAttached. */
const struct node_volumes *node_volumes_load(struct texts *texts, const struct value *list);
struct value *node_volumes_print_in_use(const struct node_volumes *volumes);
struct value *node_volumes_print_attached(const struct node_volumes *volumes);

#endif
