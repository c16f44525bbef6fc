/* Nodes as a scheduling cycle sees them: what they offer, and the pods that count there.
 *
 * Kept up to date by single changes: a pod that comes or goes touches one node, and a
 * node that changed carries a new generation, so that whoever remembers an answer about
 * it knows when to ask again. A pod counts from the moment the scheduler assumes it.
 * Follows pkg/scheduler/backend/cache of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_SNAPSHOT_H
#define MODELS_SCHEDULER_SNAPSHOT_H

#include "models/api/kinds.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/scheduler/snapshot/gpus.h"
#include "models/scheduler/snapshot/node_order.h"
#include "models/scheduler/snapshot/nominator.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

struct assumed_volumes;
struct cache;

/* Pods that count and are alike to whoever counts pods: of one template, with the same
 * labels, in one namespace, being deleted or not. */
struct population {
    struct table_node by_content;
    uint32_t number; /* index into snapshot->populations; used again once nobody is left */
    uint64_t serial; /* never used again: tells two of one number apart */
    const struct pod_spec *spec;
    const struct labels *labels; /* held; NULL: none */
    const struct text *space;    /* namespace */
    bool deleting;
    size_t pods;                       /* in the whole cluster */
    struct placed_pod *first;          /* of them, in no order that means anything */
    struct term_owner *owner;          /* of its terms of pod affinity; NULL: it has none */
    struct population_label *by_label; /* owned, private: one for each of its labels */
};

/* A population among those whose pods have a label. */
struct population_label {
    struct population *population;
    struct population_label *next; /* in no order that means anything */

    /* private */
    struct population_label **link;
    struct label_populations *all;
};

/* The populations whose pods have a label, in any namespace. */
struct label_populations {
    struct table_node by_label;
    const struct text *key, *value; /* borrowed from the populations */
    struct population_label *first;
    size_t count;
};

/* Pods that count, in one namespace, with the same terms of pod affinity. */
struct term_owner {
    struct table_node by_content;
    const struct pod_affinity *terms; /* borrowed, like the namespace, from its populations */
    const struct text *space;
    size_t populations;
    size_t place; /* private: in snapshot->with_terms */
};

/* How many pods of a population a node has. */
struct node_population {
    struct population *population;
    uint32_t pods;
};

/* A pod that counts on a node: bound to it, or assumed to be soon. */
struct placed_pod {
    struct table_node by_name;
    struct population *population;
    struct placed_pod *next_alike, **link_alike; /* of its population */
    struct placed_pod *previous, *next;          /* on its node, in the order in which they came */
    const struct pod *pod;                       /* held: the version seen last */
    struct node_info *node;
    bool assumed;
};

/* A host port in use. */
struct used_port {
    const struct text *ip, *protocol; /* borrowed from the pod's template; NULL: 0.0.0.0 */
    int port;
};

/* An image a node holds. How many nodes had it is as of the last time this node changed,
 * which is what the real one's copy of the node says. */
struct held_image {
    const struct image_state *state;
    uint32_t node_count;
};

/* One image of the cluster. Its size is what the first node to report it said. */
struct image_state {
    struct table_node by_name;
    const struct text *name; /* held */
    int64_t size_bytes;
    uint32_t node_count;
};

struct node_info {
    uint32_t slot;           /* its place in snapshot->nodes, until nothing is left of it */
    const struct node *node; /* held; NULL: gone, or not seen yet, but pods count on it */
    const struct text *name; /* held */
    struct resources requested;
    int64_t nonzero_cpu_milli, nonzero_memory_bytes; /* with the scoring defaults */
    struct placed_pod *first, *last;
    size_t pod_count;
    struct node_population *populations; /* owned; in no order that means anything */
    size_t population_count, population_capacity;
    struct used_port *ports; /* owned */
    size_t port_count, port_capacity;
    struct node_gpus *gpus;    /* owned; NULL: it has none */
    struct held_image *images; /* owned */
    size_t image_count;
    const struct text *zone; /* key in the node order; held */
    bool touched;            /* since the last snapshot_refresh() */
    struct table_node by_name;
};

/* The nodes by the value of one label: the domains of a topologyKey. Domains are small
 * numbers; that of a value is used again once no node has the value. */
struct topology {
    const struct text *key; /* held */
    uint32_t *domain_of;    /* by slot; 0: the node has no such label, or there is no node */
    struct topology_domain {
        const struct text *value; /* held; NULL: the empty text */
        uint32_t *slots;          /* owned: its nodes, in no order that means anything */
        size_t count, capacity;   /* count 0: the number is not in use */
        struct domain_name *name; /* private */
    } * domains;                  /* by number; 0 is not used */
    size_t domain_limit;          /* all numbers are below this */
    size_t domain_count;          /* in use */

