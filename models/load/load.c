/* The component: which pods each entry is about, and which of them are ready.
 *
 * It watches pods, and what selects them, from the first entry on; a cluster without load has nothing
 * to watch. */
#include "models/load/load.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/job.h"
#include "models/api/service.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "models/load/load_private.h"
#include "sim/base/memory.h"

static struct load *load_of(const struct cluster *cluster)
{
    return cluster_component(cluster, load_component.name);
}

/* ---- pods ---- */

struct loaded_pod *load_find_pod(const struct load *load, struct object_key key)
{
    struct table_node *node = table_first(&load->pods, object_key_hash(key));
    for (; node != NULL; node = table_again(node))
        if (object_key_equal(((struct loaded_pod *)node)->key, key))
            return (struct loaded_pod *)node;
    return NULL;
}

static struct loaded_pod *add_pod(struct load *load, struct object_key key)
{
    struct loaded_pod *pod = load_find_pod(load, key);
    if (pod != NULL)
        return pod;
    pod = mem_new(sizeof *pod);
    pod->key = object_key_hold(key);
    table_add(&load->pods, &pod->node, object_key_hash(key));
    pod->next = load->first;
    pod->link = &load->first;
    if (pod->next != NULL)
        pod->next->link = &pod->next;
    load->first = pod;
    return pod;
}

static void drop_pod(struct load *load, struct loaded_pod *pod)
{
    table_remove(&load->pods, &pod->node);
    *pod->link = pod->next;
    if (pod->next != NULL)
        pod->next->link = pod->link;
    object_key_drop(pod->key);
    free(pod->intervals);
    free(pod->entries);
    free(pod);
}

static bool takes_load(const struct pod *pod)
{
    return pod_is_ready(pod) && pod->phase == POD_RUNNING && !pod->meta.deleting;
}

static void share_with(struct load *load, struct load_entry *entry, int more)
{
    const uint32_t pods = entry->share_count > 0 ? entry->shares[entry->share_count - 1].pods : 0;
    load_share_set(entry, (uint32_t)((int64_t)pods + more), run_now(load->cluster->run),
                   load_memory(load));
}

static bool is_about(const struct load_entry *entry, const struct object *pod)
{
    const struct labels *labels = meta_of(pod)->labels;
    if (entry->kind != LOAD_OF_PODS || entry->space_text != pod->space)
        return false;
    if (entry->selects == KIND_SERVICE)
        return entry->service_labels != NULL && labels_have(labels, entry->service_labels);
    return entry->selector != NULL && selector_matches(entry->selector, labels_lookup, labels);
}

static void leave(struct load *load, struct loaded_pod *pod, size_t index)
{
    if (pod->ready)
        share_with(load, pod->entries[index], -1);
    pod->entry_count--;
    memmove(pod->entries + index, pod->entries + index + 1,
            (pod->entry_count - index) * sizeof(struct load_entry *));
}

static void join(struct load *load, struct loaded_pod *pod, struct load_entry *entry)
{
    MEM_GROW(pod->entries, pod->entry_count, pod->entry_capacity);
    pod->entries[pod->entry_count++] = entry;
    if (pod->ready)
        share_with(load, entry, 1);
}

/* Which entries it belongs to, by its labels and theirs. */
static void match(struct load *load, const struct object *object)
{
    struct loaded_pod *pod = load_find_pod(load, object_key(object));
    for (size_t i = pod != NULL ? pod->entry_count : 0; i-- > 0;)
        if (!is_about(pod->entries[i], object))
            leave(load, pod, i);
    for (size_t i = 0; i < load->entry_count; i++) {
        struct load_entry *entry = load->entries[i];
        bool joined = false;
        if (!is_about(entry, object))
            continue;
        pod = add_pod(load, object_key(object));
        for (size_t k = 0; k < pod->entry_count; k++)
            joined |= pod->entries[k] == entry;
        if (!joined)
            join(load, pod, entry);
    }
}

static void note_ready(struct load *load, struct loaded_pod *pod, bool ready)
{
    if (pod->ready == ready)
        return;
    loaded_pod_set_ready(pod, ready, run_now(load->cluster->run), load_memory(load));
    for (size_t i = 0; i < pod->entry_count; i++)
        share_with(load, pod->entries[i], ready ? 1 : -1);
}

static void note_pod(struct load *load, const struct watch_event *event)
{
    const struct object *object = event->object;
    const bool new_labels = event->before == NULL || event->type != WATCH_MODIFIED ||
                            meta_of(event->before)->labels != meta_of(object)->labels;
    if (new_labels && event->type != WATCH_DELETED)
        match(load, object);
    struct loaded_pod *pod = load_find_pod(load, object_key(object));
    if (pod == NULL)
        return;
    note_ready(load, pod, event->type != WATCH_DELETED && takes_load(pod_of(object)));
    if (event->type == WATCH_DELETED)
        drop_pod(load, pod);
}

