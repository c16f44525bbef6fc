/* The revisions of a workload: what its template was, by number.
 *
 * Of a Deployment its ReplicaSets, numbered by an annotation; of a DaemonSet or StatefulSet its
 * ControllerRevisions. Follows kubectl pkg/polymorphichelpers/history.go. */
#ifndef MODELS_ACTIONS_REVISIONS_H
#define MODELS_ACTIONS_REVISIONS_H

#include "models/cluster/client.h"

struct revision {
    const struct object *object; /* borrowed; NULL: there is none */
    int64_t number;
};

/* Does a kind have revisions? */
bool kind_has_revisions(enum kind kind);

/* The revision with the lowest number above `after`: all of them, one after the other. */
struct revision revision_next(const struct client *client, const struct object *workload,
                              int64_t after);

/* The one of this number; 0: the one before the newest. */
struct revision revision_find(const struct client *client, const struct object *workload,
                              int64_t number);

/* The workload's document with the template of a revision; a new reference. */
struct value *revision_restore(const struct codec *codec, const struct object *workload,
                               struct revision revision);
/* Does the workload have this template already? */
bool revision_is_present(const struct codec *codec, const struct object *workload,
                         struct revision revision);

#endif
