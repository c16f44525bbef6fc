/* A scheduler plugin: the extension points of kube-scheduler's framework, nothing else.
 *
 * To add a plugin or a policy, write one file in plugins/ that exports one const and add one
 * line to the table in profile.c. A plugin fills in the points it has; a point left NULL is
 * one it does not take part in.
 *
 * Pods that are alike are one class: the framework asks once per (class, node), and again
 * only when the node has changed. There are three sorts of answers, and a plugin says of
 * which sort its own are:
 *
 * - those that follow from the pod's template, the node (its pods included) and the plugin's
 *   arguments. Nothing to declare.
 * - those that follow from the pod's labels, namespace or owner as well: `by_identity`; or
 *   from something else that is the pod's own, such as an annotation: `traits`.
 * - those that follow from the rest of the cluster. If that changes rarely (volumes,
 *   Services), `epoch` says when everything is to be asked anew. If it changes with every
 *   pod (topology spread, affinity), the plugin counts: see `count_new` and what follows it.
 *
 * Follows pkg/scheduler/framework/interface.go of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_PLUGIN_H
#define MODELS_SCHEDULER_PLUGIN_H

#include "models/api/pod.h"
#include "models/scheduler/queue/cluster_event.h"
#include "models/scheduler/snapshot/nominator.h"
#include "models/scheduler/snapshot/snapshot.h"
#include "sim/base/writer.h"

struct client;
struct permits;
struct post_filter_round;
struct profile;
struct run;

enum { MAX_NODE_SCORE = 100 }; /* after normalizing, before the weight */
enum { GROUP_WORDS = 32 };     /* at most, that one plugin writes of a node */
enum { TRAIT_WORDS = 4 };      /* at most, that one plugin writes of a pod */

/* Slots of nodes. */
struct slot_list {
    uint32_t *items; /* owned */
    size_t count, capacity;
};
void slot_list_add(struct slot_list *list, uint32_t slot);

/* What a plugin is asked with. */
struct sched_call {
    const struct profile *profile;
    const struct pod_spec *spec; /* the pod's template */
    const struct pod *pod;       /* one of the class */
    bool has_identity; /* by_identity() said yes: the pod's labels, namespace and owner are
                                  * those of the whole class. If not, nothing may be read from
                                  * them: the class's pods are those of whom it says no */
    const struct snapshot *snapshot;
    const void *args;        /* what configure() made; NULL: none */
    const void *compiled;    /* what compile() made of this class; NULL: nothing */
    void *counts;            /* what count_new() made for this class; NULL: it does not count */
    struct permits *permits; /* from Reserve on: the pods that wait for Permit plugins */
};

/* Nodes that passed the filters; those that are alike to every plugin are one item. */
struct candidates {
    const struct candidate {
        const struct node_info *node; /* one of them */
        size_t count;
    } * items;
    size_t count; /* of items */
    size_t nodes; /* all together */
};

/* A reason is a constant and what it is about: { "Insufficient ", "nvidia.com/gpu" }. */
struct reason {
    const char *text;
    const struct text *about; /* NULL: nothing to add */
};

enum rejection_code {
    UNSCHEDULABLE, /* preemption might help */
    UNRESOLVABLE   /* it cannot: UnschedulableAndUnresolvable */
};

/* Why a pod may not go to a node. */
enum { REJECTION_REASONS = 32 };
struct rejection {
    enum rejection_code code;
    size_t count;
    struct reason reasons[REJECTION_REASONS];
};

/* Say no, for one more reason; of two codes the stronger stays. Returns false, so that the
 * rejecting line of a filter reads as one. */
bool reject(struct rejection *rejection, enum rejection_code code, const char *text);
bool reject_about(struct rejection *rejection, enum rejection_code code, const char *text,
                  const struct text *about);

/* The answer of pre_filter. */
enum pre_filter {
    PRE_FILTER_GO,      /* ask filter about each node */
    PRE_FILTER_SKIP,    /* no node needs to be asked */
    PRE_FILTER_REJECTED /* no node will do; the rejection says why */
};