/* ---- what selects pods ---- */

static const struct selector *selector_of(const struct object *object)
{
    switch (object->kind) {
    case KIND_DEPLOYMENT:
        return ((const struct deployment *)object)->selector;
    case KIND_REPLICASET:
        return ((const struct replicaset *)object)->selector;
    case KIND_STATEFULSET:
        return ((const struct statefulset *)object)->selector;
    case KIND_DAEMONSET:
        return ((const struct daemonset *)object)->selector;
    default:
        return ((const struct job *)object)->selector;
    }
}

static void match_one(void *context, const struct object *object)
{
    struct load *load = context;
    match(load, object);
    struct loaded_pod *pod = load_find_pod(load, object_key(object));
    if (pod != NULL)
        note_ready(load, pod, takes_load(pod_of(object)));
}

static void match_all(struct load *load)
{
    store_each(load->cluster->store, KIND_POD, match_one, load);
}

/* Take over what selects the pods of an entry now. True when that is something else than before. */
static bool select_by(struct load_entry *entry, const struct object *object)
{
    if (entry->selects == KIND_SERVICE) {
        const struct labels *labels = ((const struct service *)object)->selector;
        if (labels_equal(labels, entry->service_labels))
            return false;
        labels_hold(labels);
        labels_drop(entry->service_labels);
        entry->service_labels = labels;
        return true;
    }
    const struct selector *selector = selector_of(object);
    if (selector == entry->selector)
        return false;
    selector_hold(selector);
    selector_drop(entry->selector);
    entry->selector = selector;
    return true;
}

static void note_selecting(struct load *load, const struct object *object)
{
    bool changed = false;
    for (size_t i = 0; i < load->entry_count; i++) {
        struct load_entry *entry = load->entries[i];
        if (entry->selects == (enum kind)object->kind && entry->space_text == object->space &&
            strcmp(entry->object_name, text_s(object->name)) == 0)
            changed = select_by(entry, object) || changed;
    }
    if (changed)
        match_all(load);
}

static void notice(void *self, const struct watch_event *event)
{
    struct load *load = self;
    if (event->object->kind == KIND_POD)
        note_pod(load, event);
    else if (event->type != WATCH_DELETED)
        note_selecting(load, event->object);
}

/* ---- entries ---- */

static void watch(struct load *load)
{
    const uint64_t kinds = UINT64_C(1) << KIND_POD | UINT64_C(1) << KIND_SERVICE |
                           UINT64_C(1) << KIND_DEPLOYMENT | UINT64_C(1) << KIND_REPLICASET |
                           UINT64_C(1) << KIND_STATEFULSET | UINT64_C(1) << KIND_DAEMONSET |
                           UINT64_C(1) << KIND_JOB;
    if (!load->watching)
        store_watch_kinds(load->cluster->store, (struct watcher){ load, notice }, kinds);
    load->watching = true;
}

static void select_first(struct load *load, struct load_entry *entry)
{
    struct texts *texts = load->cluster->run->texts;
    if (entry->pods != NULL) {
        entry->selector = selector_parse(texts, entry->pods, (struct place){ 0 }, NULL);
        return;
    }
    const struct text *name = text_intern(texts, entry->object_name);
    const struct object *object = store_get(
        load->cluster->store, (struct object_key){ entry->selects, entry->space_text, name });
    if (object != NULL)
        select_by(entry, object);
    text_drop(name);
}

bool load_plan(struct cluster *cluster, const struct value *from, struct error_list *faults)
{
    struct load *load = load_of(cluster);
    struct load_entry *entry = load_entry_read(from, faults);
    if (entry == NULL)
        return false;
    entry->space_text = text_intern(cluster->run->texts, entry->space);
    load_share_set(entry, 0, run_now(cluster->run), 0);
    MEM_GROW(load->entries, load->entry_count, load->entry_capacity);
    load->entries[load->entry_count++] = entry;
    if (entry->kind != LOAD_OF_PODS)
        return true;
    watch(load);
    select_first(load, entry);
    match_all(load);
    return true;
}

static void clear(struct load *load)
{
    while (load->first != NULL)
        drop_pod(load, load->first);
    for (size_t i = 0; i < load->entry_count; i++)
        load_entry_free(load->entries[i]);
    load->entry_count = 0;
}

void load_clear(struct cluster *cluster)
{
    clear(load_of(cluster));
}

/* ---- the component ---- */

static void *start(struct cluster *cluster)
{
    struct load *load = mem_new(sizeof *load);
    load->cluster = cluster;
    table_init(&load->pods);
    load_metrics_init(load);
    cluster->metrics = &load->api;
    return load;
}

static void stop(void *state)
{
    struct load *load = state;
    clear(load);
    table_close(&load->pods);
    free(load->entries);
    free(load);
}

const struct component load_component = { .name = "load", .start = start, .stop = stop };
