/* What the files of Workflows share. */
#ifndef MODELS_CHAOS_WORKFLOW_PRIVATE_H
#define MODELS_CHAOS_WORKFLOW_PRIVATE_H

#include "models/chaos/chaos_private.h"

/* What an object has made of one kind, in the order of creation. */
struct made {
    const struct object **items; /* owned; borrowed from the cache */
    size_t count, capacity;
};
struct made made_of(const struct client *client, const struct object *owner, enum kind kind);

bool workflow_node_is_over(const struct object *node);
bool workflow_is_aborted(const struct object *workflow);
void workflow_abort(struct client *client, const struct object *workflow);
/* NULL: it is gone. */
const struct object *workflow_of_node(const struct client *client, const struct object *node);
/* The labels of what a node or a Workflow makes. */
struct value *workflow_labels(const struct object *owner, const char *workflow);
/* A node from the template of this name; NULL: there is none, or it was refused. */
const struct object *workflow_node_create(struct client *client, const struct object *workflow,
                                          const struct object *owner, const char *name);
/* Replace the whole status, which is taken. */
void workflow_status_put(struct client *client, struct object_key key, struct value *status);

/* workflow_nodes.c: one look at a node. */
void workflow_node_step(struct client *client, const struct object *node);

#endif
