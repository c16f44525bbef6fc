/* The StatefulSet record, and what its pods get of it.
 *
 * Names, identity and volumes follow pkg/controller/statefulset/stateful_set_utils.go of the
 * release named in docs/fidelity.md. */
#include "models/api/statefulset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

static void statefulset_hold(struct object *copy)
{
    struct statefulset *set = (struct statefulset *)copy;
    meta_hold(&set->meta);
    selector_hold(set->selector);
    pod_template_hold(set->template);
    text_hold(set->service_name);
    text_hold(set->current_revision);
    text_hold(set->update_revision);
    conditions_hold(set->conditions);
}

static void statefulset_close(struct object *object)
{
    struct statefulset *set = (struct statefulset *)object;
    meta_close(&set->meta);
    selector_drop(set->selector);
    pod_template_drop(set->template);
    text_drop(set->service_name);
    text_drop(set->current_revision);
    text_drop(set->update_revision);
    conditions_drop(set->conditions);
}

const struct object_kind statefulset_kind = {
    .name = "statefulset",
    .size = sizeof(struct statefulset),
    .hold = statefulset_hold,
    .close = statefulset_close,
};

bool statefulset_spec_changed(const struct object *before, const struct object *after)
{
    const struct statefulset *old = statefulset_of(before), *new = statefulset_of(after);
    if (old->replicas != new->replicas || old->min_ready_seconds != new->min_ready_seconds ||
        old->revision_history_limit != new->revision_history_limit)
        return true;
    if (old->template != new->template &&
        !value_equal(old->template->document, new->template->document))
        return true;
    return document_spec_changed(before, after);
}

void statefulset_take_status(struct object *into, const struct object *from)
{
    struct statefulset *set = (struct statefulset *)into;
    const struct statefulset *other = statefulset_of(from);
    conditions_hold(other->conditions);
    conditions_drop(set->conditions);
    set->conditions = other->conditions;
    text_assign(&set->current_revision, text_hold(other->current_revision));
    text_assign(&set->update_revision, text_hold(other->update_revision));
    set->status_replicas = other->status_replicas;
    set->ready = other->ready;
    set->available = other->available;
    set->current = other->current;
    set->updated = other->updated;
    set->observed_generation = other->observed_generation;
    set->collision_count = other->collision_count;
    document_take_status(into, from);
}

/* ---- claims, ordinals, pods ---- */

const struct value *statefulset_claims(const struct statefulset *set)
{
    return value_path(set->meta.document, "spec", "volumeClaimTemplates", NULL);
}

char *statefulset_claim_name(const struct statefulset *set, const struct value *claim,
                             int64_t ordinal)
{
    return mem_format("%s-%s-%" PRId64, value_text(value_path(claim, "metadata", "name", NULL), ""),
                      name_of(set), ordinal);
}

