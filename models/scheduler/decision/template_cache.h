/* The classes of pods that are in use, by what makes their pods alike (pod_class.h).
 *
 * Classes not used for long are forgotten: what they remember of all nodes is bounded
 * together. */
#ifndef MODELS_SCHEDULER_TEMPLATE_CACHE_H
#define MODELS_SCHEDULER_TEMPLATE_CACHE_H

#include "models/scheduler/decision/pod_class.h"

struct template_cache {
    struct rejection_table rejections;
    struct table by_key;
    struct pod_class *oldest, *newest;
    size_t cells; /* classes x slots, and what a class costs besides */
};

struct template_cache *template_cache_new(void);
void template_cache_free(struct template_cache *cache);

/* The class of a pod under a profile, up to date with plugins' epochs and with every change of
 * the snapshot. Borrowed until the next call. O(changes since the class was used last), or
 * O(nodes) for a new one. */
struct pod_class *template_cache_class(struct template_cache *cache, const struct profile *profile,
                                       const struct pod *pod, const struct snapshot *snapshot);

#endif
