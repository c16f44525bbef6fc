/* How many pods a budget expects, from the scales of their controllers.
 *
 * Follows pkg/controller/disruption/disruption.go (getExpectedPodCount, the finders) of
 * kube-controller-manager, in the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/statefulset.h"
#include "models/controllers/disruption_private.h"
#include "models/controllers/ownership.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* A controller of pods, and how many it wants. */
struct scale {
    struct uid uid;
    int32_t replicas;
};
struct scales {
    struct scale *items; /* owned */
    size_t count, capacity;
};

static void add_scale(struct scales *scales, struct scale scale)
{
    for (size_t i = 0; i < scales->count; i++)
        if (uid_equal(scales->items[i].uid, scale.uid))
            return;
    MEM_GROW(scales->items, scales->count, scales->capacity);
    scales->items[scales->count++] = scale;
}

static bool knows(const struct scales *scales, struct uid uid)
{
    for (size_t i = 0; i < scales->count; i++)
        if (uid_equal(scales->items[i].uid, uid))
            return true;
    return false;
}

static int32_t replicas_of(const struct object *object)
{
    if (object->kind == KIND_DEPLOYMENT)
        return ((const struct deployment *)object)->replicas;
    if (object->kind == KIND_REPLICASET)
        return ((const struct replicaset *)object)->replicas;
    if (object->kind == KIND_STATEFULSET)
        return statefulset_of(object)->replicas;
    const struct value *document = meta_of(object)->document;
    return (int32_t)value_int(value_path(document, "spec", "replicas", NULL), 1);
}

static bool has_scale(enum kind kind)
{
    return kind == KIND_DEPLOYMENT || kind == KIND_REPLICASET || kind == KIND_STATEFULSET ||
           kind == KIND_REPLICATIONCONTROLLER;
}

/* A ReplicaSet of a Deployment stands for the Deployment, if that is there. */
static const struct object *top_of(const struct client *client, const struct object *object)
{
    if (object->kind != KIND_REPLICASET)
        return object;
    const struct object *deployment =
        owner_object(client, KIND_DEPLOYMENT, object->space, meta_controller(meta_of(object)));
    return deployment != NULL ? deployment : object;
}

static bool no_scale(const struct owner *owner, enum kind kind, struct error *error)
{
    const struct place nowhere = { 0 };
    if (kind == KIND_OTHER)
        return error_set(error, nowhere, "no matches for kind \"%s\" in version \"%s\"",
                         text_s(owner->kind), text_s(owner->api_version));
    const char *slash = strchr(kind_infos[kind].api_version, '/');
    const int group = slash ? (int)(slash - kind_infos[kind].api_version) : 0;
    return error_set(error, nowhere, "%s%s%.*s does not implement the scale subresource",
                     kind_infos[kind].plural, group > 0 ? "." : "", group,
                     kind_infos[kind].api_version);
}

static bool find_scale(const struct client *client, const struct pod *pod,
                       const struct owner *owner, struct scales *scales, struct error *error)
{
    const enum kind kind = kind_find(text_s(owner->api_version), text_s(owner->kind));
    if (!has_scale(kind))
        return no_scale(owner, kind, error);
    const struct object *found = owner_object(client, kind, pod->meta.object.space, owner);
    if (found == NULL)
        return error_set(error, (struct place){ 0 }, "found no controllers for pod \"%s\"",
                         name_of(pod));
    const struct object *top = top_of(client, found);
    add_scale(scales, (struct scale){ meta_of(top)->uid, replicas_of(top) });
    return true;
}

/* The sum over the controllers of all pods, each counted once. */
static bool sum_scales(const struct client *client, const struct pod_list *pods, int32_t *sum,
                       bool *unmanaged, struct error *error)
{
    struct scales scales = { 0 };
    bool done = true;
    struct uid last = { 0, 0 }; /* pods of one controller mostly follow each other */
    for (size_t i = 0; done && i < pods->count; i++) {
        const struct owner *owner = meta_controller(&pods->items[i]->meta);
        if (owner == NULL) {
            *unmanaged = true;
        } else if (!uid_equal(owner->uid, last) && !knows(&scales, owner->uid)) {
            done = find_scale(client, pods->items[i], owner, &scales, error);
            last = owner->uid;
        }
    }
    *sum = 0;
    for (size_t i = 0; i < scales.count; i++)
        *sum += scales.items[i].replicas;
    free(scales.items);
    return done;
}

bool expected_pods_of(const struct client *client, const struct pod_disruption_budget *budget,
                      const struct pod_list *pods, struct expected_pods *expected,
                      struct error *error)
{
    *expected = (struct expected_pods){ 0 };
    if (!budget->has_max_unavailable && !budget->has_min_available)
        return true;
    if (!budget->has_max_unavailable && !budget->min_available.percent) {
        expected->count = (int32_t)pods->count;
        expected->desired_healthy = budget->min_available.number;
        return true;
    }
    if (!sum_scales(client, pods, &expected->count, &expected->unmanaged, error))
        return false;
    const int32_t count = expected->count;
    if (budget->has_max_unavailable) {
        const int64_t healthy = count - intstr_scaled(budget->max_unavailable, count, true);
        expected->desired_healthy = healthy > 0 ? (int32_t)healthy : 0;
    } else {
        expected->desired_healthy = (int32_t)intstr_scaled(budget->min_available, count, true);
    }
    return true;
}

/* ---- a selector as text ---- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(const struct value_entry *const *)a)->key,
                  (*(const struct value_entry *const *)b)->key);
}

static void print_labels(struct writer *out, const struct value *labels)
{
    const size_t count = labels ? labels->count : 0;
    const struct value_entry **sorted = mem_new((count + 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &labels->entries[i];
    qsort(sorted, count, sizeof *sorted, compare_keys);
    writer_add(out, "map[string]string{");
    for (size_t i = 0; i < count; i++)
        writer_format(out, "%s: %s,", sorted[i]->key, value_text(sorted[i]->value, ""));
    writer_add(out, "}");
    free(sorted);
}

static void print_expression(struct writer *out, const struct value *expression)
{
    const struct value *values = value_get(expression, "values");
    writer_format(out, "LabelSelectorRequirement{Key:%s,Operator:%s,Values:[",
                  value_text(value_get(expression, "key"), ""),
                  value_text(value_get(expression, "operator"), ""));
    for (size_t i = 0; values != NULL && i < values->count; i++)
        writer_format(out, "%s%s", i > 0 ? " " : "", value_text(values->items[i], ""));
    writer_add(out, "],},");
}

char *label_selector_print(const struct value *selector)
{
    const struct value *expressions = value_get(selector, "matchExpressions");
    struct writer out = { 0 };
    writer_add(&out, "&LabelSelector{MatchLabels:");
    print_labels(&out, value_get(selector, "matchLabels"));
    writer_add(&out, ",MatchExpressions:[]LabelSelectorRequirement{");
    for (size_t i = 0; expressions != NULL && i < expressions->count; i++)
        print_expression(&out, expressions->items[i]);
    writer_add(&out, "},}");
    return writer_take(&out);
}
