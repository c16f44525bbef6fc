/* What drain takes from its neighbours: nodes by name, and which pods may be evicted. */
#ifndef MODELS_ACTIONS_DRAIN_PRIVATE_H
#define MODELS_ACTIONS_DRAIN_PRIVATE_H

#include "models/actions/actions_private.h"
#include "models/api/pod.h"

/* The words are names of nodes, or there is a selector. */
bool check_nodes(const struct command *command, struct place at, struct error *error);
void find_nodes(struct targets *targets, struct action *action);
/* Cordon or uncordon one, and say so. False when that was refused. */
bool cordon_node(struct action *action, struct object_key key, bool cordon);

/* What drain makes of a pod. */
enum verdict {
    PASS,      /* evict it */
    PASS_WITH, /* evict it, and warn why */
    SKIP_WITH, /* leave it, and warn why */
    FAIL_WITH  /* the drain cannot be done */
};

/* The verdict, and the reason to print. Follows kubectl pkg/drain/filters.go. */
enum verdict drain_verdict(const struct command *command, const struct pod *pod,
                           const char **reason);

#endif
