/* What a cluster is made of, and what is in it from the start.
 *
 * The namespaces are those of pkg/controlplane/controller/systemnamespaces and of kubeadm, the
 * priority classes those of pkg/apis/scheduling of the release named in docs/fidelity.md. */
#include "models/cluster/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/policy.h"
#include "models/api/service.h"
#include "models/cluster/client_private.h"
#include "models/cluster/event_recorder.h"
#include "models/cluster/identity.h"
#include "models/cluster/pod_admission.h"
#include "models/chaos/daemon.h"
#include "models/controllers/controller.h"
#include "models/scheduler/scheduler.h"
#include "models/failures/failures.h"
#include "models/load/load.h"
#include "models/kubelet/kubelet.h"
#include "models/kubelet/kwok.h"
#include "models/kubelet/stages.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"

/* In the order in which they hear of writes. */
static const struct component *const all_components[] = {
    &controller_manager, &scheduler_component, &kubelets,     &stage_kubelet,   &failure_planner,
    &load_component,     &traffic_component,   &chaos_daemon, &kwok_controller, NULL,
};

/* --- indexes of the cache -------------------------------------------------------------- */

static uint64_t by_owner(const struct object *object)
{
    const struct owner *controller = meta_controller(meta_of(object));
    return controller != NULL ? controller->uid.low : orphan_key(object->space);
}

static uint64_t by_owner_name(const struct object *object)
{
    const struct owner *controller = meta_controller(meta_of(object));
    return controller != NULL ? owner_name_key(object->space, controller->name) : 0;
}

static uint64_t by_state_in_replicaset(const struct object *object)
{
    const struct pod *pod = pod_of(object);
    const struct owner *controller = meta_controller(&pod->meta);
    if (controller == NULL || strcmp(text_s(controller->kind), "ReplicaSet") != 0)
        return 0;
    if (!pod->of_template)
        return replica_key(controller->uid, REPLICA_IRREGULAR);
    if (pod_is_active(pod))
        return replica_key(controller->uid, pod_is_ready(pod) ? REPLICA_READY : REPLICA_UNREADY);
    return pod_is_terminal(pod) ? 0 : replica_key(controller->uid, REPLICA_TERMINATING);
}

static uint64_t by_node(const struct object *object)
{
    const struct text *node = pod_of(object)->node_name;
    return node != NULL ? node->hash : 0;
}

static uint64_t by_service(const struct object *object)
{
    const struct text *service = ((const struct endpoint_slice *)object)->service;
    return service != NULL ? owner_name_key(object->space, service) : 0;
}

/* The first label of its selector stands for all. */
static uint64_t by_selector(const struct object *object)
{
    const struct labels *selector = ((const struct service *)object)->selector;
    return selector != NULL && selector->count > 0 ? label_key(object->space, &selector->items[0])
                                                   : 0;
}

/* The numbers of the indexes are the same in every cache. */
static void index_cache(void *context, struct cache *cache)
{
    struct cluster *cluster = context;
    cluster->slices_by_service = cache_add_index(cache, KIND_ENDPOINTSLICE, by_service);
    cluster->services_by_label = cache_add_index(cache, KIND_SERVICE, by_selector);
    cluster->pods_by_node = cache_add_index(cache, KIND_POD, by_node);
    cluster->pods_of_replicasets = cache_add_index(cache, KIND_POD, by_state_in_replicaset);
    cluster->jobs_by_owner_name = cache_add_index(cache, KIND_JOB, by_owner_name);
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        cluster->by_owner[kind] =
            kind == KIND_POD || kind == KIND_REPLICASET || kind == KIND_CONTROLLERREVISION
                ? cache_add_index(cache, kind, by_owner)
                : -1;
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        cluster->by_namespace[kind] = kind_infos[kind].namespaced || kind == KIND_OTHER
                                          ? cache_add_index(cache, kind, object_namespace_key)
                                          : -1;
}

/* --- what every cluster has ------------------------------------------------------------ */

static const struct finalizers *kubernetes_finalizer(struct texts *texts)
{
    return finalizers_with(texts, NULL, "kubernetes");
}

static void add_namespace(struct cluster *cluster, const char *name)
{
    struct texts *texts = cluster->run->texts;
    struct namespace_object *space =
        (struct namespace_object *)object_new(object_kinds, KIND_NAMESPACE);
    space->meta.object.name = text_intern(texts, name);
    space->meta.labels = labels_with(texts, NULL, "kubernetes.io/metadata.name", name);
    space->spec_finalizers = kubernetes_finalizer(texts);
    client_create(&cluster->admin, &space->meta.object, NULL, NULL);
}

