/* Objects of a case as the scheduler sees them; see scheduler_world.h. */
#include "tests/support/scheduler_world.h"

#include <stdlib.h>

#include "models/api/defaults.h"
#include "models/api/label_keys.h"
#include "models/api/schema.h"

/* --- what the API server does first ------------------------------------------------------- */

static const struct value *find_class(const struct scheduler_world *world, const char *name)
{
    const struct value *classes = world->priority_classes;
    for (size_t i = 0; classes != NULL && i < classes->count; i++) {
        const struct value *class = value_at(classes, i);
        if (name == NULL
                ? value_truth(value_get(class, "globalDefault"), false)
                : strcmp(value_text(value_path(class, "metadata", "name", NULL), ""), name) == 0)
            return class;
    }
    return NULL;
}

static int64_t class_value(const struct scheduler_world *world, const char *name)
{
    if (name != NULL && strcmp(name, "system-cluster-critical") == 0)
        return 2000000000;
    if (name != NULL && strcmp(name, "system-node-critical") == 0)
        return 2000001000;
    return value_int(value_get(find_class(world, name), "value"), 0);
}

/* Priority admission: a pod that gives a priority itself keeps it. */
static void admit_priority(const struct scheduler_world *world, struct value **pod)
{
    const struct value *spec = value_get(*pod, "spec");
    const char *name = value_text(value_get(spec, "priorityClassName"), NULL);
    const char *policy =
        value_text(value_get(find_class(world, name), "preemptionPolicy"), "PreemptLowerPriority");
    const bool has_policy = value_get(spec, "preemptionPolicy") != NULL;
    if (value_get(spec, "priority") == NULL)
        value_put(pod, value_new_int(class_value(world, name)), "spec", "priority", NULL);
    if (!has_policy)
        value_put(pod, value_new_string(policy), "spec", "preemptionPolicy", NULL);
}

static struct value *admit(const struct scheduler_world *world, const struct value *document,
                           const char *kind)
{
    struct value *admitted = defaults_apply(document, schema_kind("v1", kind));
    if (strcmp(kind, "Pod") == 0) {
        if (value_path(admitted, "metadata", "namespace", NULL) == NULL)
            value_put(&admitted, value_new_string("default"), "metadata", "namespace", NULL);
        admit_priority(world, &admitted);
        label_keys_merge(value_slot(value_own(&admitted), "spec"),
                         value_path(admitted, "metadata", "labels", NULL));
    }
    return admitted;
}

/* --- nodes ---------------------------------------------------------------------------------- */

static size_t rank_of(struct scheduler_world *world, const struct text *name)
{
    for (size_t rank = 0; rank < world->node_count; rank++)
        if (world->nodes[rank] == name)
            return rank;
    MEM_GROW(world->nodes, world->node_count, world->node_capacity);
    world->nodes[world->node_count] = text_hold(name);
    return world->node_count++;
}

static void set_rank(struct scheduler_world *world, size_t slot, size_t rank)
{
    if (slot >= world->rank_capacity) {
        world->rank_capacity = slot * 2 + 64;
        world->ranks = mem_resize(world->ranks, world->rank_capacity * sizeof *world->ranks);
    }
    world->ranks[slot] = rank;
}

void scheduler_world_set_node(struct scheduler_world *world, const struct value *document)
{
    struct value *admitted = admit(world, document, "Node");
    struct object *node = kind_infos[KIND_NODE].load(&world->codec, admitted);
    snapshot_set_node(world->snapshot, node_of(node));
    set_rank(world, snapshot_find_node(world->snapshot, node->name)->slot,
             rank_of(world, node->name));
    object_drop(node);
    value_drop(admitted);
}

void scheduler_world_delete_node(struct scheduler_world *world, const char *name)
{
    const struct text *node = text_intern(world->texts, name);
    for (size_t i = world->pod_count; i-- > 0;)
        if (world->pods[i].node == node)
            scheduler_world_delete_pod(world, world->pods[i].key);
    snapshot_remove_node(world->snapshot, node);
    text_drop(node);
}

/* --- pods ----------------------------------------------------------------------------------- */

static const struct pod *load_pod(struct scheduler_world *world, const struct value *document)
{
    struct object *object = kind_infos[KIND_POD].load(&world->codec, document);
    ((struct pod *)object)->meta.uid.low = ++world->uids;
    return pod_of(object);
}

static void add_pod(struct scheduler_world *world, const struct value *document)
{
    struct value *admitted = admit(world, document, "Pod");
    const struct pod *pod = load_pod(world, admitted);
    if (pod_is_terminal(pod)) {
        object_drop(&pod->meta.object);
        value_drop(admitted);
        return;
    }
    MEM_GROW(world->pods, world->pod_count, world->pod_capacity);
    world->pods[world->pod_count++] =
        (struct world_pod){ .key = mem_format("%s/%s", namespace_of(pod), name_of(pod)),
                            .document = admitted,
                            .pod = pod,
                            .node = text_hold(pod->node_name) };
    if (pod->node_name != NULL)
        snapshot_place(world->snapshot, pod, pod->node_name, false);
}

