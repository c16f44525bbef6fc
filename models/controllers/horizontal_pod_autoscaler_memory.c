/* What the controller remembers: of each autoscaler, and which pods they select.
 *
 * The real one lists the pods of the namespace at every sync and matches their labels against the
 * selectors of all autoscalers (pkg/controller/util/selectors); here lists are kept up to date by
 * the changes of pods. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "models/controllers/horizontal_pod_autoscaler_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* The autoscalers of one namespace, in the order in which they were first seen. */
struct autoscaler_space {
    struct table_node node;
    const struct text *name;
    struct autoscaler_memory *first, *last;
};

/* A pod that autoscalers select, and which do. */
struct selected_pod {
    struct table_node node;
    struct object_key key;
    struct autoscaler_memory **by; /* owned; at least one */
    size_t count, capacity;
};

void autoscalers_init(void *state, struct cluster *cluster)
{
    struct autoscalers *autoscalers = state;
    (void)cluster;
    table_init(&autoscalers->by_key);
    table_init(&autoscalers->by_target);
    table_init(&autoscalers->spaces);
    table_init(&autoscalers->selected);
}

/* ---- pods ---- */

static struct selected_pod *find_selected(const struct autoscalers *autoscalers,
                                          const struct text *space, const struct text *name)
{
    const struct object_key key = { KIND_POD, space, name };
    struct table_node *node = table_first(&autoscalers->selected, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct selected_pod *pod = (struct selected_pod *)node;
        if (object_key_equal(pod->key, key))
            return pod;
    }
    return NULL;
}

static bool is_selected_by(const struct selected_pod *pod, const struct autoscaler_memory *memory)
{
    for (size_t i = 0; pod != NULL && i < pod->count; i++)
        if (pod->by[i] == memory)
            return true;
    return false;
}

static void add_pod(struct autoscalers *autoscalers, struct autoscaler_memory *memory,
                    const struct text *name)
{
    struct selected_pod *pod = find_selected(autoscalers, memory->space, name);
    if (pod == NULL) {
        pod = mem_new(sizeof *pod);
        pod->key = object_key_hold((struct object_key){ KIND_POD, memory->space, name });
        table_add(&autoscalers->selected, &pod->node, object_key_hash(pod->key));
    }
    MEM_GROW(pod->by, pod->count, pod->capacity);
    pod->by[pod->count++] = memory;
    MEM_GROW(memory->pods, memory->pod_count, memory->pod_capacity);
    memory->pods[memory->pod_count++] = text_hold(name);
}

static void deselect(struct autoscalers *autoscalers, struct selected_pod *pod,
                     const struct autoscaler_memory *memory)
{
    size_t i = 0;
    while (pod->by[i] != memory)
        i++;
    pod->by[i] = pod->by[--pod->count];
    if (pod->count > 0)
        return;
    table_remove(&autoscalers->selected, &pod->node);
    object_key_drop(pod->key);
    free(pod->by);
    free(pod);
}

static void take_pod(struct autoscalers *autoscalers, struct autoscaler_memory *memory,
                     const struct text *name)
{
    size_t i = 0;
    while (memory->pods[i] != name)
        i++;
    deselect(autoscalers, find_selected(autoscalers, memory->space, name), memory);
    memmove((void *)&memory->pods[i], (void *)&memory->pods[i + 1],
            (memory->pod_count - i - 1) * sizeof *memory->pods);
    memory->pod_count--;
    text_drop(name);
}

static void take_all_pods(struct autoscalers *autoscalers, struct autoscaler_memory *memory)
{
    for (size_t i = 0; i < memory->pod_count; i++) {
        deselect(autoscalers, find_selected(autoscalers, memory->space, memory->pods[i]), memory);
        text_drop(memory->pods[i]);
    }
    memory->pod_count = 0;
}

static bool selects(const struct autoscaler_memory *memory, const struct object *pod)
{
    return memory->selector != NULL &&
           selector_matches(memory->selector, labels_lookup, meta_of(pod)->labels);
}

static uint64_t space_hash(const struct text *name)
{
    return object_key_hash((struct object_key){ KIND_NAMESPACE, NULL, name });
}

