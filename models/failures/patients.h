/* Whom a strike gives an ailment: nodes, or running pods. */
#ifndef MODELS_FAILURES_PATIENTS_H
#define MODELS_FAILURES_PATIENTS_H

#include "models/api/pod.h"
#include "models/failures/machines.h"

/* Running pods that a selector matches, in order of creation. */
struct victims {
    const struct pod **items; /* owned; borrowed for the length of a strike */
    size_t count, capacity;
};

/* Those that the target of a blow names: a selector, or by hand a pod: "web-1", "shop/web-1". Of an
 * entry, those in its `namespace`. */
struct victims victims_find(const struct blow *blow);
/* The same of another selector and namespace (NULL: any). */
struct victims victims_matching(const struct blow *blow, const char *selector, const char *space);

/* The nodes that a blow is for: the one, or those of the zone or group; with `share`, each with that
 * probability. The caller frees the list; the names are borrowed for the length of a strike. */
const struct text **nodes_find(const struct blow *blow, size_t *count);

/* Check a field that is a label selector. */
void selector_check(const struct value *options, const char *field, struct error_list *faults);

/* Give an ailment to a node, or to a pod; it is in the list from then on. */
struct patients;
void patients_add_node(struct blow *blow, const struct text *node, struct ailment ailment);
void patients_add_pod(struct blow *blow, const struct pod *pod, struct ailment ailment);
/* To all clients that the ailment's network names. */
void patients_add_clients(struct blow *blow, struct ailment ailment);
/* To all that the blow is for; of running pods, `count` of them if it says so. */
void patients_add_all(struct blow *blow, struct ailment ailment);
/* Heal all of them. */
void patients_heal(struct blow *blow);

#endif
