/* The node record. Its document keeps what does not follow from the record: the nodes of a group
 * are many, and alike. */
#include "models/api/node.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"

/* ---- taints ---- */

static struct taints *taints_new(size_t count)
{
    struct taints *taints = mem_new(sizeof *taints + count * sizeof taints->items[0]);
    taints->refs = 1;
    taints->count = (uint32_t)count;
    return taints;
}

static struct taint taint_hold(struct taint taint)
{
    text_hold(taint.key);
    text_hold(taint.value);
    return taint;
}

bool node_is_selected(const struct node *node, const struct pod_spec *spec)
{
    return labels_have(node->meta.labels, spec->node_selector) &&
           (spec->required_affinity == NULL ||
            node_selector_matches(spec->required_affinity, labels_lookup, node->meta.labels,
                                  name_of(node)));
}

bool taint_is_tolerated(const struct taint *taint, const struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->toleration_count; i++)
        if (toleration_tolerates(&spec->tolerations[i], taint->key, taint->value, taint->effect))
            return true;
    return false;
}

bool taints_are_tolerated(const struct taints *taints, const struct pod_spec *spec)
{
    for (uint32_t i = 0; taints != NULL && i < taints->count; i++)
        if (taints->items[i].effect != PREFER_NO_SCHEDULE &&
            !taint_is_tolerated(&taints->items[i], spec))
            return false;
    return true;
}

const struct taint *taints_find(const struct taints *taints, const char *key,
                                enum taint_effect effect)
{
    for (size_t i = 0; taints != NULL && i < taints->count; i++)
        if (taints->items[i].effect == effect && strcmp(text_s(taints->items[i].key), key) == 0)
            return &taints->items[i];
    return NULL;
}

const struct taints *taints_with(const struct taints *from, struct taint taint)
{
    const struct taint *present = taints_find(from, text_s(taint.key), taint.effect);
    const size_t count = from ? from->count : 0;
    struct taints *taints = taints_new(count + (present == NULL));
    for (size_t i = 0; i < count; i++)
        taints->items[i] = &from->items[i] == present ? taint : taint_hold(from->items[i]);
    if (present == NULL)
        taints->items[count] = taint;
    return taints;
}

const struct taints *taints_without(const struct taints *from, const char *key,
                                    enum taint_effect effect)
{
    const struct taint *present = taints_find(from, key, effect);
    if (present == NULL)
        return taints_hold(from);
    if (from->count == 1)
        return NULL;
    struct taints *taints = taints_new(from->count - 1);
    for (size_t i = 0, to = 0; i < from->count; i++)
        if (&from->items[i] != present)
            taints->items[to++] = taint_hold(from->items[i]);
    return taints;
}

const struct taints *taints_hold(const struct taints *taints)
{
    if (taints != NULL)
        ((struct taints *)taints)->refs++;
    return taints;
}

void taints_drop(const struct taints *shared)
{
    struct taints *taints = (struct taints *)shared;
    if (taints == NULL || --taints->refs > 0)
        return;
    for (size_t i = 0; i < taints->count; i++) {
        text_drop(taints->items[i].key);
        text_drop(taints->items[i].value);
    }
    free(taints);
}

bool taints_equal(const struct taints *a, const struct taints *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct taint *left = &a->items[i], *right = &b->items[i];
        if (left->key != right->key || left->value != right->value ||
            left->effect != right->effect || left->has_time != right->has_time ||
            left->added != right->added)
            return false;
    }
    return true;
}

static const char *const effect_names[] = { "", "NoSchedule", "PreferNoSchedule", "NoExecute" };

const char *taint_effect_name(enum taint_effect effect)
{
    return effect_names[effect];
}

enum taint_effect taint_effect_parse(const char *text)
{
    for (enum taint_effect effect = NO_SCHEDULE; effect <= NO_EXECUTE; effect++)
        if (strcmp(text, effect_names[effect]) == 0)
            return effect;
    return EFFECT_ANY;
}

static const struct taints *load_taints(const struct codec *codec, const struct value *list)
{
    if (list == NULL || list->count == 0)
        return NULL;
    struct taints *taints = taints_new(list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *from = list->items[i];
        struct taint *taint = &taints->items[i];
        taint->key = intern_value(codec, value_get(from, "key"));
        taint->value = intern_value(codec, value_get(from, "value"));
        taint->effect = taint_effect_parse(value_text(value_get(from, "effect"), ""));
        taint->has_time = time_of_value(codec, value_get(from, "timeAdded"), &taint->added);
    }
    return taints;
}

static struct value *print_taints(const struct codec *codec, const struct taints *taints)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < taints->count; i++) {
        const struct taint *taint = &taints->items[i];
        struct value *item = value_new_map();
        value_set(item, "key", text_value(taint->key));
        value_set(item, "value", text_value(taint->value));
        value_set(item, "effect", value_new_string(taint_effect_name(taint->effect)));
        if (taint->has_time)
            value_set(item, "timeAdded", time_value(codec, taint->added));
        value_add(list, item);
    }
    return list;
}

/* ---- images ---- */