static struct autoscaler_space *find_space(const struct autoscalers *autoscalers,
                                           const struct text *name)
{
    struct table_node *node = table_first(&autoscalers->spaces, space_hash(name));
    for (; node != NULL; node = table_again(node))
        if (((struct autoscaler_space *)node)->name == name)
            return (struct autoscaler_space *)node;
    return NULL;
}

/* The labels are what they were, and so is who selects it. */
static void wake_as_before(const struct selected_pod *pod,
                           void (*woken)(void *context, struct autoscaler_memory *memory),
                           void *context)
{
    for (size_t i = 0; pod != NULL && i < pod->count; i++)
        woken(context, pod->by[i]);
}

void autoscalers_note_pod(struct autoscalers *autoscalers, const struct watch_event *event,
                          void (*woken)(void *context, struct autoscaler_memory *memory),
                          void *context)
{
    const struct object *pod = event->object;
    const struct autoscaler_space *space = find_space(autoscalers, pod->space);
    if (space == NULL)
        return;
    if (event->type == WATCH_MODIFIED && event->before != NULL &&
        meta_of(event->before)->labels == meta_of(pod)->labels) {
        wake_as_before(find_selected(autoscalers, pod->space, pod->name), woken, context);
        return;
    }
    for (struct autoscaler_memory *memory = space->first; memory != NULL; memory = memory->next) {
        const bool had = is_selected_by(find_selected(autoscalers, pod->space, pod->name), memory);
        const bool has = event->type != WATCH_DELETED && selects(memory, pod);
        if (had && !has)
            take_pod(autoscalers, memory, pod->name);
        if (has && !had)
            add_pod(autoscalers, memory, pod->name);
        if (had || has)
            woken(context, memory);
    }
}

char *autoscaler_rivals(const struct autoscalers *autoscalers,
                        const struct autoscaler_memory *memory)
{
    struct writer out = { 0 };
    bool alone = true;
    for (size_t i = 0; i < memory->pod_count && alone; i++)
        alone = find_selected(autoscalers, memory->space, memory->pods[i])->count == 1;
    if (alone)
        return NULL;
    const struct autoscaler_memory *other = find_space(autoscalers, memory->space)->first;
    for (; other != NULL; other = other->next) {
        bool shares = false;
        for (size_t i = 0; i < memory->pod_count && !shares; i++)
            shares =
                is_selected_by(find_selected(autoscalers, memory->space, memory->pods[i]), other);
        if (shares)
            writer_format(&out, "%s{%s %s}", out.length > 0 ? " " : "[", text_s(other->key.name),
                          text_s(other->space));
    }
    writer_add(&out, "]");
    return writer_take(&out);
}

/* ---- targets ---- */

static bool is_target(const struct autoscaler_memory *memory, const struct object *target)
{
    return memory->target == (enum kind)target->kind && memory->target_name == target->name &&
           memory->space == target->space;
}

static struct autoscaler_memory *memory_of_target(struct table_node *node,
                                                  const struct object *target)
{
    for (; node != NULL; node = table_again(node)) {
        struct autoscaler_memory *memory =
            (struct autoscaler_memory *)((char *)node -
                                         offsetof(struct autoscaler_memory, by_target));
        if (is_target(memory, target))
            return memory;
    }
    return NULL;
}

struct autoscaler_memory *autoscaler_of_target(const struct autoscalers *autoscalers,
                                               const struct object *target)
{
    return memory_of_target(
        table_first(&autoscalers->by_target, object_key_hash(object_key(target))), target);
}

struct autoscaler_memory *autoscaler_of_target_again(const struct autoscaler_memory *memory,
                                                     const struct object *target)
{
    return memory_of_target(table_again(&memory->by_target), target);
}

static void lose_target(struct autoscalers *autoscalers, struct autoscaler_memory *memory)
{
    if (memory->target == KIND_COUNT)
        return;
    table_remove(&autoscalers->by_target, &memory->by_target);
    text_drop(memory->target_name);
    memory->target_name = NULL;
    memory->target = KIND_COUNT;
}

static void list_pods(struct autoscalers *autoscalers, struct autoscaler_memory *memory,
                      const struct client *client)
{
    take_all_pods(autoscalers, memory);
    struct cache_cursor pods = client_list_namespace(client, KIND_POD, memory->space);
    while (cache_next(&pods))
        if (selects(memory, pods.object))
            add_pod(autoscalers, memory, pods.object->name);
}

