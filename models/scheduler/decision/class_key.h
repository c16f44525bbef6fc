/* What makes pods alike to the scheduler.
 *
 * Pods of one template are; where a plugin says that it goes by identity, those of one template with
 * the same labels, namespace and controller; and what a plugin writes as traits is the same for all
 * of them. Which plugins go by identity is part of the key, as it may change while a pod waits. */
#ifndef MODELS_SCHEDULER_CLASS_KEY_H
#define MODELS_SCHEDULER_CLASS_KEY_H

#include "models/scheduler/configuration/profile.h"

/* Plugins that read the same traits by the same function write them once. */
enum { CLASS_TRAITS = 4 * TRAIT_WORDS };
struct class_key {
    const struct profile *profile;
    const struct pod_spec *spec;
    uint64_t by_identity; /* bits: plugins that go by it; none: the next three do not count */
    const struct labels *labels; /* by content */
    const struct text *space;
    const struct owner *controller; /* borrowed from the pod; NULL: none */
    uint64_t traits[CLASS_TRAITS];
    size_t trait_count;
};

/* What makes this pod like others. Asks plugins' by_identity(). */
struct class_key class_key_of(const struct profile *profile, const struct pod *pod,
                              const struct snapshot *snapshot);
uint64_t class_key_hash(const struct class_key *key);
bool class_key_equal(const struct class_key *a, const struct class_key *b);

#endif
