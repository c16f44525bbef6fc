/* Rules about single writes: bindings fit, releases stay within their bounds, evictions keep to
 * budgets. Everything is counted anew from the store, which nothing here is fast about. */
#include <stdlib.h>

#include "models/api/node.h"
#include "models/api/policy.h"
#include "models/api/workloads.h"
#include "sim/base/memory.h"
#include "tests/support/soak_checks.h"

struct soak_watch {
    struct cluster *cluster;
    enum soak_mood mood;
    struct writer *complaints;
};

/* ---- bindings ---- */

struct load {
    const struct text *node;
    int64_t cpu_milli, memory_bytes, pods;
    bool by_hand; /* a pod on it was never scheduled */
};

static void add_load(void *context, const struct object *object)
{
    struct load *load = context;
    const struct pod *pod = pod_of(object);
    if (pod->node_name != load->node || pod_is_terminal(pod))
        return;
    load->cpu_milli += pod->spec->requests.cpu_milli;
    load->memory_bytes += pod->spec->requests.memory_bytes;
    load->pods++;
    load->by_hand |= pod->spec->node_name != NULL;
}

static void check_binding(struct soak_watch *watch, const struct pod *pod)
{
    const struct object_key key = { KIND_NODE, NULL, pod->node_name };
    const struct store *store = watch->cluster->store;
    const struct node *node = (const struct node *)store_get(store, key);
    struct load load = { .node = pod->node_name };
    store_each(store, KIND_POD, add_load, &load);
    if (node == NULL || load.by_hand)
        return;
    const struct resources *room = &node->allocatable->resources;
    if (load.cpu_milli > room->cpu_milli || load.memory_bytes > room->memory_bytes ||
        load.pods > node->allocatable->pods)
        writer_format(watch->complaints, "overfull: %s on %s\n", name_of(pod), name_of(node));
}

/* ---- releases ---- */

/* The pods and ReplicaSets of a Deployment. */
struct parts {
    const struct store *store;
    const struct deployment *deployment;
    int32_t replicas, available;
    sim_time now;
};

static bool is_controlled_by(const struct meta *object, const struct meta *owner)
{
    const struct owner *controller = meta_controller(object);
    return controller != NULL && uid_equal(controller->uid, owner->uid);
}

static void add_replicaset(void *context, const struct object *object)
{
    struct parts *parts = context;
    const struct replicaset *set = (const struct replicaset *)object;
    if (is_controlled_by(&set->meta, &parts->deployment->meta))
        parts->replicas += set->replicas;
}

static const struct meta *find_owner(const struct store *store, const struct meta *object,
                                     enum kind kind)
{
    const struct owner *controller = meta_controller(object);
    if (controller == NULL)
        return NULL;
    const struct object_key key = { kind, object->object.space, controller->name };
    const struct object *owner = store_get(store, key);
    return owner != NULL && uid_equal(meta_of(owner)->uid, controller->uid) ? meta_of(owner) : NULL;
}

static void add_available(void *context, const struct object *object)
{
    struct parts *parts = context;
    const struct pod *pod = pod_of(object);
    const struct meta *set = find_owner(parts->store, &pod->meta, KIND_REPLICASET);
    if (set != NULL && is_controlled_by(set, &parts->deployment->meta))
        parts->available += pod_is_active(pod) &&
                            pod_is_available(pod, parts->deployment->min_ready_seconds, parts->now);
}

static struct parts parts_of(const struct cluster *cluster, const struct deployment *deployment)
{
    const struct store *store = cluster->store;
    struct parts parts = { .store = store, .deployment = deployment, .now = run_now(cluster->run) };
    store_each(store, KIND_REPLICASET, add_replicaset, &parts);
    store_each(store, KIND_POD, add_available, &parts);
    return parts;
}

/* The most replicas a release may have, and the fewest that stay ready. */
static void bounds(const struct deployment *deployment, int32_t *most, int32_t *least)
{
    const struct fenceposts posts = fenceposts_resolve(
        deployment->max_surge, deployment->max_unavailable, deployment->replicas);
    *most = deployment->replicas + posts.surge;
    *least = deployment->replicas - posts.unavailable;
}

static void check_release(struct soak_watch *watch, const struct replicaset *set,
                          const struct replicaset *before)
{
    const struct store *store = watch->cluster->store;
    const struct meta *owner = find_owner(store, &set->meta, KIND_DEPLOYMENT);
    const struct deployment *deployment = (const struct deployment *)owner;
    int32_t most, least;
    if (owner == NULL || deployment->strategy != ROLLING_UPDATE ||
        set->replicas == before->replicas)
        return;
    const struct parts parts = parts_of(watch->cluster, deployment);
    bounds(deployment, &most, &least);
    if (set->replicas > before->replicas && parts.replicas > most)
        writer_format(watch->complaints, "surge: %s has %d replicas of at most %d\n",
                      name_of(deployment), parts.replicas, most);
}

/* An available pod is on its way out: enough others are, as nothing but releases happens. Those
 * that are ready for less than minReadySeconds are cleaned up first, and not missed. */
static void check_loss(struct soak_watch *watch, const struct pod *pod, const struct pod *before)
{
    const struct store *store = watch->cluster->store;
    const struct meta *set = find_owner(store, &pod->meta, KIND_REPLICASET);
    const struct deployment *deployment =
        set ? (const struct deployment *)find_owner(store, set, KIND_DEPLOYMENT) : NULL;
    int32_t most, least;
    if (deployment == NULL || deployment->strategy != ROLLING_UPDATE ||
        !pod_is_available(before, deployment->min_ready_seconds, run_now(watch->cluster->run)))
        return;
    const struct parts parts = parts_of(watch->cluster, deployment);
    bounds(deployment, &most, &least);
    if (parts.available < least)
        writer_format(watch->complaints, "unavailable: %s has %d available of at least %d\n",
                      name_of(deployment), parts.available, least);
}

/* ---- watching ---- */

static void pod_changed(struct soak_watch *watch, const struct pod *pod, const struct pod *before)
{
    if (pod->node_name != NULL && before->node_name == NULL)
        check_binding(watch, pod);
    if (watch->mood == SOAK_ROLLING && pod->meta.deleting && !before->meta.deleting &&
        pod_is_ready(before))
        check_loss(watch, pod, before);
}

static void notice(void *self, const struct watch_event *event)
{
    struct soak_watch *watch = self;
    if (event->type != WATCH_MODIFIED)
        return;
    if (event->object->kind == KIND_POD)
        pod_changed(watch, pod_of(event->object), pod_of(event->before));
    else if (watch->mood == SOAK_ROLLING)
        check_release(watch, (const struct replicaset *)event->object,
                      (const struct replicaset *)event->before);
}

struct soak_watch *soak_watch_new(struct cluster *cluster, enum soak_mood mood,
                                  struct writer *complaints)
{
    struct soak_watch *watch = mem_new(sizeof *watch);
    *watch = (struct soak_watch){ cluster, mood, complaints };
    store_watch_kinds(cluster->store, (struct watcher){ watch, notice },
                      1u << KIND_POD | 1u << KIND_REPLICASET);
    return watch;
}

void soak_watch_free(struct soak_watch *watch)
{
    store_unwatch(watch->cluster->store, watch);
    free(watch);
}
