/* What a write changed, in a few words, for those who read the trace. */
#ifndef MODELS_CLUSTER_CHANGE_H
#define MODELS_CLUSTER_CHANGE_H

#include "sim/store/object.h"

/* "bound to n0", "Running", "not ready", "replicas 3 to 5", "Ready=Unknown", "grace 30s": the
 * changes that matter most, or NULL. `before` is NULL for a new object. Returns a constant or
 * `text`. Cheap: it is called for every write. */
enum { CHANGE_TEXT = 160 };
const char *change_text(const struct object *before, const struct object *after,
                        char text[CHANGE_TEXT]);

#endif