static void add_priority_class(struct cluster *cluster, const char *name, int32_t value,
                               const char *description)
{
    struct priority_class_object *class =
        (struct priority_class_object *)object_new(object_kinds, KIND_PRIORITYCLASS);
    class->meta.object.name = text_intern(cluster->run->texts, name);
    class->value = value;
    class->preempts = true;
    class->meta.document = value_new_map();
    value_set(class->meta.document, "description", value_new_string(description));
    client_create(&cluster->admin, &class->meta.object, NULL, NULL);
}

static void bootstrap(struct cluster *cluster)
{
    static const char *const namespaces[] = { "default", "kube-system", "kube-public",
                                              "kube-node-lease" };
    client_begin(&cluster->admin, (struct cause){ 0, 0 });
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
        add_namespace(cluster, namespaces[i]);
    add_priority_class(cluster, "system-node-critical", 2000001000,
                       "Used for system critical pods that must not be moved from their current "
                       "node.");
    add_priority_class(cluster, "system-cluster-critical", 2000000000,
                       "Used for system critical pods that must run in the cluster, but can be "
                       "moved to another node if necessary.");
}

/* --- the whole -------------------------------------------------------------------------- */

static void start_components(struct cluster *cluster, const struct component *const *components)
{
    size_t count = 0;
    while (components[count] != NULL)
        count++;
    cluster->components = mem_new((count + 1) * sizeof *cluster->components);
    for (size_t i = 0; i < count; i++) {
        cluster->components[i].component = components[i];
        cluster->components[i].state = components[i]->start(cluster);
        cluster->component_count++;
    }
}

struct cluster *cluster_new_with(struct run *run, const char *id, struct settings settings,
                                 const struct component *const *components)
{
    struct cluster *cluster = mem_new(sizeof *cluster);
    cluster->run = run;
    cluster->id = id;
    cluster->settings = settings;
    cluster->store = store_new(run, object_kinds, KIND_COUNT);
    cluster->caches = caches_new(cluster);
    cluster->cache = cluster->caches != NULL
                         ? cluster_cache(cluster, "")
                         : cache_new(run, cluster->store, id, settings.cache_lag);
    if (cluster->caches == NULL)
        index_cache(cluster, cluster->cache);
    caches_each(cluster->caches, index_cache, cluster);
    api_server_follow(cluster);
    cluster->codec = (struct codec){
        .texts = run->texts,
        .specs = pod_specs_new(run->texts),
        .epoch_seconds = settings.epoch_seconds,
        .clock = run->queue,
        .admit_pod_spec = cluster_admit_template,
        .admit_context = cluster,
    };
    cluster->events = event_recorder_new(cluster);
    cluster->identities = identities_new(run, id);
    cluster->zone_labels = zone_labels_new(cluster);
    cluster->pod_admissions = pod_admissions_new(cluster);
    client_init(&cluster->admin, cluster, "kubectl", 0, 0, NULL);
    cluster->admin.free_of_charge = true;
    start_components(cluster, components);
    bootstrap(cluster);
    return cluster;
}

struct cluster *cluster_new(struct run *run, const char *id, struct settings settings)
{
    return cluster_new_with(run, id, settings, all_components);
}

void cluster_free(struct cluster *cluster)
{
    if (cluster == NULL)
        return;
    for (size_t i = cluster->component_count; i-- > 0;)
        cluster->components[i].component->stop(cluster->components[i].state);
    free(cluster->components);
    free(cluster->usage_sources);
    client_close(&cluster->admin);
    zone_labels_free(cluster->zone_labels);
    pod_admissions_free(cluster->pod_admissions);
    identities_free(cluster->identities);
    event_recorder_free(cluster->events);
    if (cluster->caches == NULL)
        cache_free(cluster->cache);
    caches_free(cluster->caches);
    store_free(cluster->store);
    pod_specs_free(cluster->codec.specs);
    settings_close(&cluster->settings);
    free(cluster);
}

void cluster_add_usage(struct cluster *cluster, struct usage_source source)
{
    MEM_GROW(cluster->usage_sources, cluster->usage_count, cluster->usage_capacity);
    cluster->usage_sources[cluster->usage_count++] = source;
}

void *cluster_component(const struct cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->component_count; i++)
        if (strcmp(cluster->components[i].component->name, name) == 0)
            return cluster->components[i].state;
    return NULL;
}

struct value *cluster_print(const struct cluster *cluster, const struct object *object)
{
    return kind_infos[object->kind].print(&cluster->codec, object);
}