void node_images_drop(struct node_images *images)
{
    if (images == NULL || --images->refs > 0)
        return;
    for (size_t i = 0; i < images->count; i++) {
        for (size_t k = 0; k < images->items[i].name_count; k++)
            text_drop(images->items[i].names[k]);
        free(images->items[i].names);
    }
    free(images);
}

static void load_image_names(const struct codec *codec, const struct value *names,
                             struct node_image *image)
{
    if (names == NULL || names->count == 0)
        return;
    image->name_count = names->count;
    image->names = mem_new(names->count * sizeof *image->names);
    for (size_t i = 0; i < names->count; i++)
        image->names[i] = intern_value(codec, names->items[i]);
}

static const struct node_images *load_images(const struct codec *codec, const struct value *list)
{
    if (list == NULL || list->count == 0)
        return NULL;
    struct node_images *images = mem_new(sizeof *images + list->count * sizeof images->items[0]);
    images->refs = 1;
    images->count = (uint32_t)list->count;
    for (size_t i = 0; i < list->count; i++) {
        load_image_names(codec, value_get(list->items[i], "names"), &images->items[i]);
        images->items[i].size_bytes = value_int(value_get(list->items[i], "sizeBytes"), 0);
    }
    return images;
}

static struct value *print_images(const struct node_images *images)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < images->count; i++) {
        struct value *item = value_new_map(), *names = value_new_list();
        for (size_t k = 0; k < images->items[i].name_count; k++)
            value_add(names, text_value(images->items[i].names[k]));
        value_set(item, "names", names);
        value_set(item, "sizeBytes", value_new_int(images->items[i].size_bytes));
        value_add(list, item);
    }
    return list;
}

/* ---- resources ---- */

static struct node_resources *node_resources_hold(struct node_resources *resources)
{
    if (resources != NULL)
        resources->refs++;
    return resources;
}

static void node_resources_drop(struct node_resources *resources)
{
    if (resources == NULL || --resources->refs > 0)
        return;
    resources_close(&resources->resources);
    free(resources);
}

/* The number of pods is no resource to the scheduler. */
static int64_t take_pods(struct resources *resources)
{
    for (size_t i = 0; i < resources->extended_count; i++) {
        const struct extended_resource pods = resources->extended[i];
        if (strcmp(text_s(pods.name), "pods") != 0)
            continue;
        resources->extended_count--;
        memmove(&resources->extended[i], &resources->extended[i + 1],
                (resources->extended_count - i) * sizeof *resources->extended);
        text_drop(pods.name);
        return pods.amount;
    }
    return 0;
}

static struct node_resources *load_resources(const struct codec *codec, const struct value *list)
{
    if (list == NULL)
        return NULL;
    struct node_resources *resources = mem_new(sizeof *resources);
    resources->refs = 1;
    resources_load(codec->texts, list, &resources->resources);
    resources->pods = take_pods(&resources->resources);
    return resources;
}

static void put_units(struct value *list, const char *name, int64_t units,
                      enum quantity_format format)
{
    char text[QUANTITY_TEXT];
    value_set(list, name, value_new_string(quantity_print(quantity_of_units(units, format), text)));
}

static struct value *print_resources(const struct node_resources *from)
{
    char text[QUANTITY_TEXT];
    const struct resources *resources = &from->resources;
    struct value *list = value_new_map();
    value_set(list, "cpu",
              value_new_string(quantity_print(quantity_of_milli(resources->cpu_milli), text)));
    put_units(list, "memory", resources->memory_bytes, QUANTITY_BINARY_SI);
    if (resources->ephemeral_storage_bytes != 0)
        put_units(list, "ephemeral-storage", resources->ephemeral_storage_bytes,
                  QUANTITY_BINARY_SI);
    put_units(list, "pods", from->pods, QUANTITY_DECIMAL_SI);
    for (size_t i = 0; i < resources->extended_count; i++)
        put_units(list, text_s(resources->extended[i].name), resources->extended[i].amount,
                  QUANTITY_DECIMAL_SI);
    return list;
}

/* ---- the record ---- */

static void hold_status(const struct node *node)
{
    node_resources_hold(node->capacity);
    node_resources_hold(node->allocatable);
    conditions_hold(node->conditions);
    if (node->images != NULL)
        ((struct node_images *)node->images)->refs++;
    node_volumes_hold(node->volumes_in_use);
    node_volumes_hold(node->volumes_attached);
}

static void close_status(struct node *node)
{
    node_resources_drop(node->capacity);
    node_resources_drop(node->allocatable);
    conditions_drop(node->conditions);
    node_images_drop((struct node_images *)node->images);
    node_volumes_drop(node->volumes_in_use);
    node_volumes_drop(node->volumes_attached);
}

static void node_hold(struct object *copy)
{
    struct node *node = (struct node *)copy;
    meta_hold(&node->meta);
    taints_hold(node->taints);
    hold_status(node);
    text_hold(node->zone);
    text_hold(node->provider_id);
}

static void node_close(struct object *object)
{
    struct node *node = (struct node *)object;
    meta_close(&node->meta);
    taints_drop(node->taints);
    close_status(node);
    text_drop(node->zone);
    text_drop(node->provider_id);
}

