/* What the plugins said about (class of pods, node), remembered until the node changes.
 *
 * Pods of one template are one class; where a plugin says that it goes by identity, pods of
 * one template with the same labels, namespace and controller are; and what a plugin writes as
 * traits is the same in all of a class. Of each node the cache keeps the rejection, the weighted sum of the scores that need no normalizing, and the raw
 * scores of those that do. An answer is valid while the node's generation is the one it was
 * given for; when a plugin's epoch changes the class is made anew. Classes not used for long
 * are forgotten. */
#ifndef MODELS_SCHEDULER_TEMPLATE_CACHE_H
#define MODELS_SCHEDULER_TEMPLATE_CACHE_H

#include "models/scheduler/prepared.h"

struct answer {
    uint64_t generation;    /* of the node when the plugins were asked; 0: never */
    int64_t fixed;          /* weighted sum of scores that are not normalized */
    rejection_id rejection; /* 0: the node is feasible */
    uint8_t rejected_by;    /* plugin of the profile */
};

/* That no node will do, and why: true while nothing changes. */
struct known_failure {
    char *message;              /* owned; NULL: not known */
    enum nomination nomination; /* what becomes of the pod's own */
    uint64_t generation;        /* of the snapshot */
    uint64_t nominated;         /* of the nominator */
    uint64_t rejecting;         /* plugins */
    size_t evaluated;           /* nodes visited to know it */
};

/* What makes pods alike. Plugins that read the same traits by the same function write them once. */
enum { CLASS_TRAITS = 4 * TRAIT_WORDS };
struct class_key {
    const struct profile *profile;
    const struct pod_spec *spec;
    bool by_identity;            /* then also: */
    const struct labels *labels; /* by content */
    const struct text *space;
    uint64_t controller; /* its uid; 0: none */
    uint64_t traits[CLASS_TRAITS];
    size_t trait_count;
};

struct pod_class {
    struct table_node by_key;
    struct class_key key;            /* borrowed from the pod in `prepared` */
    struct pod_class *older, *newer; /* by last use */
    struct prepared prepared;
    struct answer *answers;        /* by the node's slot */
    int64_t *raw[PROFILE_PLUGINS]; /* by prepared.scores[], then slot; NULL: not normalized */
    size_t slots;
    struct known_failure failure;
};

struct template_cache {
    struct rejection_table rejections;
    struct table by_key;
    struct pod_class *oldest, *newest;
    size_t count;
};

struct template_cache *template_cache_new(void);
void template_cache_free(struct template_cache *cache);

/* The class of a pod under a profile, up to date with plugins' epochs and with room for every
 * node. Borrowed until the next call. */
struct pod_class *template_cache_class(struct template_cache *cache, const struct profile *profile,
                                       const struct pod *pod, const struct snapshot *snapshot);

/* Ask the plugins about a node now. */
void pod_class_ask(struct template_cache *cache, struct pod_class *class, uint32_t slot);

/* The answer about a node: remembered, or asked for now. O(1), or one round of plugins. */
static inline const struct answer *pod_class_answer(struct template_cache *cache,
                                                    struct pod_class *class, uint32_t slot)
{
    const struct answer *answer = &class->answers[slot];
    if (answer->generation != class->prepared.snapshot->generations[slot])
        pod_class_ask(cache, class, slot);
    return answer;
}

#endif
