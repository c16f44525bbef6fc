/* One node: its computer's power and network, and what its kubelet does about them.
 *
 * Without power the containers are gone and the kubelet is silent; when it is back it finds
 * its pods in the API, restarts what was running and finishes what was deleted meanwhile.
 * Without network, or an API server at its other end, the containers run on, and what happens to
 * them is reported later. */
#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

struct kubelet_node *kubelet_node_find(const struct kubelet *kubelet, const struct text *name)
{
    struct table_node *node = table_first(&kubelet->nodes_by_name, name->hash);
    for (; node != NULL; node = table_again(node)) {
        struct kubelet_node *found = (struct kubelet_node *)node; /* by_name is its first member */
        if (found->name == name)
            return found;
    }
    return NULL;
}

static void node_client_init(struct kubelet_node *node, struct cluster *cluster)
{
    const struct settings *settings = &cluster->settings;
    char *entity = mem_format("node/%s", text_s(node->name));
    client_init(&node->client, cluster, "kubelet", settings->kubelet_qps, settings->kubelet_burst,
                node);
    node->client.stream = run_stream(cluster->run, cluster->id, entity, "api-write", 0);
    /* In a run with a variation its calls are slow, but do not fail: a kubelet repeats them, which is
     * left out here. */
    node->client.failing = (struct varied){ 0 };
    free(entity);
}

static struct kubelet_node *kubelet_node_new(struct kubelet *kubelet, const struct text *name)
{
    struct cluster *cluster = kubelet->cluster;
    const sim_time lease = cluster->settings.node_lease_duration;
    struct kubelet_node *node = mem_new(sizeof *node);
    node->kubelet = kubelet;
    node->name = text_hold(name);
    node->powered = node->connected = true;
    node->address = pod_addresses_next(&kubelet->addresses);
    node_client_init(node, cluster);
    heartbeat_init(&node->heartbeat, &node->client, name, lease / SIM_SECOND, lease / 4);
    node->next = kubelet->nodes;
    kubelet->nodes = node;
    table_add(&kubelet->nodes_by_name, &node->by_name, name->hash);
    return node;
}

void kubelet_node_free(struct kubelet_node *node)
{
    node_mounts_forget(node);
    while (node->first != NULL)
        pod_worker_free(node->first);
    run_cancel(node->kubelet->cluster->run, &node->due);
    run_cancel(node->kubelet->cluster->run, &node->report_due);
    table_remove(&node->kubelet->nodes_by_name, &node->by_name);
    heartbeat_close(&node->heartbeat);
    image_cache_close(&node->images);
    memory_close(node);
    client_close(&node->client);
    text_drop(node->name);
    ailments_drop(node->ailments);
    free(node->faults);
    free(node);
}

/* --- power and network ----------------------------------------------------------------- */

static void power_off(struct kubelet_node *node, sim_time now)
{
    node_mounts_forget(node);
    while (node->first != NULL)
        pod_worker_free(node->first);
    image_cache_cut(&node->images, now);
    node->running = false;
}

static void power_on(struct kubelet_node *node, sim_time now)
{
    node->running = true;
    node->booted = now == 0 ? -1 : now;
    memory_begin(node, now);
}

/* What happened to known pods while nobody heard of it. */
static void catch_up(struct kubelet_node *node)
{
    struct pod_worker *next = NULL;
    for (struct pod_worker *worker = node->first; worker != NULL; worker = next) {
        next = worker->next;
        const struct pod *known = worker->pod;
        const struct object *object =
            client_get(&node->client, KIND_POD, known->meta.object.space, known->meta.object.name);
        if (object == NULL || !uid_equal(meta_of(object)->uid, known->meta.uid)) {
            pod_worker_free(worker);
            continue;
        }
        worker->cause = node->cause;
        pod_worker_wake(worker);
        pod_worker_update(worker, pod_of(object));
    }
}

static void take_new_pods(struct kubelet_node *node, sim_time now)
{
    if (left_to_stages(node->kubelet, KIND_POD, node->name))
        return;
    struct cache_cursor pods = client_list_on_node(&node->client, node->name);
    while (cache_next(&pods))
        if (pod_worker_find(node->kubelet, meta_of(pods.object)->uid) == NULL)
            pod_worker_accept(node, pod_of(pods.object), now);
}

static void go_online(struct kubelet_node *node, sim_time now)
{
    node->online = true;
    node->online_since = now;
    node_status_take_images(node);
    heartbeat_begin(&node->heartbeat);
    node_status_register(node, now);
    node_mounts_online(node, now);
    catch_up(node);
    take_new_pods(node, now);
}

static void go_offline(struct kubelet_node *node)
{
    node->online = false;
    heartbeat_end(&node->heartbeat);
}

static void suffer(struct kubelet_node *node, const struct container_fault *fault)
{
    struct pod_worker *worker = pod_worker_find(node->kubelet, fault->pod);
    if (worker == NULL || worker->node != node || fault->container < 0)
        return;
    const size_t first = worker->pod->spec->init_container_count;
    pod_worker_fail(worker, first + (size_t)fault->container, fault->exit_code,
                    fault->exit_code == 137 && !fault->killed ? "OOMKilled" : NULL, node->cause);
}

