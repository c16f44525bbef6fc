/* Does a write change anything? What does not is shared, and a write of nothing is none. */
#ifndef MODELS_CLUSTER_UNCHANGED_H
#define MODELS_CLUSTER_UNCHANGED_H

#include "models/api/meta.h"

/* Let a changed copy share with the original whatever is equal by content, so that equal
 * versions are equal bytes and unchanged members are held once. */
void share_unchanged(struct object *copy, const struct object *original);

/* Are two versions that share what is equal the same, their versions and causes aside? */
bool is_unchanged(const struct object *a, const struct object *b);

#endif