/* The nodes a pre_filter narrows the search to; they need not exist. */
struct narrowed {
    bool set;
    const struct text *const *names; /* borrowed from the template */
    size_t count;
};

/* The answer of post_filter. */
enum post_filter {
    POST_FILTER_NEXT,  /* it could not help; ask the next plugin */
    POST_FILTER_END,   /* it could not help, and nobody else is asked */
    POST_FILTER_HELPED /* the pod will find room later; nothing is said */
};

/* The answer of permit. A pod that waits is let go by permits_allow() (see permits.h). */
enum permit { PERMIT_GO, PERMIT_WAIT, PERMIT_REJECTED };

/* The answer of pre_bind. */
enum pre_bind { PRE_BIND_DONE, PRE_BIND_WAIT, PRE_BIND_FAILED };

/* Does this event make it worth while to try the pod again? `before` and `after` are the
 * object of the event (NULL where there is none). */
typedef bool queueing_hint(const void *args, const struct pod *pod, const struct object *before,
                           const struct object *after);

/* One registration: which events a plugin that rejected a pod waits for. */
struct plugin_event {
    enum kind kind;      /* KIND_POD, KIND_NODE, ... */
    uint32_t actions;    /* bits of enum event_action; 0 ends the list */
    queueing_hint *hint; /* NULL: always worth while */
};

enum { PLUGIN_EVENTS = 10 };

struct sched_plugin {
    const char *name; /* as in KubeSchedulerConfiguration */

    /* Arguments of pluginConfig as the plugin keeps them; `args` is NULL when the user gave
     * none. NULL with errors appended when they are wrong. */
    void *(*configure)(struct texts *texts, const struct value *args, struct error_list *errors);
    void (*release)(void *args);

    /* Work done once for a class, and its end. */
    void *(*compile)(const struct sched_call *call);
    void (*discard)(void *compiled);

    /* Do answers about call->pod depend on its labels, namespace or owner? Asked at every
     * attempt, before there is a class: `compiled` and `counts` are NULL. NULL: they do not. */
    bool (*by_identity)(const struct sched_call *call);

    /* What else of call->pod its answers depend on, as words: pods that write different words
     * are different classes. Asked when by_identity is. An address may be among the words if what
     * it points to lives as long as this version of the pod. Returns how many; NULL: none. */
    size_t (*traits)(const struct sched_call *call, uint64_t *words);

    /* A number that changes whenever answers may change on nodes that did not: the class is
     * made anew, compile() included. NULL: never. */
    uint64_t (*epoch)(const struct sched_call *call);

    /* --- plugins that count over the whole cluster ---
     *
     * The class owns counts, kept up to date by single nodes. The plain way makes them anew
     * for every attempt, from all nodes. pre_filter and pre_score are called at every attempt
     * (after the counts are up to date); filter and score may read everything in them. */

    /* Counts of no node at all, and their end. */
    void *(*count_new)(const struct sched_call *call);
    void (*count_free)(void *counts);
    /* The node joined, changed, or left (node->node is NULL: it counts for nothing): its
     * former share in the counts, remembered by node->slot, is replaced by the present one.
     * Other nodes whose group() changes thereby are added to `others`. */
    void (*count_node)(const struct sched_call *call, const struct node_info *node,
                       struct slot_list *others);
    /* All nodes joined counts of none, at once: whoever can tell which of them matter need not look
     * at the others. False: it cannot, and is to hear of each. May be NULL. */
    bool (*count_all)(const struct sched_call *call);
    /* Soon it will be told of this slot: time to fetch what it remembers by it from memory. May be
     * NULL. */
    void (*count_soon)(const struct sched_call *call, uint32_t slot);
    /* What enters filter and score about this node, apart from what is common to all: nodes
     * that write the same words always get the same answers. Returns how many words, at
     * most GROUP_WORDS. Few different ones make a decision fast. */
    size_t (*group)(const struct sched_call *call, const struct node_info *node, uint32_t *words);
    /* What if? PreFilterExtensions: a pod were on the node (+1) or were not (-1). `node` is the
     * copy on which the framework has made the same change; `dry_run` brackets the trial
     * (true: begins; false: has ended, every change was undone by its opposite). NULL: pods do
     * not matter. dry_run may be NULL. */
    void (*dry_run)(const struct sched_call *call, bool begin);
    void (*pod_moved)(const struct sched_call *call, const struct node_info *node,
                      const struct pod *pod, int sign);

