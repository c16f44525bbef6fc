/* Pods that are alike (class_key.h), and what is known of every node for them.
 *
 * Of each node a class remembers what the plugins that do not count said: the rejection, or the
 * weighted sum of the scores that need no normalizing. Nodes that are alike in everything else
 * are one group: in the raw scores of plugins that normalize, and in what plugins that count
 * write of a node. A decision asks plugins that count about one node of each group, and finds
 * the best node by the groups' boni (best_nodes.h).
 *
 * Before a decision the class catches up with the snapshot's changes: only nodes that
 * changed are asked about again; where a decision visits a part of the nodes, only when
 * their turn comes. */
#ifndef MODELS_SCHEDULER_POD_CLASS_H
#define MODELS_SCHEDULER_POD_CLASS_H

#include "models/scheduler/decision/best_nodes.h"
#include "models/scheduler/decision/class_key.h"
#include "models/scheduler/decision/prepared.h"

/* That no node will do, and why: true while nothing changes. */
struct known_failure {
    char *message;              /* owned; NULL: not known */
    enum nomination nomination; /* what becomes of the pod's own */
    uint64_t generation;        /* of the snapshot */
    uint64_t nominated;         /* of the nominator */
    uint64_t rejecting;         /* plugins */
    size_t evaluated;           /* nodes visited to know it */
};

/* What plugins that do not count said of a node that is in no group. */
struct answer {
    rejection_id rejection; /* 0: there is no such node */
    uint8_t rejected_by;    /* plugin of the profile */
};

/* What all nodes of a group share: raw scores, two words each, then what plugins that count
 * wrote, each with how much it is. */
struct class_group {
    struct table_node by_words;
    uint32_t number; /* in best_nodes */
    size_t count;
    uint32_t words[];
};

/* A plugin at work, with what it is called with. */
struct class_plugin {
    const struct sched_plugin *plugin;
    struct sched_call call;
    int64_t weight;
    uint8_t number; /* in the profile */
};

struct class_plugins {
    struct class_plugin *items; /* owned */
    size_t count;
};

struct pod_class {
    struct table_node by_key;
    struct class_key key;            /* borrowed from the pod in `prepared` */
    struct pod_class *older, *newer; /* by last use */
    struct prepared prepared;
    /* Plugins that do not count, by what is asked of them; and those that do. */
    struct class_plugins filters, fixed_scores, normalized_scores, counting;
    bool out_of_order; /* a plugin that counts filters before one that does not: it would take
                        * both to say which rejects a node first */

    uint64_t seen; /* the snapshot's generation that is known */
    struct best_nodes nodes;
    struct answer *answers; /* by slot */
    uint64_t *due;          /* bits by slot: nodes that have changed and were not asked about */
    size_t due_count;
    struct class_group **groups; /* owned, by number; NULL: without members */
    size_t group_count, group_capacity;
    uint64_t births; /* of groups: numbers are used again */
    struct table by_words;
    uint32_t *free_groups; /* numbers */
    size_t free_count, free_capacity;
    struct known_failure failure;

    /* private: memory of catching up */
    struct slot_list changed, others;
    uint32_t *words;
    size_t word_count;
};

/* The class of a pod. It knows no node, and has room for those that the snapshot has. */
struct pod_class *pod_class_new(const struct class_key *key, const struct pod *pod,
                                const struct snapshot *snapshot);
void pod_class_free(struct pod_class *class);

/* Can the class go on, or must it be made anew? */
bool pod_class_is_stale(const struct pod_class *class);

/* How many feasible nodes end a search; 0 % stands for the adaptive default. */
size_t nodes_to_find(int percentage, size_t all_nodes);

/* Learn of every node that changed since the last time. They are asked about now, or, where a search
 * may end before it has visited all nodes, are due to be. */
void pod_class_catch_up(struct pod_class *class, struct rejection_table *rejections);

static inline bool pod_class_is_due(const struct pod_class *class, uint32_t slot)
{
    return class->due[slot / 64] >> slot % 64 & 1;
}
/* Ask about a node that is due. */
void pod_class_ask(struct pod_class *class, struct rejection_table *rejections, uint32_t slot);

/* The raw score of the group's nodes by normalized_scores.items[i]. */
int64_t class_group_raw(const struct class_group *group, size_t i);

#endif
