/* Sets of fields of a document, as managedFields writes them (FieldsV1).
 *
 * A set is a tree of maps: {"f:spec": {"f:replicas": {}}} holds spec.replicas. A key is one step of a path:
 * "f:NAME" a member, "k:{...}" an item of a list by its keys, "v:VALUE" an item of a list that is a
 * set. A node without steps is in the set; one with steps is when it has the key ".", too. NULL is
 * the empty set. Follows sigs.k8s.io/structured-merge-diff/v6/fieldpath. Results are new references. */
#ifndef MODELS_CLUSTER_FIELD_SET_H
#define MODELS_CLUSTER_FIELD_SET_H

#include "sim/base/value.h"

/* Is the node itself in the set? */
bool field_set_holds(const struct value *node);
/* A node of these steps, whose reference is taken (NULL: none); NULL when it would be empty. */
struct value *field_set_node(bool held, struct value *steps);
/* Put a node below a step of a map under construction; takes the reference, NULL adds nothing. */
void field_set_put(struct value **steps, const char *step, struct value *node);

struct value *field_set_union(const struct value *a, const struct value *b);
struct value *field_set_difference(const struct value *a, const struct value *b);
struct value *field_set_intersection(const struct value *a, const struct value *b);
/* Without what is in `b` and everything below it. */
struct value *field_set_without(const struct value *a, const struct value *b);
/* With each member ("f:") that has steps below it. */
struct value *field_set_with_parents(const struct value *set);

/* See each field in the order of the API server's messages, as ".spec.containers[name="c"].image". */
typedef void field_seen_fn(void *context, const char *path);
void field_set_each(const struct value *set, field_seen_fn *see, void *context);

/* One step as it stands in a message: ".spec", "[name=\"c\"]", "[=\"a\"]"; appended. */
struct writer;
void field_step_print(struct writer *out, const char *step);

#endif