    /* private */
    struct table by_value;
    uint32_t *place_of; /* by slot: where in its domain's slots */
    uint32_t *free_domains;
    size_t slot_capacity, domain_capacity, free_count, free_capacity;
};

struct snapshot {
    struct texts *texts;
    const struct nominator *nominator;   /* borrowed: pods that were promised room; NULL: none */
    struct cache *objects;               /* borrowed: what listers.h reads; NULL: nothing */
    struct assumed_volumes *assumed;     /* owned: what Reserve sets aside; see assumed_volumes.h */
    uint64_t object_changes[KIND_COUNT]; /* how often an object of the kind has changed */
    struct node_info **nodes;            /* by slot; NULL: free */
    uint64_t *generations;               /* by slot: of the last change that a plugin can see */
    size_t slot_count, slot_capacity;
    uint64_t generation; /* of the last change at all */
    uint32_t *order;     /* slots of the nodes, in the order in which a cycle visits them */
    size_t node_count;
    struct population **populations; /* by number; NULL: not in use */
    size_t population_limit;         /* all numbers are below this */
    struct term_owner **with_terms;  /* owned, in no order that means anything */
    size_t with_terms_count;
    size_t namespace_selectors; /* how many of those select namespaces by their labels */
    size_t pods_preferring, pods_repelling; /* pods with preferred terms; with required ones of
                                             * anti-affinity */

    /* The slots that changed, oldest first, as a ring: the change with number n (from 0) is
     * changes[n % change_capacity], for the newest change_capacity ones. */
    uint32_t *changes;
    size_t change_capacity;
    uint64_t change_count;

    struct priority_count { /* pods that count, by priority, lowest first */
        int32_t priority;
        size_t pods;
    } * priorities;
    size_t priority_count, priority_capacity;

    /* private */
    struct node_order zones;
    bool order_is_old;
    size_t order_capacity;
    struct table by_node_name, by_pod_name, by_image_name;
    struct pool pods, infos, image_states;
    uint32_t *touched, *free_slots, *free_populations;
    size_t touched_count, touched_capacity, free_count, free_capacity;
    size_t with_terms_capacity, population_capacity, free_population_count,
        free_population_capacity;
    uint64_t population_serial;
    struct table by_content, owners_by_content, populations_by_label;
    struct pool population_pool;
    struct topology **topologies; /* owned, in the order in which they were asked for */
    size_t topology_count, topology_capacity;
    int by_namespace[KIND_COUNT]; /* indexes of `objects` */
};

/* Nothing. `objects` is where plugins look up objects other than nodes and pods, before anything is
 * stored in it; NULL: there are none. Release with snapshot_free(). */
struct snapshot *snapshot_new(struct texts *texts, struct cache *objects);
void snapshot_free(struct snapshot *snapshot);

/* A node joins or has a new version; a node leaves (its pods may still count). */
void snapshot_set_node(struct snapshot *snapshot, const struct node *node);
void snapshot_remove_node(struct snapshot *snapshot, const struct text *name);

/* A pod counts on a node from now on, or has a new version there. O(1). */
void snapshot_place(struct snapshot *snapshot, const struct pod *pod, const struct text *node,
                    bool assumed);
/* It counts no longer; false when it did not. O(1). */
bool snapshot_remove_pod(struct snapshot *snapshot, const struct text *space,
                         const struct text *name);

/* Before a cycle: bring the order of nodes and what the nodes know of images up to date.
 * O(nodes changed since the last time). */
void snapshot_refresh(struct snapshot *snapshot);

/* Borrowed; NULL when there is none. A node that only has pods is none. */
const struct node_info *snapshot_find_node(const struct snapshot *snapshot,
                                           const struct text *name);
const struct placed_pod *snapshot_find_pod(const struct snapshot *snapshot,
                                           const struct text *space, const struct text *name);

/* The topology of a label, made at the first time it is asked for: O(nodes), then O(1).
 * Borrowed until the snapshot is freed. */
const struct topology *snapshot_topology(struct snapshot *snapshot, const struct text *key);

/* The populations whose pods have a label; NULL: none. Borrowed until a pod comes or goes. O(1). */
const struct label_populations *snapshot_populations_with(const struct snapshot *snapshot,
                                                          const struct text *key,
                                                          const struct text *value);

/* An object of another kind was written: whoever asks for the kind's epoch hears of it. */
void snapshot_note_object(struct snapshot *snapshot, enum kind kind);

/* Changes with every nomination. */
static inline uint64_t snapshot_nominations(const struct snapshot *snapshot)
{
    return snapshot->nominator != NULL ? snapshot->nominator->generation : 0;
}

/* Does a pod of lower priority count anywhere? O(1). */
bool snapshot_has_lower(const struct snapshot *snapshot, int32_t priority);

#endif
