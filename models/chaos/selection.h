/* Which pods and containers an experiment means.
 *
 * Follows pkg/selector/pod, pkg/selector/container and pkg/selector/generic/mode.go of Chaos Mesh 2.7.
 * Where it draws at random, so does this: from a stream named by the experiment, so that two runs share
 * its luck. */
#ifndef MODELS_CHAOS_SELECTION_H
#define MODELS_CHAOS_SELECTION_H

#include "models/api/pod.h"
#include "models/cluster/client.h"

/* Pods in the order of their creation; borrowed from the client's cache. */
struct selection {
    const struct pod **items; /* owned */
    size_t count, capacity;
};

void selection_close(struct selection *selection);

/* The pods that a selector matches. */
void selection_of_pods(struct selection *selection, const struct client *client,
                       const struct value *selector);

/* Those that the mode of `holder` (mode, value) leaves, in the order drawn. `entity` names who draws.
 * NULL, or why there is none: a sentence that the caller frees. */
char *selection_by_mode(struct selection *selection, struct run *run, const struct value *holder,
                        const char *entity);

/* How many of `count` a mode leaves; drawn for random-max-percent. */
size_t mode_count(struct run *run, const struct value *holder, const char *entity, size_t count);

/* Does the list of texts (namespaces, phases) let a name pass? "!x" excludes x. */
bool list_allows(const struct value *list, const char *name);

#endif
