/* Who owns whom: the graph of owner references, kept up to date as objects change.
 *
 * Only references are kept; an object that has no owner and owns nothing costs nothing. An owner may
 * be known from references alone, without ever having been seen. */
#ifndef MODELS_CONTROLLERS_OWNER_GRAPH_H
#define MODELS_CONTROLLERS_OWNER_GRAPH_H

#include "models/api/meta.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* One owner reference of one object. */
struct owner_edge {
    struct table_node node; /* by the uid of the dependent */
    struct owner_node *owner;
    struct owner_edge *next, *previous; /* dependents of one owner, in the order they came */
    struct object_key dependent;        /* its texts are held */
    struct uid uid;                     /* of the dependent */
    bool blocks;                        /* blockOwnerDeletion */
};

struct owner_node {
    struct table_node node; /* by its uid */
    struct uid uid;
    struct object_key key; /* as the reference names it; its texts are held */
    struct owner_edge *first, *last;
    struct owner_node *newer, *older; /* all of them, so that they can be released */
};

struct owner_graph {
    struct table owners, dependents;
    struct pool nodes, edges;
    struct owner_node *newest;
};

void owner_graph_init(struct owner_graph *graph);
void owner_graph_close(struct owner_graph *graph);

/* Let the graph have the references of this version instead of those of `before` (NULL: new);
 * `after` NULL: the object is gone. */
void owner_graph_update(struct owner_graph *graph, const struct meta *before,
                        const struct meta *after);

/* The owner with this uid, if anything refers to it; NULL otherwise. */
const struct owner_node *owner_graph_find(const struct owner_graph *graph, struct uid owner);

/* Where an owner of an object is to be looked for. KIND_OTHER: of no kind we know. */
struct object_key owner_key(const struct meta *dependent, const struct owner *owner);

#endif
