/* What the files of Chaos Mesh's controllers share. */
#ifndef MODELS_CHAOS_CHAOS_PRIVATE_H
#define MODELS_CHAOS_CHAOS_PRIVATE_H

#include "models/api/chaos.h"
#include "models/api/kinds.h"
#include "models/chaos/daemon.h"
#include "models/chaos/selection.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"

#define CHAOS_API        "chaos-mesh.org/v1alpha1"
#define PAUSE_ANNOTATION "experiment.chaos-mesh.org/pause"

static inline const struct value *spec_of(const struct object *object)
{
    return value_get(meta_of(object)->document, "spec");
}
static inline const struct value *status_of(const struct object *object)
{
    return value_get(meta_of(object)->document, "status");
}
static inline size_t value_count(const struct value *list)
{
    return list != NULL && (list->type == VALUE_LIST || list->type == VALUE_MAP) ? list->count : 0;
}
static inline bool text_is(const struct value *map, const char *key, const char *text)
{
    return strcmp(value_text(value_get(map, key), ""), text) == 0;
}
static inline bool is_paused(const struct object *object)
{
    const char *pause = labels_get(meta_of(object)->annotations, PAUSE_ANNOTATION);
    return pause != NULL && strcmp(pause, "true") == 0;
}

/* A time as documents have it: whole seconds. */
struct value *chaos_time(const struct client *client, sim_time at);
bool chaos_read_time(const struct client *client, const struct value *value, sim_time *at);

/* Set a member of the status (of a path that ends with NULL) of the stored object; the value is taken.
 * False when that could not be written, or the object is gone. */
bool status_put(struct client *client, struct object_key key, struct value *value,
                const char *member, const char *below);

/* A condition {type, status, reason} of a list, replaced or added at its end. True when it changed. */
bool condition_put(struct value **list, const char *type, bool status, const char *reason);
/* Is a condition of the object's status True? */
bool condition_holds(const struct object *object, const char *type);

/* Create an object from a spec: of a kind, owned by `owner`. A name is generated from the prefix; with
 * `plain` it is not told that it was. Labels are taken over. NULL, when it was refused. */
const struct object *chaos_create(struct client *client, const struct object *owner,
                                  const char *kind, const char *prefix, struct value *labels,
                                  const struct value *spec, bool plain, struct error *error);

/* ── experiment.c ── */

/* Has it done all it will do at `now`? If not, `*until` is when it will at the earliest (SIM_FOREVER:
 * nobody knows). */
bool experiment_is_finished(const struct client *client, const struct object *experiment,
                            sim_time now, sim_time *until);

/* ── acts.c: what experiments do to their targets ── */

/* One record of an experiment. */
struct act {
    struct client *client; /* of the controllers */
    struct daemon *daemon;
    const struct object *experiment;
    const struct value *spec;
    const char *id, *key;        /* "default/web-1", "." */
    const struct value *records; /* all of them */
};

/* The targets of an experiment as new records; the caller drops the list. NULL with the reason, which the
 * caller frees. */
struct value *acts_select(struct client *client, const struct object *experiment, char **why);
/* Inject, or recover. NULL, or why that went wrong: a sentence that the caller frees. */
char *act_apply(const struct act *act);
char *act_recover(const struct act *act);

#endif