int64_t statefulset_ordinal(const struct statefulset *set, const char *pod_name)
{
    const size_t length = strlen(name_of(set));
    const char *digits = pod_name + length + 1;
    if (strncmp(pod_name, name_of(set), length) != 0 || pod_name[length] != '-' ||
        *digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return -1;
    const long long number = strtoll(digits, NULL, 10);
    return number <= INT32_MAX ? number : -1;
}

static struct value *claim_volume(const struct statefulset *set, const struct value *claim,
                                  int64_t ordinal)
{
    char *name = statefulset_claim_name(set, claim, ordinal);
    struct value *volume = value_new_map();
    value_set(volume, "name", value_hold(value_path(claim, "metadata", "name", NULL)));
    value_put(&volume, value_new_string(name), "persistentVolumeClaim", "claimName", NULL);
    free(name);
    return volume;
}

static bool has_claim(const struct value *claims, const struct value *volume)
{
    for (size_t i = 0; i < claims->count; i++)
        if (value_equal(value_path(claims->items[i], "metadata", "name", NULL),
                        value_get(volume, "name")))
            return true;
    return false;
}

/* A claim's volume stands in the place of one of the template's with its name. */
static struct value *volumes_for(const struct statefulset *set, const struct value *volumes,
                                 int64_t ordinal)
{
    const struct value *claims = statefulset_claims(set);
    struct value *all = value_new_list();
    for (size_t i = 0; i < claims->count; i++)
        value_add(all, claim_volume(set, claims->items[i], ordinal));
    for (size_t i = 0; volumes != NULL && i < volumes->count; i++)
        if (!has_claim(claims, volumes->items[i]))
            value_add(all, value_hold(volumes->items[i]));
    return all;
}

const struct pod_spec *statefulset_pod_spec(const struct codec *codec,
                                            const struct statefulset *set,
                                            const struct pod_template *template, int64_t ordinal)
{
    struct value *spec = value_hold(template->spec->document);
    char *hostname = mem_format("%s-%" PRId64, name_of(set), ordinal);
    value_put(&spec, value_new_string(hostname), "hostname", NULL);
    if (set->service_name != NULL)
        value_put(&spec, text_value(set->service_name), "subdomain", NULL);
    else
        value_remove(value_own(&spec), "subdomain");
    if (statefulset_claims(set) != NULL)
        value_put(&spec, volumes_for(set, value_get(spec, "volumes"), ordinal), "volumes", NULL);
    const struct pod_spec *compiled = pod_spec_compile(codec->specs, spec);
    value_drop(spec);
    free(hostname);
    return compiled;
}

/* ---- loading ---- */

static bool says(const struct value *map, const char *key, const char *word)
{
    return strcmp(value_text(value_get(map, key), ""), word) == 0;
}

static void load_strategy(struct statefulset *set, const struct value *strategy)
{
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const struct value *unavailable = value_get(rolling, "maxUnavailable");
    struct error error = { 0 };
    set->on_delete = says(strategy, "type", "OnDelete");
    set->has_rolling_update = rolling != NULL;
    set->partition = (int32_t)value_int(value_get(rolling, "partition"), 0);
    set->max_unavailable = (struct int_or_percent){ .number = 1 };
    if (unavailable != NULL)
        intstr_load(unavailable, &set->max_unavailable, &error);
    error_close(&error);
}

static int32_t number(const struct value *status, const char *key)
{
    return (int32_t)value_int(value_get(status, key), 0);
}

static void load_status(const struct codec *codec, struct statefulset *set,
                        const struct value *status)
{
    set->status_replicas = number(status, "replicas");
    set->ready = number(status, "readyReplicas");
    set->available = number(status, "availableReplicas");
    set->current = number(status, "currentReplicas");
    set->updated = number(status, "updatedReplicas");
    set->observed_generation = value_int(value_get(status, "observedGeneration"), 0);
    set->collision_count = (int32_t)value_int(value_get(status, "collisionCount"), -1);
    set->current_revision = intern_value(codec, value_get(status, "currentRevision"));
    set->update_revision = intern_value(codec, value_get(status, "updateRevision"));
    set->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
}

struct object *statefulset_load(const struct codec *codec, const struct value *tree)
{
    struct statefulset *set = (struct statefulset *)record_new(codec, KIND_STATEFULSET, tree);
    const struct value *spec = value_get(tree, "spec");
    const struct value *policy = value_get(spec, "persistentVolumeClaimRetentionPolicy");
    struct error error = { 0 };
    set->replicas = (int32_t)value_int(value_get(spec, "replicas"), 1);
    set->min_ready_seconds = number(spec, "minReadySeconds");
    set->revision_history_limit = (int32_t)value_int(value_get(spec, "revisionHistoryLimit"), 10);
    set->start = number(value_get(spec, "ordinals"), "start");
    set->parallel = says(spec, "podManagementPolicy", "Parallel");
    load_strategy(set, value_get(spec, "updateStrategy"));
    set->deletes_claims_with_set = says(policy, "whenDeleted", "Delete");
    set->deletes_claims_when_scaled = says(policy, "whenScaled", "Delete");
    set->service_name = intern_value(codec, value_get(spec, "serviceName"));
    set->selector = selector_load(codec->texts, value_get(spec, "selector"), &error);
    error_close(&error);
    set->template = pod_template_compile(codec, value_get(spec, "template"));
    load_status(codec, set, value_get(tree, "status"));
    static const char *const held[] = { "replicas", "minReadySeconds", "revisionHistoryLimit",
                                        "template", NULL };
    document_cut_keys(&set->meta.document, "spec", held);
    document_cut(&set->meta.document, "status", NULL);
    return &set->meta.object;
}

/* ---- printing ---- */

static void print_status(const struct codec *codec, const struct statefulset *set,
                         struct value **tree)
{
    PUT_INT(tree, set->observed_generation, "status", "observedGeneration");
    PUT_INT(tree, set->status_replicas, "status", "replicas");
    PUT_INT(tree, set->ready, "status", "readyReplicas");
    PUT_INT(tree, set->current, "status", "currentReplicas");
    PUT_INT(tree, set->updated, "status", "updatedReplicas");
    PUT_TEXT(tree, set->current_revision, "status", "currentRevision");
    PUT_TEXT(tree, set->update_revision, "status", "updateRevision");
    if (set->collision_count >= 0)
        PUT_INT(tree, set->collision_count, "status", "collisionCount");
    if (set->conditions != NULL)
        value_put(tree, conditions_print(set->conditions, NULL, codec->epoch_seconds), "status",
                  "conditions", NULL);
    PUT_INT(tree, set->available, "status", "availableReplicas");
}

struct value *statefulset_print(const struct codec *codec, const struct object *object)
{
    const struct statefulset *set = statefulset_of(object);
    struct value *tree = record_print_begin(codec, object);
    PUT_INT(&tree, set->replicas, "spec", "replicas");
    PUT_INT(&tree, set->min_ready_seconds, "spec", "minReadySeconds");
    PUT_INT(&tree, set->revision_history_limit, "spec", "revisionHistoryLimit");
    value_put(&tree, value_hold(set->template->document), "spec", "template", NULL);
    print_status(codec, set, &tree);
    return record_print_end(tree);
}
