/* Objects as a cluster gives them out, as those who wrote them would apply them again. */
#ifndef TOOLS_CONVERT_OBJECTS_H
#define TOOLS_CONVERT_OBJECTS_H

#include "sim/base/value.h"

/* A copy without status and without what the API server and controllers set: identity, versions, managers
 * of fields, addresses, defaults of priorities, marks of Jobs. Of a Node, capacity and allocatable
 * stay; the content of ConfigMaps does not. `keep_node`: a pod stays on its node. */
struct value *object_as_applied(const struct value *object, bool keep_node);

/* Members of objects: "" where they are not there. Borrowed. */
const char *object_kind(const struct value *object);
const char *object_name(const struct value *object);
const char *object_space(const struct value *object);

/* The pod template of a workload, or the pod itself: where "metadata" and "spec" of pods stand, in an
 * object of its own that may be changed. NULL: it makes no pods. */
struct value **object_template(struct value **object);

/* The owner that controls an object; NULL: nobody does. */
const struct value *object_controller(const struct value *object);

/* Append to `into` the ServiceAccounts and PriorityClasses that objects name and do not have, so that their
 * pods are admitted: classes by the priority of the pods in `all`. How many there are. */
size_t objects_complete(struct value *into, const struct value *all);

/* Append Namespaces that objects are in, and that are not among them. */
void objects_add_namespaces(struct value *into, const struct value *objects);

#endif
