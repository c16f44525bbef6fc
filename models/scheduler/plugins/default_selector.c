/* The selectors of Services and of a pod's controller, together; see default_selector.h. */
#include "models/scheduler/plugins/default_selector.h"

#include "models/api/service.h"
#include "models/api/workloads.h"
#include "models/scheduler/snapshot/listers.h"

void default_selector_close(struct default_selector *selector)
{
    labels_drop(selector->labels);
    selector_drop(selector->selector);
    *selector = (struct default_selector){ 0 };
}

/* --- Services ------------------------------------------------------------------------------- */

/* A Service without a selector takes no pod, not all of them. */
static bool takes(const struct service *service, const struct pod *pod)
{
    return service->selector != NULL && labels_have(pod->meta.labels, service->selector);
}

static void merge(struct texts *texts, const struct labels **into, const struct labels *more)
{
    for (uint32_t i = 0; more != NULL && i < more->count; i++) {
        const struct labels *merged =
            labels_with(texts, *into, text_s(more->items[i].key), text_s(more->items[i].value));
        labels_drop(*into);
        *into = merged;
    }
}

static void add_services(const struct snapshot *snapshot, const struct pod *pod,
                         struct default_selector *found)
{
    struct cache_cursor c = lister_in(snapshot, KIND_SERVICE, pod->meta.object.space);
    while (lister_next(&c)) {
        const struct service *service = (const struct service *)c.object;
        if (takes(service, pod))
            merge(snapshot->texts, &found->labels, service->selector);
    }
}

static bool some_service_takes(const struct snapshot *snapshot, const struct pod *pod)
{
    struct cache_cursor c = lister_in(snapshot, KIND_SERVICE, pod->meta.object.space);
    while (lister_next(&c))
        if (takes((const struct service *)c.object, pod))
            return true;
    return false;
}

/* --- controllers ---------------------------------------------------------------------------- */

/* The kind of the controller, or KIND_COUNT for one that does not matter here. */
static enum kind kind_of_controller(const struct owner *owner)
{
    static const enum kind kinds[] = { KIND_REPLICASET, KIND_STATEFULSET,
                                       KIND_REPLICATIONCONTROLLER };
    for (size_t i = 0; owner != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(text_s(owner->kind), kind_infos[kinds[i]].name) == 0 &&
            strcmp(text_s(owner->api_version), kind_infos[kinds[i]].api_version) == 0)
            return kinds[i];
    return KIND_COUNT;
}

static const struct value *selector_document(const struct object *controller)
{
    return value_path(meta_of(controller)->document, "spec", "selector", NULL);
}

static const struct selector *selector_of(const struct snapshot *snapshot,
                                          const struct object *controller)
{
    if (controller->kind == KIND_REPLICASET)
        return selector_hold(((const struct replicaset *)controller)->selector);
    struct error error = { 0 };
    const struct selector *selector =
        selector_load(snapshot->texts, selector_document(controller), &error);
    error_close(&error);
    return selector;
}

/* A selector that is null or wrong adds nothing. */
static void add_controller(const struct snapshot *snapshot, const struct pod *pod,
                           struct default_selector *found)
{
    const struct owner *owner = meta_controller(&pod->meta);
    const enum kind kind = kind_of_controller(owner);
    if (kind == KIND_COUNT)
        return;
    const struct object *controller =
        lister_get(snapshot, kind, pod->meta.object.space, owner->name);
    if (controller == NULL)
        return;
    if (kind == KIND_REPLICATIONCONTROLLER) {
        const struct labels *labels =
            labels_from_value(snapshot->texts, selector_document(controller));
        merge(snapshot->texts, &found->labels, labels);
        labels_drop(labels);
        return;
    }
    const struct selector *selector = selector_of(snapshot, controller);
    if (selector != NULL && selector->count > 0)
        found->selector = selector_hold(selector);
    selector_drop(selector);
}

/* --- both ----------------------------------------------------------------------------------- */

bool default_selector_find(const struct snapshot *snapshot, const struct pod *pod,
                           struct default_selector *found)
{
    *found = (struct default_selector){ 0 };
    add_services(snapshot, pod, found);
    add_controller(snapshot, pod, found);
    return found->labels != NULL || found->selector != NULL;
}

bool default_selector_is_likely(const struct snapshot *snapshot, const struct pod *pod)
{
    return kind_of_controller(meta_controller(&pod->meta)) != KIND_COUNT ||
           some_service_takes(snapshot, pod);
}

static uint64_t mix(uint64_t hash, const struct text *text)
{
    return (hash ^ (text != NULL ? text->hash : 1)) * 0x9E3779B97F4A7C15u;
}

uint64_t default_selector_hash(const struct default_selector *selector)
{
    uint64_t hash = 0;
    const struct labels *labels = selector->labels;
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++)
        hash = mix(mix(hash, labels->items[i].key), labels->items[i].value);
    for (size_t i = 0; selector->selector != NULL && i < selector->selector->count; i++) {
        const struct requirement *requirement = &selector->selector->requirements[i];
        hash = mix(hash, requirement->key) + (uint64_t)requirement->operator+ 1;
        for (size_t k = 0; k < requirement->value_count; k++)
            hash = mix(hash, requirement->values[k]);
    }
    return hash;
}

uint64_t default_selector_epoch(const struct snapshot *snapshot)
{
    static const enum kind kinds[] = { KIND_SERVICE, KIND_REPLICASET, KIND_STATEFULSET,
                                       KIND_REPLICATIONCONTROLLER, KIND_COUNT };
    return lister_epoch(snapshot, kinds);
}
