/* Rules about a whole cluster: see the header. */
#include "tests/support/soak_checks.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/json.h"
#include "models/api/node.h"
#include "models/api/workloads.h"
#include "tests/support/measured.h"

struct check {
    const struct cluster *cluster;
    struct writer *complaints;
};

/* ---- prints ---- */

static char *print_again(const struct cluster *cluster, const struct object *object,
                         const struct value *tree)
{
    const struct kind_info *info = &kind_infos[object->kind];
    struct object *again = info->load(&cluster->codec, tree);
    again->kind = object->kind;
    struct value *printed = cluster_print(cluster, again);
    char *text = json_text(printed, (struct json_style){ .indent = 0 });
    value_drop(printed);
    object_drop(again);
    return text;
}

static void check_print(void *context, const struct object *object)
{
    struct check *check = context;
    struct value *tree = cluster_print(check->cluster, object);
    char *once = json_text(tree, (struct json_style){ .indent = 0 });
    char *twice = print_again(check->cluster, object, tree);
    if (strcmp(once, twice) != 0)
        writer_format(check->complaints, "print: %s\n    %s\n    %s\n", name_of(object), once,
                      twice);
    free(once);
    free(twice);
    value_drop(tree);
}

void soak_check_prints(const struct cluster *cluster, struct writer *complaints)
{
    struct check check = { cluster, complaints };
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        if (kind != KIND_LEASE)
            store_each(cluster->store, kind, check_print, &check);
}

/* ---- the summary ---- */

static const struct meta *find_owner(const struct cache *cache, const struct meta *object,
                                     enum kind kind)
{
    const struct owner *controller = meta_controller(object);
    if (controller == NULL)
        return NULL;
    const struct object_key key = { kind, object->object.space, controller->name };
    const struct object *owner = cache_get(cache, key);
    return owner != NULL && uid_equal(meta_of(owner)->uid, controller->uid) ? meta_of(owner) : NULL;
}