struct world_pod *scheduler_world_pod(struct scheduler_world *world, const char *key)
{
    for (size_t i = 0; i < world->pod_count; i++)
        if (strcmp(world->pods[i].key, key) == 0)
            return &world->pods[i];
    return NULL;
}

void scheduler_world_bind(struct scheduler_world *world, struct world_pod *pod,
                          const struct text *node)
{
    text_assign(&pod->node, text_hold(node));
    snapshot_place(world->snapshot, pod->pod, node, true);
}

static void close_pod(struct world_pod *pod)
{
    free(pod->key);
    value_drop(pod->document);
    object_drop(&pod->pod->meta.object);
    text_drop(pod->node);
}

void scheduler_world_delete_pod(struct scheduler_world *world, const char *key)
{
    struct world_pod *pod = scheduler_world_pod(world, key);
    if (pod == NULL)
        return;
    snapshot_remove_pod(world->snapshot, pod->pod->meta.object.space, pod->pod->meta.object.name);
    close_pod(pod);
    const size_t at = (size_t)(pod - world->pods);
    memmove(pod, pod + 1, (world->pod_count - at - 1) * sizeof *pod);
    world->pod_count--;
}

void scheduler_world_ungate(struct scheduler_world *world, const char *key)
{
    struct world_pod *pod = scheduler_world_pod(world, key);
    if (pod == NULL)
        return;
    value_put(&pod->document, value_new_list(), "spec", "schedulingGates", NULL);
    object_drop(&pod->pod->meta.object);
    pod->pod = load_pod(world, pod->document);
}

/* --- decisions --------------------------------------------------------------------------------- */

static bool same_decision(const struct decision *a, const struct decision *b)
{
    if (a->known)
        return b->outcome == DECISION_REJECTED && a->rejecting == b->rejecting &&
               decision_evaluated(a) == decision_evaluated(b);
    if (a->outcome != b->outcome || a->feasible_count != b->feasible_count ||
        a->rejected_count != b->rejected_count || a->top_count != b->top_count ||
        a->rejecting != b->rejecting)
        return false;
    for (size_t i = 0; i < a->feasible_count; i++)
        if (a->feasible[i] != b->feasible[i] || a->totals[i] != b->totals[i])
            return false;
    for (size_t i = 0; i < a->rejected_count; i++)
        if (a->rejected[i].slot != b->rejected[i].slot ||
            a->rejected[i].rejection != b->rejected[i].rejection)
            return false;
    return memcmp(a->top, b->top, a->top_count * sizeof *a->top) == 0;
}

bool scheduler_world_decide(struct scheduler_world *world, const struct world_pod *pod)
{
    const struct profile *profile = world->configuration->profiles[0];
    snapshot_refresh(world->snapshot);
    decide(world->templates, profile, world->snapshot, pod->pod, world->next_start, &world->fast);
    decide_plainly(world->templates, profile, world->snapshot, pod->pod, world->next_start,
                   &world->plain);
    world->next_start = decision_next_start(&world->plain);
    return same_decision(&world->fast, &world->plain);
}

/* --- beginning and end --------------------------------------------------------------------------- */

static bool configure(struct scheduler_world *world, const struct value *config, char **why)
{
    struct error_list errors = { 0 };
    world->configuration = scheduler_configuration_load(world->texts, config, &errors);
    if (errors.count > 0)
        *why = error_print(&errors.items[0]);
    error_list_close(&errors);
    return world->configuration != NULL;
}

bool scheduler_world_open(struct scheduler_world *world, const struct value *document, char **why)
{
    const struct value *input = value_get(document, "input");
    const struct value *nodes = value_get(input, "nodes"), *pods = value_get(input, "pods");
    *world = (struct scheduler_world){ .texts = texts_new(),
                                       .priority_classes = value_get(input, "priorityClasses") };
    world->codec = (struct codec){ .texts = world->texts, .specs = pod_specs_new(world->texts) };
    world->snapshot = snapshot_new(world->texts, NULL);
    world->templates = template_cache_new();
    if (!configure(world, value_get(document, "config"), why))
        return false;
    for (size_t i = 0; nodes != NULL && i < nodes->count; i++)
        scheduler_world_set_node(world, value_at(nodes, i));
    for (size_t i = 0; pods != NULL && i < pods->count; i++)
        add_pod(world, value_at(pods, i));
    snapshot_refresh(world->snapshot);
    return true;
}

void scheduler_world_close(struct scheduler_world *world)
{
    decision_close(&world->fast);
    decision_close(&world->plain);
    template_cache_free(world->templates);
    snapshot_free(world->snapshot);
    if (world->configuration != NULL)
        scheduler_configuration_free(world->configuration);
    for (size_t i = 0; i < world->pod_count; i++)
        close_pod(&world->pods[i]);
    for (size_t i = 0; i < world->node_count; i++)
        text_drop(world->nodes[i]);
    free(world->pods);
    free(world->nodes);
    free(world->ranks);
    pod_specs_free(world->codec.specs);
    texts_free(world->texts);
}