void autoscaler_aim(struct autoscalers *autoscalers, struct autoscaler_memory *memory,
                    const struct client *client, const struct object *target,
                    const struct selector *selector)
{
    if (memory->target == KIND_COUNT || !is_target(memory, target)) {
        lose_target(autoscalers, memory);
        memory->target = (enum kind)target->kind;
        memory->target_name = text_hold(target->name);
        table_add(&autoscalers->by_target, &memory->by_target, object_key_hash(object_key(target)));
    }
    if (!memory->registered || memory->selector == selector)
        return;
    selector_hold(selector);
    selector_drop(memory->selector);
    memory->selector = selector;
    memory->changed = client->now;
    list_pods(autoscalers, memory, client);
}

/* ---- autoscalers ---- */

struct autoscaler_memory *autoscaler_find(const struct autoscalers *autoscalers,
                                          struct object_key key)
{
    struct table_node *node = table_first(&autoscalers->by_key, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct autoscaler_memory *memory = (struct autoscaler_memory *)node;
        if (object_key_equal(memory->key, key))
            return memory;
    }
    return NULL;
}

static void enter_space(struct autoscalers *autoscalers, struct autoscaler_memory *memory)
{
    struct autoscaler_space *space = find_space(autoscalers, memory->space);
    if (space == NULL) {
        space = mem_new(sizeof *space);
        space->name = text_hold(memory->space);
        table_add(&autoscalers->spaces, &space->node, space_hash(space->name));
    }
    if (space->last != NULL)
        space->last->next = memory;
    else
        space->first = memory;
    space->last = memory;
}

static void leave_space(struct autoscalers *autoscalers, struct autoscaler_memory *memory)
{
    struct autoscaler_space *space = find_space(autoscalers, memory->space);
    struct autoscaler_memory *before = NULL;
    for (struct autoscaler_memory *other = space->first; other != memory; other = other->next)
        before = other;
    if (before != NULL)
        before->next = memory->next;
    else
        space->first = memory->next;
    if (space->last == memory)
        space->last = before;
    if (space->first != NULL)
        return;
    table_remove(&autoscalers->spaces, &space->node);
    text_drop(space->name);
    free(space);
}

struct autoscaler_memory *autoscaler_recall(struct autoscalers *autoscalers, struct object_key key)
{
    struct autoscaler_memory *memory = autoscaler_find(autoscalers, key);
    if (memory != NULL)
        return memory;
    memory = mem_new(sizeof *memory);
    memory->key = object_key_hold(key);
    memory->space = key.space;
    memory->target = KIND_COUNT;
    table_add(&autoscalers->by_key, &memory->by_key, object_key_hash(memory->key));
    memory->other = autoscalers->first;
    memory->link = &autoscalers->first;
    if (memory->other != NULL)
        memory->other->link = &memory->other;
    autoscalers->first = memory;
    enter_space(autoscalers, memory);
    return memory;
}

void autoscaler_register(struct autoscaler_memory *memory)
{
    memory->registered = true;
}

void autoscaler_unregister(struct autoscalers *autoscalers, struct autoscaler_memory *memory)
{
    take_all_pods(autoscalers, memory);
    selector_drop(memory->selector);
    memory->selector = NULL;
    memory->registered = false;
}

void autoscaler_forget(struct autoscalers *autoscalers, struct autoscaler_memory *memory)
{
    autoscaler_unregister(autoscalers, memory);
    lose_target(autoscalers, memory);
    leave_space(autoscalers, memory);
    table_remove(&autoscalers->by_key, &memory->by_key);
    *memory->link = memory->other;
    if (memory->other != NULL)
        memory->other->link = memory->link;
    object_key_drop(memory->key);
    free(memory->recommendations.items);
    free(memory->up.items);
    free(memory->down.items);
    free((void *)memory->pods);
    free(memory);
}

void autoscalers_close(void *state)
{
    struct autoscalers *autoscalers = state;
    while (autoscalers->first != NULL)
        autoscaler_forget(autoscalers, autoscalers->first);
    table_close(&autoscalers->by_key);
    table_close(&autoscalers->by_target);
    table_close(&autoscalers->spaces);
    table_close(&autoscalers->selected);
}
