/* A scheduler plugin: the extension points of kube-scheduler's framework, nothing else.
 *
 * To add a plugin or a policy, write one file in plugins/ that exports one const and add one
 * line to the table in profile.c. A plugin fills in the points it has; a point left NULL is
 * one it does not take part in.
 *
 * What it says of a node must follow from the pod's template, the node and its own
 * arguments: the framework then asks once per (template, node) and again only when the
 * node has changed. A plugin whose answer also depends on the rest of the cluster says so
 * by `epoch`. Follows pkg/scheduler/framework/interface.go of the release named in
 * docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_PLUGIN_H
#define MODELS_SCHEDULER_PLUGIN_H

#include "models/api/pod.h"
#include "models/scheduler/cluster_event.h"
#include "models/scheduler/snapshot.h"
#include "sim/base/writer.h"

struct client;
struct decision;
struct profile;

enum { MAX_NODE_SCORE = 100 }; /* after normalizing, before the weight */

/* What a plugin is asked with. */
struct sched_call {
    const struct profile *profile;
    const struct pod_spec *spec; /* the pod's template */
    const struct snapshot *snapshot;
    const void *args;     /* what configure() made; NULL: none */
    const void *compiled; /* what compile() made of this template; NULL: nothing */
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

enum { PLUGIN_EVENTS = 6 };

struct sched_plugin {
    const char *name; /* as in KubeSchedulerConfiguration */

    /* Arguments of pluginConfig as the plugin keeps them; `args` is NULL when the user gave
     * none. NULL with errors appended when they are wrong. */
    void *(*configure)(struct texts *texts, const struct value *args, struct error_list *errors);
    void (*release)(void *args);

    /* Work done once for a template, and its end. */
    void *(*compile)(const void *args, const struct pod_spec *spec, struct texts *texts);
    void (*discard)(void *compiled);

    /* A number that changes whenever answers may change on nodes that did not. NULL: never. */
    uint64_t (*epoch)(const struct sched_call *call);

    /* QueueSort: which of two waiting pods goes first: <0, 0, >0. Equal pods go by the time
     * they were queued. */
    int (*compare)(const struct pod *a, const struct pod *b);
    /* PreEnqueue: may the pod be tried at all? If not, `why` says what it waits for. */
    bool (*pre_enqueue)(const struct pod *pod, struct writer *why);
    /* EnqueueExtensions: what may help a pod this plugin rejected. Ends at actions 0. */
    struct plugin_event events[PLUGIN_EVENTS];

    enum pre_filter (*pre_filter)(const struct sched_call *call, struct narrowed *narrowed,
                                  struct rejection *rejection);
    bool (*filter)(const struct sched_call *call, const struct node_info *node,
                   struct rejection *rejection);
    /* No node will do: help, or say more in the message. */
    enum post_filter (*post_filter)(const struct sched_call *call, const struct decision *decision,
                                    struct writer *message);

    bool (*pre_score)(const struct sched_call *call); /* false: no score for this template */
    int64_t (*score)(const struct sched_call *call, const struct node_info *node);
    /* Bring scores into 0..100; nodes with equal scores stay equal. NULL: they are. */
    void (*normalize)(const struct sched_call *call, int64_t *scores, size_t count);

    /* Once a node is chosen. Reserve may reject; what has reserved is asked to unreserve when
     * a later step fails. */
    bool (*reserve)(const struct sched_call *call, const struct pod *pod,
                    const struct node_info *node, struct rejection *rejection);
    void (*unreserve)(const struct sched_call *call, const struct pod *pod,
                      const struct node_info *node);
    enum reply (*bind)(struct client *client, const struct pod *pod, const struct text *node,
                       struct error *error);
};

/* DefaultNormalizeScore: the highest becomes 100; reversed, the highest becomes 0. */
void normalize_to_highest(int64_t *scores, size_t count, bool reverse);

#endif