static int count_ready(const struct cluster *cluster, const struct meta *deployment)
{
    int ready = 0;
    for (struct cache_cursor c = cache_list(cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        const struct meta *set = find_owner(cluster->cache, &pod->meta, KIND_REPLICASET);
        if (set != NULL && find_owner(cluster->cache, set, KIND_DEPLOYMENT) == deployment)
            ready += pod_is_ready(pod) && pod_is_active(pod);
    }
    return ready;
}

static void check_sums(const struct value *row, sim_time now, struct writer *complaints)
{
    const char *name = value_text(value_get(row, "name"), "?");
    const struct value *causes = value_get(row, "causes");
    sim_time down = 0, missing = 0;
    for (size_t i = 0; i < causes->count; i++) {
        down += measured_time(value_get(causes->items[i], "downtimeSeconds"));
        missing += measured_time(value_get(causes->items[i], "notReadyReplicaSeconds"));
    }
    if (down != measured_time(value_get(row, "downtimeSeconds")) ||
        missing != measured_time(value_get(row, "notReadyReplicaSeconds")))
        writer_format(complaints, "shares: those of %s do not add up\n", name);
    const struct value *began = value_get(row, "bringUpSeconds");
    const sim_time observed = measured_time(value_get(row, "observedSeconds"));
    const sim_time want = value_is_null(began) ? 0 : now - measured_time(began);
    if (observed != want)
        writer_format(complaints, "observed: %s for %lld of %lld ns\n", name, (long long)observed,
                      (long long)want);
    if (down > observed)
        writer_format(complaints, "observed: %s is down for longer\n", name);
}

static void check_curve(const struct cluster *cluster, const struct value *row,
                        struct writer *complaints)
{
    const char *name = value_text(value_get(row, "name"), "?");
    const struct object_key key = { KIND_DEPLOYMENT, text_find(cluster->run->texts, "default"),
                                    text_find(cluster->run->texts, name) };
    const struct object *object = cache_get(cluster->cache, key);
    const int64_t wanted = value_int(value_get(row, "wanted"), -1);
    const int64_t ready = value_int(value_get(row, "ready"), -1);
    if (object == NULL || meta_of(object)->deleting)
        return;
    const int replicas = ((const struct deployment *)object)->replicas;
    const int counted = count_ready(cluster, meta_of(object));
    if (wanted != replicas || ready != counted)
        writer_format(complaints, "curve: %s has %d of %d ready, measured are %lld of %lld\n", name,
                      counted, replicas, (long long)ready, (long long)wanted);
}

/* Measured is what has come to be; a cache that lags shows what was, and cannot be compared. */
static bool can_recount(const struct cluster *cluster, const struct value *row)
{
    return cluster->settings.cache_lag == NULL && !value_truth(value_get(row, "deleted"), false) &&
           strcmp(value_text(value_get(row, "kind"), ""), "Deployment") == 0;
}

void soak_check_summary(struct simulation *simulation, struct writer *complaints)
{
    static const char *const lists[] = { "workloads", "services" };
    const struct cluster *cluster = simulation_cluster(simulation);
    struct value *summary = simulation_summary(simulation);
    for (size_t i = 0; i < 2; i++) {
        const struct value *list = value_get(summary, lists[i]);
        for (size_t j = 0; j < list->count; j++) {
            const struct value *row = list->items[j];
            check_sums(row, run_now(cluster->run), complaints);
            if (can_recount(cluster, row))
                check_curve(cluster, row, complaints);
        }
    }
    value_drop(summary);
}

/* ---- rest: owners ---- */

static enum kind kind_of_owner(const struct owner *owner)
{
    return kind_find(text_s(owner->api_version), text_s(owner->kind));
}

static bool owner_exists(const struct cluster *cluster, const struct meta *object,
                         const struct owner *owner)
{
    const enum kind kind = kind_of_owner(owner);
    const struct object_key key = { kind, kind_infos[kind].namespaced ? object->object.space : NULL,
                                    owner->name };
    const struct object *found = store_get(cluster->store, key);
    return found != NULL && uid_equal(meta_of(found)->uid, owner->uid);
}

static void check_owners(void *context, const struct object *object)
{
    struct check *check = context;
    const struct meta *meta = meta_of(object);
    for (uint32_t i = 0; meta->owners != NULL && i < meta->owners->count; i++)
        if (!owner_exists(check->cluster, meta, &meta->owners->items[i]))
            writer_format(check->complaints, "orphan: %s has no %s %s\n", name_of(object),
                          text_s(meta->owners->items[i].kind), text_s(meta->owners->items[i].name));
    if (meta->deleting && object->kind != KIND_POD)
        writer_format(check->complaints, "deleting: %s %s for ever\n",
                      kind_infos[object->kind].name, name_of(object));
}

/* ---- rest: pods ---- */

static bool is_tolerated(const struct pod_spec *spec, const struct taint *taint)
{
    for (size_t i = 0; i < spec->toleration_count; i++)
        if (toleration_tolerates(&spec->tolerations[i], taint->key, taint->value, taint->effect))
            return true;
    return false;
}

static bool is_open_to(const struct node *node, const struct pod_spec *spec)
{
    if (node->unschedulable || !node_is_ready(node))
        return false;
    for (uint32_t i = 0; node->taints != NULL && i < node->taints->count; i++)
        if (node->taints->items[i].effect != PREFER_NO_SCHEDULE &&
            !is_tolerated(spec, &node->taints->items[i]))
            return false;
    return true;
}

static bool has_room_for(const struct cluster *cluster, const struct node *node,
                         const struct pod_spec *spec)
{
    int64_t cpu = spec->requests.cpu_milli, memory = spec->requests.memory_bytes, pods = 1;
    for (struct cache_cursor c = cache_list(cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        if (pod->node_name != node->meta.object.name || pod_is_terminal(pod))
            continue;
        cpu += pod->spec->requests.cpu_milli;
        memory += pod->spec->requests.memory_bytes;
        pods++;
    }
    return cpu <= node->allocatable->resources.cpu_milli &&
           memory <= node->allocatable->resources.memory_bytes && pods <= node->allocatable->pods;
}

/* Waiting although a node would take it; pods that ask for more than room are left out. */
static void check_waiting(const struct check *check, const struct pod *pod)
{
    const struct pod_spec *spec = pod->spec;
    if (spec->required_affinity != NULL || spec->node_selector != NULL || spec->host_port_count > 0)
        return;
    for (struct cache_cursor c = cache_list(check->cluster->cache, KIND_NODE); cache_next(&c);)
        if (is_open_to(node_of(c.object), spec) &&
            has_room_for(check->cluster, node_of(c.object), spec)) {
            writer_format(check->complaints, "waiting: %s fits on %s\n", name_of(pod),
                          name_of(c.object));
            return;
        }
}

static const struct node *node_under(const struct check *check, const struct pod *pod)
{
    const struct object_key key = { KIND_NODE, NULL, pod->node_name };
    return (const struct node *)store_get(check->cluster->store, key);
}

static void check_pod(void *context, const struct object *object)
{
    const struct check *check = context;
    const struct pod *pod = pod_of(object);
    const struct node *node = pod->node_name ? node_under(check, pod) : NULL;
    if (pod->node_name == NULL && !pod_is_terminal(pod))
        check_waiting(check, pod);
    else if (pod->node_name != NULL && node == NULL)
        writer_format(check->complaints, "lost: %s is on %s, which is not there\n", name_of(pod),
                      text_s(pod->node_name));
    else if (node != NULL && node_is_ready(node) && pod->meta.deleting &&
             pod->meta.deletion + 5 * SIM_MINUTE < run_now(check->cluster->run))
        writer_format(check->complaints, "deleting: %s for ever\n", name_of(pod));
    if (node != NULL && node_is_ready(node) && !pod_is_terminal(pod) && pod->containers == NULL)
        writer_format(check->complaints, "forgotten: %s was never started on %s\n", name_of(pod),
                      name_of(node));
}

/* ---- rest: workloads ---- */

/* A write of it has been made and is not to be seen yet. */
static bool is_being_written(const struct check *check, const struct object *object)
{
    return cache_get(check->cluster->cache, object_key(object)) != object;
}

static void check_replicaset(void *context, const struct object *object)
{
    const struct check *check = context;
    const struct replicaset *set = (const struct replicaset *)object;
    int pods = 0, ready = 0;
    if (is_being_written(check, object))
        return;
    for (struct cache_cursor c = cache_list(check->cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        const bool mine =
            find_owner(check->cluster->cache, &pod->meta, KIND_REPLICASET) == &set->meta;
        pods += mine && pod_is_active(pod);
        ready += mine && pod_is_active(pod) && pod_is_ready(pod);
    }
    if (pods != set->replicas || set->status_replicas != pods || set->ready_replicas != ready)
        writer_format(
            check->complaints, "replicas: %s wants %d, has %d, of them ready %d; says %d and %d\n",
            name_of(set), set->replicas, pods, ready, set->status_replicas, set->ready_replicas);
}

/* The sums of a Deployment's ReplicaSets. */
struct sums {
    int replicas, status, ready, available;
    const struct replicaset *biggest;
};

static struct sums sums_of(const struct cluster *cluster, const struct deployment *deployment)
{
    struct sums sums = { 0 };
    for (struct cache_cursor c = cache_list(cluster->cache, KIND_REPLICASET); cache_next(&c);) {
        const struct replicaset *set = (const struct replicaset *)c.object;
        if (find_owner(cluster->cache, &set->meta, KIND_DEPLOYMENT) != &deployment->meta)
            continue;
        sums.replicas += set->replicas;
        sums.status += set->status_replicas;
        sums.ready += set->ready_replicas;
        sums.available += set->available_replicas;
        if (sums.biggest == NULL || set->replicas > sums.biggest->replicas)
            sums.biggest = set;
    }
    return sums;
}

/* One that is not held up by pods of its own is all there, and its new release is out. */
static void check_deployment(void *context, const struct object *object)
{
    const struct check *check = context;
    const struct deployment *d = (const struct deployment *)object;
    if (is_being_written(check, object))
        return;
    const struct sums sums = sums_of(check->cluster, d);
    if (d->observed_generation != d->meta.generation)
        writer_format(check->complaints, "observed: %s was not looked at\n", name_of(d));
    if (d->status_replicas != sums.status || d->ready_replicas != sums.ready ||
        d->available_replicas != sums.available)
        writer_format(check->complaints, "status: %s says %d, %d, %d of %d, %d, %d\n", name_of(d),
                      d->status_replicas, d->ready_replicas, d->available_replicas, sums.status,
                      sums.ready, sums.available);
    const bool held_up = d->paused || sums.available < sums.status;
    if (!held_up && (d->updated_replicas != d->replicas || sums.replicas != d->replicas))
        writer_format(check->complaints, "stuck: %s has %d replicas, %d updated, wants %d\n",
                      name_of(d), sums.replicas, d->updated_replicas, d->replicas);
}

void soak_check_rest(const struct cluster *cluster, struct writer *complaints)
{
    struct check check = { cluster, complaints };
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        store_each(cluster->store, kind, check_owners, &check);
    store_each(cluster->store, KIND_POD, check_pod, &check);
    store_each(cluster->store, KIND_REPLICASET, check_replicaset, &check);
    store_each(cluster->store, KIND_DEPLOYMENT, check_deployment, &check);
}
