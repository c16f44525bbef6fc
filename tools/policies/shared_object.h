/* A policy in a shared object (include/seatrial/policy.h), as an extender.
 *
 * The object is loaded by a child process: what it does to its memory, and when, is nothing to the
 * run. One attempt is one question and one answer. */
#ifndef TOOLS_POLICIES_SHARED_OBJECT_H
#define TOOLS_POLICIES_SHARED_OBJECT_H

#include "models/scheduler/extender.h"
#include "tools/policies/outside.h"

struct shared_object;

/* Load it and let it open its policy. The path outlives it. NULL with the error. */
struct shared_object *shared_object_open(const char *path, const struct outside_options *options,
                                         struct error *error);
/* NULL is fine. */
void shared_object_close(struct shared_object *object);

/* What the scheduler asks; lives as long as the object. */
const struct extender *shared_object_extender(struct shared_object *object);

#endif