    /* QueueSort: which of two waiting pods goes first: <0, 0, >0. Equal pods go by the time
     * they were queued. */
    int (*compare)(const struct pod *a, const struct pod *b);
    /* PreEnqueue: may the pod be tried at all? If not, `why` says what it waits for. */
    bool (*pre_enqueue)(const struct pod *pod, const struct nominator *nominator,
                        struct writer *why);
    /* EnqueueExtensions: what may help a pod this plugin rejected. Ends at actions 0. */
    struct plugin_event events[PLUGIN_EVENTS];

    enum pre_filter (*pre_filter)(const struct sched_call *call, struct narrowed *narrowed,
                                  struct rejection *rejection);
    bool (*filter)(const struct sched_call *call, const struct node_info *node,
                   struct rejection *rejection);
    /* No node will do: help, or say more in the message; see post_filter.h. */
    enum post_filter (*post_filter)(const struct sched_call *call, struct post_filter_round *round);

    /* False: no score for this class. Plugins that do not count are asked once, with NULL. */
    bool (*pre_score)(const struct sched_call *call, const struct candidates *candidates);
    /* May the template be scored at all? If not, an attempt in which several nodes are feasible fails
     * with this error. NULL: it may. */
    bool (*check_scores)(const struct sched_call *call, struct error *error);
    int64_t (*score)(const struct sched_call *call, const struct node_info *node);
    /* Bring scores into 0..100. Goes by the set of scores, not by how many nodes have one: equal
     * scores are given once or many times. NULL: they are in 0..100. */
    void (*normalize)(const struct sched_call *call, int64_t *scores, size_t count);

    /* Once a node is chosen. Reserve may reject; what has reserved is asked to unreserve when
     * a later step fails. */
    bool (*reserve)(const struct sched_call *call, const struct pod *pod,
                    const struct node_info *node, struct rejection *rejection);
    void (*unreserve)(const struct sched_call *call, const struct pod *pod,
                      const struct node_info *node);
    /* Annotations the pod carries from the moment it counts on the node, and in the API once it is
     * bound: which GPU it got, say. A new reference; NULL: none. Part of Reserve, before any
     * plugin reserves; call->compiled is NULL. Draws are free choices of the run. */
    const struct labels *(*annotate)(const struct sched_call *call, const struct node_info *node,
                                     struct run *run);
    /* Permit: may it be bound now? PERMIT_WAIT sets *timeout, after which it is rejected. */
    enum permit (*permit)(const struct sched_call *call, const struct pod *pod,
                          const struct node_info *node, sim_time *timeout,
                          struct rejection *rejection);
    /* PreBind, beside the next attempts: what has to be done before the pod is bound. Whoever has to
     * wait is asked again a second later (`again`). */
    enum pre_bind (*pre_bind)(const struct sched_call *call, struct client *client,
                              const struct pod *pod, const struct node_info *node, bool again,
                              struct error *error);
    /* `annotations` are the Binding's, NULL: none. */
    enum reply (*bind)(struct client *client, const struct pod *pod, const struct text *node,
                       const struct labels *annotations, struct error *error);
    /* PostBind: it is bound. */
    void (*post_bind)(const struct sched_call *call, const struct pod *pod,
                      const struct text *node);
};

/* DefaultNormalizeScore: the highest becomes 100; reversed, the highest becomes 0. */
void normalize_to_highest(int64_t *scores, size_t count, bool reverse);

#endif
