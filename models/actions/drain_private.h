/* What drain takes from its neighbours: nodes by name, and the pods to evict. */
#ifndef MODELS_ACTIONS_DRAIN_PRIVATE_H
#define MODELS_ACTIONS_DRAIN_PRIVATE_H

#include "models/actions/actions_private.h"
#include "models/api/pod.h"

/* The words are names of nodes, or there is a selector. */
bool check_nodes(const struct command *command, struct place at, struct error *error);
void find_nodes(struct targets *targets, struct action *action);
/* Cordon or uncordon one, and say so. False when that was refused. */
bool cordon_node(struct action *action, struct object_key key, bool cordon);

/* The pods of a node that a drain evicts, by namespace and name. What speaks against the drain goes
 * into *refused, one reason a line; what is to be warned of into *warned. The caller frees all
 * three. */
const struct pod **drain_pods(const struct action *action, const struct text *node, size_t *count,
                              char **refused, char **warned);

#endif
