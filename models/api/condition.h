/* Conditions of everything but pods (whose compact form is in pod.h).
 *
 * Shared, immutable lists: a status that does not change its conditions copies a pointer. */
#ifndef MODELS_API_CONDITION_H
#define MODELS_API_CONDITION_H

#include "models/api/meta.h"

enum condition_status { CONDITION_UNKNOWN, CONDITION_FALSE, CONDITION_TRUE };

struct condition {
    const struct text *type, *reason, *message;
    enum condition_status status;
    sim_time transition; /* lastTransitionTime: when `status` last changed */
    sim_time update; /* lastUpdateTime, lastHeartbeatTime or lastProbeTime of kinds that have one */
    int64_t observed_generation; /* 0: not said */
};

struct conditions {
    uint32_t refs, count;
    struct condition items[];
};

/* The condition of a type, or NULL. */
const struct condition *conditions_find(const struct conditions *conditions, const char *type);

/* The list with this condition in the place of the one of its type, or at the end. Takes
 * over the references of `condition`. A new reference. */
const struct conditions *conditions_with(const struct conditions *from, struct condition condition);
/* The list without the condition of that type; a new reference, NULL when empty. */
const struct conditions *conditions_without(const struct conditions *from, const char *type);

const struct conditions *conditions_hold(const struct conditions *conditions);
void conditions_drop(const struct conditions *conditions);
bool conditions_equal(const struct conditions *a, const struct conditions *b);

const struct conditions *conditions_load(struct texts *texts, const struct value *list,
                                         int64_t epoch_seconds);
/* `update_name` is the JSON name of `update` ("lastUpdateTime", ...) or NULL. */
struct value *conditions_print(const struct conditions *conditions, const char *update_name,
                               int64_t epoch_seconds);

const char *condition_status_name(enum condition_status status); /* "True", "False", "Unknown" */
enum condition_status condition_status_parse(const char *text);

#endif