const struct object_kind node_kind = {
    .name = "node",
    .size = sizeof(struct node),
    .hold = node_hold,
    .close = node_close,
};

void node_take_status(struct object *into, const struct object *from)
{
    struct node *node = (struct node *)into;
    const struct node *other = node_of(from);
    hold_status(other);
    close_status(node);
    node->capacity = other->capacity;
    node->allocatable = other->allocatable;
    node->conditions = other->conditions;
    node->images = other->images;
    node->volumes_in_use = other->volumes_in_use;
    node->volumes_attached = other->volumes_attached;
    document_take_status(into, from);
}

bool node_is_ready(const struct node *node)
{
    const struct condition *ready = conditions_find(node->conditions, "Ready");
    return ready != NULL && ready->status == CONDITION_TRUE;
}

/* Printing shows what nobody has reported as empty texts and zeros: not worth keeping. */
static bool says_nothing(const struct value *value)
{
    if (value == NULL || value->type != VALUE_MAP)
        return value == NULL || value->count == 0 || value_int(value, 1) == 0;
    for (size_t i = 0; i < value->count; i++)
        if (!says_nothing(value->entries[i].value))
            return false;
    return true;
}

static void cut_empty(struct value **document)
{
    static const char *const shown[] = { "nodeInfo", "daemonEndpoints" };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (says_nothing(value_path(*document, "status", shown[i], NULL)))
            document_cut(document, "status", shown[i], NULL);
}

/* Nor are amounts that print from their sums as they were written. */
static void cut_printable(struct value **document, const char *key,
                          const struct node_resources *resources)
{
    if (resources == NULL)
        return;
    struct value *printed = print_resources(resources);
    if (value_equal(printed, value_path(*document, "status", key, NULL)))
        document_cut(document, "status", key, NULL);
    value_drop(printed);
}

static struct node_resources *load_allocatable(const struct codec *codec,
                                               const struct value *status,
                                               struct node_resources *capacity)
{
    const struct value *list = value_get(status, "allocatable");
    return value_equal(list, value_get(status, "capacity")) ? node_resources_hold(capacity)
                                                            : load_resources(codec, list);
}

struct object *node_load(const struct codec *codec, const struct value *tree)
{
    struct node *node = (struct node *)record_new(codec, KIND_NODE, tree);
    const struct value *spec = value_get(tree, "spec"), *status = value_get(tree, "status");
    node->unschedulable = value_truth(value_get(spec, "unschedulable"), false);
    node->taints = load_taints(codec, value_get(spec, "taints"));
    node->provider_id = intern_value(codec, value_get(spec, "providerID"));
    node->capacity = load_resources(codec, value_get(status, "capacity"));
    node->allocatable = load_allocatable(codec, status, node->capacity);
    node->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
    node->images = load_images(codec, value_get(status, "images"));
    node->volumes_in_use = node_volumes_load(codec->texts, value_get(status, "volumesInUse"));
    node->volumes_attached = node_volumes_load(codec->texts, value_get(status, "volumesAttached"));
    node->zone =
        text_intern(codec->texts, labels_get(node->meta.labels, "topology.kubernetes.io/zone"));
    document_cut_keys(&node->meta.document, "spec",
                      (const char *const[]){ "unschedulable", "taints", "providerID", NULL });
    document_cut_keys(
        &node->meta.document, "status",
        (const char *const[]){ "conditions", "images", "volumesInUse", "volumesAttached", NULL });
    cut_empty(&node->meta.document);
    cut_printable(&node->meta.document, "capacity", node->capacity);
    cut_printable(&node->meta.document, "allocatable", node->allocatable);
    return &node->meta.object;
}

struct value *node_print(const struct codec *codec, const struct object *object)
{
    const struct node *node = node_of(object);
    struct value *tree = record_print_begin(codec, object);
    const struct value *status = value_get(tree, "status");
    const bool capacity = value_get(status, "capacity"), room = value_get(status, "allocatable");
    value_put(&tree, value_new_bool(node->unschedulable), "spec", "unschedulable", NULL);
    PUT_TEXT(&tree, node->provider_id, "spec", "providerID");
    if (node->taints != NULL)
        value_put(&tree, print_taints(codec, node->taints), "spec", "taints", NULL);
    if (node->capacity != NULL && !capacity)
        value_put(&tree, print_resources(node->capacity), "status", "capacity", NULL);
    if (node->allocatable != NULL && !room)
        value_put(&tree, print_resources(node->allocatable), "status", "allocatable", NULL);
    if (node->conditions != NULL)
        value_put(&tree,
                  conditions_print(node->conditions, "lastHeartbeatTime", codec->epoch_seconds),
                  "status", "conditions", NULL);
    if (node->images != NULL)
        value_put(&tree, print_images(node->images), "status", "images", NULL);
    if (node->volumes_in_use != NULL)
        value_put(&tree, node_volumes_print_in_use(node->volumes_in_use), "status", "volumesInUse",
                  NULL);
    if (node->volumes_attached != NULL)
        value_put(&tree, node_volumes_print_attached(node->volumes_attached), "status",
                  "volumesAttached", NULL);
    return record_print_end(tree);
}