/* A call takes longest as the client of Leases waits for an answer: so long that the next renewal is
 * due. TCP makes good for packets that are lost, all but always in that time. */
static bool network_passes(const struct kubelet_node *node)
{
    const struct strain strain =
        ailments_strain(node->ailments, (struct uid){ 0 }, PEER_CONTROL_PLANE, NULL);
    return !strain.cut && strain.latency < node->heartbeat.period;
}

/* Follow what was heard of the node and its machine. */
static void kubelet_node_turn(void *subject, sim_time now)
{
    struct kubelet_node *node = subject;
    node->due = 0;
    client_begin(&node->client, node->cause);
    const bool runs = node->present && node->powered;
    const bool reaches =
        runs && node->connected && network_passes(node) && !node->kubelet->cluster->api_server.away;
    if (node->running && !runs)
        power_off(node, now);
    if (node->online && !reaches)
        go_offline(node);
    if (!node->running && runs)
        power_on(node, now);
    if (!node->online && reaches)
        go_online(node, now);
    for (size_t i = 0; i < node->fault_count; i++)
        suffer(node, &node->faults[i]);
    node->fault_count = 0;
}

static void turn_soon(struct kubelet_node *node, struct cause cause)
{
    struct run *run = node->kubelet->cluster->run;
    node->cause = cause;
    if (node->due == 0)
        node->due = run_at(run, run_now(run), PRIORITY_WORLD, kubelet_node_turn, node);
}

void kubelet_api_server_turned(struct kubelet *kubelet, struct cause cause)
{
    for (struct kubelet_node *node = kubelet->nodes; node != NULL; node = node->next)
        turn_soon(node, cause);
}

void kubelet_node_seen(struct kubelet *kubelet, const struct object *object, bool present)
{
    struct kubelet_node *node = kubelet_node_find(kubelet, object->name);
    if (node == NULL && !present)
        return;
    if (node == NULL)
        node = kubelet_node_new(kubelet, object->name);
    if (node->present == present)
        return;
    node->present = present;
    turn_soon(node, object->cause);
}

static bool had_its_disk(const struct ailments *list)
{
    return !ailments_strain(list, (struct uid){ 0 }, PEER_REGISTRY, NULL).disk_lost;
}

static const struct ailment *ailment_find(const struct ailments *list, uint64_t id)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (list->items[i].id == id)
            return &list->items[i];
    return NULL;
}

/* Memory of those that one list has and the other has not comes under stress, or from under it. */
static void stress_those(struct kubelet_node *node, const struct ailments *these,
                         const struct ailments *others, int sign, struct cause cause)
{
    for (size_t i = 0; these != NULL && i < these->count; i++) {
        const struct ailment *ailment = &these->items[i];
        struct pod_worker *worker =
            ailment->memory > 0 ? pod_worker_find(node->kubelet, ailment->pod) : NULL;
        if (worker == NULL || worker->node != node || ailment_find(others, ailment->id) != NULL)
            continue;
        const size_t at = worker->pod->spec->init_container_count + (size_t)ailment->container;
        if (ailment->container >= 0 && at < worker_count(worker))
            memory_stress(worker, at, sign * (double)ailment->memory, cause);
    }
}

/* A disk that is replaced has no images. */
static void node_ails(struct kubelet_node *node, const struct ailments *ailments,
                      struct cause cause)
{
    const struct ailments *before = node->ailments;
    if (before == ailments)
        return;
    for (struct pod_worker *worker = node->first; worker != NULL; worker = worker->next)
        if (container_probes_settle(worker, run_now(node->kubelet->cluster->run))) {
            worker->cause = cause;
            pod_worker_wake(worker);
        }
    if (!had_its_disk(before) && had_its_disk(ailments)) {
        const sim_time now = run_now(node->kubelet->cluster->run);
        image_cache_lose(&node->images, now);
        node_status_changed(node, now);
    }
    stress_those(node, before, ailments, -1, cause);
    stress_those(node, ailments, before, 1, cause);
    node->ailments = ailments_hold(ailments);
    ailments_drop(before);
}

void kubelet_node_machine(struct kubelet *kubelet, const struct machine *machine, bool present)
{
    const struct object *object = &machine->meta.object;
    struct kubelet_node *node = kubelet_node_find(kubelet, object->name);
    if (node == NULL)
        node = kubelet_node_new(kubelet, object->name);
    node->powered = !present || machine->powered;
    node->connected = !present || machine->connected;
    node_ails(node, present ? machine->ailments : NULL, object->cause);
    if (present && machine->fault.sequence > node->last_fault) {
        MEM_GROW(node->faults, node->fault_count, node->fault_capacity);
        node->faults[node->fault_count++] = machine->fault;
        node->last_fault = machine->fault.sequence;
    }
    turn_soon(node, object->cause);
}
