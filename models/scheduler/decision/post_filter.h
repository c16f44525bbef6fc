/* PostFilter: no node will do for a pod; can something be done about it?
 *
 * Follows RunPostFilterPlugins in pkg/scheduler/framework/runtime/framework.go of the release
 * named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_POST_FILTER_H
#define MODELS_SCHEDULER_POST_FILTER_H

#include "models/scheduler/extender.h"
#include "models/scheduler/plugin.h"
#include "sim/kernel/run.h"

struct decision;

/* Who makes the free choices of a plugin: an option of the question. */
struct chooser {
    uint32_t (*choose)(void *self, const struct question *question);
    void *self;
};

/* Whom preemption would remove, and where. The victims of a node are in order of importance, the most
 * important first; their pods are borrowed from the snapshot. */
struct preemption {
    struct extender_victims *candidates; /* owned: the nodes on which it would help */
    size_t count;
    size_t *ties; /* owned: those of them that are best, in the order of their slots */
    size_t tie_count;
    size_t chosen; /* of the candidates; count: none */
};
void preemption_close(struct preemption *preemption);

/* What the plugins are asked with, and what comes of it. */
struct post_filter_round {
    const struct decision *decision;
    const struct pod *pod;
    struct chooser chooser;

    struct writer message;      /* of the plugin that is asked */
    enum nomination nomination; /* what becomes of the pod's own */
    const struct text *node;    /* of NOMINATION_SET; borrowed from the snapshot */
    struct preemption preemption;
};

/* Ask the plugins in order, until one has helped or nobody else is to be asked; returns whether one
 * has. Otherwise the message has their texts, joined. */
bool post_filter_run(struct post_filter_round *round);
void post_filter_close(struct post_filter_round *round);

#endif
