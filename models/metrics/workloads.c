/* Availability of each workload: Deployments, ReplicaSets without one, DaemonSets, StatefulSets, and
 * bare pods that are meant to run for ever.
 *
 * A pod belongs to the workload at the top of its owner references. Owners may change: a ReplicaSet or
 * a pod is adopted or released, and what it counts for changes with it. Also here: recoveries,
 * restarts, and how long pods wait for a node. */
#include <stdlib.h>

#include "models/api/daemonset.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/table.h"

struct row {
    struct row *next; /* in order of creation */
    struct object_key key;
    struct uid uid;
    bool deleted; /* or, as a workload of its own, adopted by another one */
    struct availability availability;
    struct recovery recovery;
    struct tally latency; /* seconds from a pod's creation to its binding */
    int64_t restarts, pods_created, pods_deleted;
    struct rollouts rollouts;
};

/* Which row an owner's pods count for: the owner is the row's own object or a ReplicaSet below. */
struct owner_of {
    struct table_node node; /* by uid */
    struct uid uid;
    struct row *row;
};

/* A pod of a row. */
struct replica {
    struct table_node node; /* by uid */
    uint64_t id;
    struct row *row;
    uint32_t created_for;
    bool ready;
};

struct workloads {
    struct cluster *cluster;
    struct row *first, **last;
    struct table owners, replicas;
    struct pool owner_pool, replica_pool;
};

/* ---- who belongs to whom ---- */

static struct owner_of *owner_find(const struct workloads *all, struct uid uid)
{
    struct table_node *node = table_first(&all->owners, uid.low);
    while (node != NULL && ((struct owner_of *)node)->uid.high != uid.high)
        node = table_again(node);
    return (struct owner_of *)node;
}

static void owner_set(struct workloads *all, struct uid uid, struct row *row)
{
    struct owner_of *owner = owner_find(all, uid);
    if (owner == NULL) {
        owner = pool_take(&all->owner_pool);
        owner->uid = uid;
        table_add(&all->owners, &owner->node, uid.low);
    }
    owner->row = row;
}

static struct row *row_new(struct workloads *all, const struct object *object)
{
    struct row *row = mem_new(sizeof *row);
    row->key = object_key_hold(object_key(object));
    row->uid = meta_of(object)->uid;
    recovery_init(&row->recovery);
    tally_init(&row->latency, TALLY_EXACT);
    *all->last = row;
    all->last = &row->next;
    owner_set(all, row->uid, row);
    return row;
}

/* The row of a pod or ReplicaSet by its controller; NULL when it has none that we know. */
static struct row *row_of_owner(const struct workloads *all, const struct object *object)
{
    const struct owner *owner = meta_controller(meta_of(object));
    struct owner_of *known = owner ? owner_find(all, owner->uid) : NULL;
    return known ? known->row : NULL;
}

/* ---- replicas ---- */

static struct replica *replica_find(const struct workloads *all, const struct object *pod)
{
    return (struct replica *)table_first(&all->replicas, meta_of(pod)->uid.low);
}

static bool is_bare_service(const struct object *pod)
{
    return meta_controller(meta_of(pod)) == NULL &&
           pod_of(pod)->spec->restart_policy == RESTART_ALWAYS;
}

static struct replica *replica_new(struct workloads *all, const struct watch_event *event)
{
    struct row *row = row_of_owner(all, event->object);
    if (row == NULL && is_bare_service(event->object) && event->type == WATCH_ADDED) {
        row = row_new(all, event->object);
        availability_want(&row->availability, event->at, 1, event->cause);
    }
    if (row == NULL)
        return NULL;
    struct replica *replica = pool_take(&all->replica_pool);
    replica->id = meta_of(event->object)->uid.low;
    replica->row = row;
    replica->created_for = event->cause.root;
    table_add(&all->replicas, &replica->node, replica->id);
    return replica;
}

static void replica_forget(struct workloads *all, struct replica *replica)
{
    table_remove(&all->replicas, &replica->node);
    pool_give(&all->replica_pool, replica);
}

static void replica_leaves(struct replica *replica, const struct watch_event *event)
{
    if (replica->ready)
        availability_lose(&replica->row->availability, event->at, replica->id, event->cause);
    replica->ready = false;
}

static void replica_serves(struct workloads *all, struct replica *replica, const struct pod *pod,
                           const struct watch_event *event)
{
    struct row *row = replica->row;
    struct vacancy filled;
    replica->ready = true;
    if (availability_gain(&row->availability, event->at, replica->id, replica->created_for,
                          &filled))
        recovery_note(&row->recovery, all->cluster->run, &row->availability, &filled, replica->id,
                      pod->transitions[POD_SCHEDULED], event->at);
}

/* A workload of its own that another one took over. */
static void row_is_adopted(struct row *row, const struct watch_event *event)
{
    row->deleted = true;
    availability_want(&row->availability, event->at, 0, event->cause);
}

/* The pod has another controller now, or none: released, it is no replica any more. NULL then. */
static struct replica *replica_changes_hands(struct workloads *all, struct replica *replica,
                                             const struct watch_event *event)
{
    struct row *row = row_of_owner(all, event->object);
    if (row == replica->row || (row == NULL && replica->row->key.kind == KIND_POD))
        return replica;
    replica_leaves(replica, event);
    if (row == NULL) {
        replica_forget(all, replica);
        return NULL;
    }
    if (replica->row->key.kind == KIND_POD)
        row_is_adopted(replica->row, event);
    replica->row = row;
    return replica;
}

/* ---- pods ---- */

static int64_t restarts_of(const struct container_statuses *containers)
{
    int64_t sum = 0;
    for (uint32_t i = 0; containers != NULL && i < containers->count; i++)
        sum += containers->items[i].restart_count;
    return sum;
}

static void count_pod(struct row *row, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = pod_of(event->before);
    if (before != NULL && pod->containers != before->containers)
        row->restarts += restarts_of(pod->containers) - restarts_of(before->containers);
    row->pods_created += event->type == WATCH_ADDED;
    row->pods_deleted += event->type == WATCH_DELETED;
    if (pod->node_name != NULL && before != NULL && before->node_name == NULL)
        tally_add(&row->latency, sim_time_to_seconds(event->at - pod->meta.created));
}

/* A bare pod that is gone stays gone: a failure leaves its workload down, a user's deletion
 * ends it. */
static void bare_pod_gone(struct workloads *all, struct row *row, const struct watch_event *event)
{
    row->deleted = true;
    if (!root_is_failure(all->cluster->run, event->cause.root))
        availability_want(&row->availability, event->at, 0, event->cause);
}

static bool owners_changed(const struct watch_event *event)
{
    return event->type == WATCH_MODIFIED &&
           !owners_equal(meta_of(event->object)->owners, meta_of(event->before)->owners);
}

static void pod_changed(struct workloads *all, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    struct replica *replica = replica_find(all, event->object);
    if (replica == NULL && event->type != WATCH_DELETED)
        replica = replica_new(all, event);
    else if (replica != NULL && owners_changed(event))
        replica = replica_changes_hands(all, replica, event);
    if (replica == NULL)
        return;
    count_pod(replica->row, event);
    if (event->type == WATCH_DELETED || !pod_serves(pod))
        replica_leaves(replica, event);
    else if (!replica->ready)
        replica_serves(all, replica, pod, event);
    if (event->type != WATCH_DELETED)
        return;
    if (replica->row->key.kind == KIND_POD)
        bare_pod_gone(all, replica->row, event);
    replica_forget(all, replica);
}

/* ---- Deployments, ReplicaSets, DaemonSets, StatefulSets ---- */

static struct row *workload_changed(struct workloads *all, const struct watch_event *event,
                                    int32_t replicas)
{
    struct owner_of *owner = owner_find(all, meta_of(event->object)->uid);
    struct row *row = owner ? owner->row : row_new(all, event->object);
    const bool ends = event->type == WATCH_DELETED || meta_of(event->object)->deleting;
    row->deleted = event->type == WATCH_DELETED;
    availability_want(&row->availability, event->at, ends ? 0 : replicas, event->cause);
    return row;
}

static void rolled_workload_changed(struct workloads *all, const struct watch_event *event,
                                    int32_t replicas)
{
    struct row *row = workload_changed(all, event, replicas);
    rollouts_follow(&row->rollouts, event);
}

struct move {
    struct workloads *all;
    const struct watch_event *event;
    struct uid set;
    struct row *row;
};

static void move_replica(void *context, const struct object *pod)
{
    const struct move *move = context;
    const struct owner *owner = meta_controller(meta_of(pod));
    struct replica *replica = replica_find(move->all, pod);
    if (owner == NULL || !uid_equal(owner->uid, move->set) || replica == NULL ||
        replica->row == move->row)
        return;
    const bool ready = replica->ready;
    replica_leaves(replica, move->event);
    replica->row = move->row;
    if (ready)
        replica_serves(move->all, replica, pod_of(pod), move->event);
}

/* A ReplicaSet's pods count for another row from now on. */
static void move_replicas(struct workloads *all, const struct watch_event *event, struct row *row)
{
    struct move move = { all, event, meta_of(event->object)->uid, row };
    owner_set(all, move.set, row);
    store_each(all->cluster->store, KIND_POD, move_replica, &move);
}

/* One without a Deployment is a workload of its own, as long as none adopts it; one that is released
 * becomes one. */
static void replicaset_changed(struct workloads *all, const struct watch_event *event)
{
    const struct uid uid = meta_of(event->object)->uid;
    const int32_t replicas = ((const struct replicaset *)event->object)->replicas;
    struct owner_of *known = owner_find(all, uid);
    struct row *above = row_of_owner(all, event->object);
    const bool is_own = known != NULL && uid_equal(known->row->uid, uid);
    if (above == NULL && known != NULL && !is_own && event->type != WATCH_DELETED) {
        struct row *row = row_new(all, event->object);
        availability_want(&row->availability, event->at, replicas, event->cause);
        move_replicas(all, event, row);
    } else if (above == NULL && (is_own || event->type != WATCH_DELETED)) {
        workload_changed(all, event, replicas);
    } else if (above != NULL && known == NULL) {
        owner_set(all, uid, above);
    } else if (above != NULL && is_own) {
        struct row *own = known->row;
        move_replicas(all, event, above);
        row_is_adopted(own, event);
    }
}

static void notice(void *self, const struct watch_event *event)
{
    switch (event->object->kind) {
    case KIND_POD:
        pod_changed(self, event);
        break;
    case KIND_REPLICASET:
        replicaset_changed(self, event);
        break;
    case KIND_DEPLOYMENT:
        rolled_workload_changed(self, event, ((const struct deployment *)event->object)->replicas);
        break;
    case KIND_DAEMONSET:
        rolled_workload_changed(self, event, daemonset_of(event->object)->desired);
        break;
    case KIND_STATEFULSET:
        rolled_workload_changed(self, event, statefulset_of(event->object)->replicas);
        break;
    }
}

/* ---- the metric ---- */

static void *start(struct cluster *cluster)
{
    struct workloads *all = mem_new(sizeof *all);
    all->cluster = cluster;
    all->last = &all->first;
    table_init(&all->owners);
    table_init(&all->replicas);
    pool_init(&all->owner_pool, sizeof(struct owner_of));
    pool_init(&all->replica_pool, sizeof(struct replica));
    store_watch_kinds(cluster->store, (struct watcher){ .self = all, .deliver = notice },
                      UINT64_C(1) << KIND_POD | UINT64_C(1) << KIND_REPLICASET |
                          UINT64_C(1) << KIND_DEPLOYMENT | UINT64_C(1) << KIND_DAEMONSET |
                          UINT64_C(1) << KIND_STATEFULSET);
    return all;
}

static struct value *reason_print(const struct workloads *all, const struct row *row)
{
    if (row->availability.ready >= row->availability.wanted)
        return value_new_null();
    char *reason = row->deleted ? mem_text("deleted, and nothing brings it back", 35)
                                : diagnose_workload(all->cluster, row->key);
    struct value *text = value_new_string(reason ? reason : nothing_said);
    free(reason);
    return text;
}

static struct value *row_print(struct workloads *all, struct row *row)
{
    struct value *map = row_head_print(all->cluster->run, row->key, row->deleted,
                                       &row->availability, &row->recovery);
    value_set(map, "schedulingLatency", tally_print(&row->latency));
    value_set(map, "restarts",
              row->restarts > 0 ? value_new_int(row->restarts) : value_shared_zero());
    value_set(map, "podsCreated", value_new_int(row->pods_created));
    value_set(map, "podsDeleted", value_new_int(row->pods_deleted));
    value_set(map, "rollouts", rollouts_print(&row->rollouts, all->cluster->run));
    value_set(map, "reason", reason_print(all, row));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    struct workloads *all = state;
    struct value *list = value_new_list();
    (void)now;
    for (struct row *row = all->first; row != NULL; row = row->next)
        value_add(list, row_print(all, row));
    return list;
}

static void restart(void *state, sim_time now)
{
    struct workloads *all = state;
    for (struct row *row = all->first; row != NULL; row = row->next) {
        availability_restart(&row->availability, now);
        recovery_close(&row->recovery);
        recovery_init(&row->recovery);
        tally_close(&row->latency);
        tally_init(&row->latency, TALLY_EXACT);
        rollouts_restart(&row->rollouts);
        row->restarts = row->pods_created = row->pods_deleted = 0;
    }
}

static void stop(void *state)
{
    struct workloads *all = state;
    while (all->first != NULL) {
        struct row *row = all->first;
        all->first = row->next;
        object_key_drop(row->key);
        availability_close(&row->availability);
        recovery_close(&row->recovery);
        tally_close(&row->latency);
        rollouts_close(&row->rollouts);
        free(row);
    }
    table_close(&all->owners);
    table_close(&all->replicas);
    pool_close(&all->owner_pool);
    pool_close(&all->replica_pool);
    free(all);
}

struct availability *workloads_availability(void *state, enum kind kind, const char *space,
                                            const char *name, struct nearest *near)
{
    struct workloads *all = state;
    struct availability *found = NULL;
    for (struct row *row = all->first; row != NULL; row = row->next) {
        if ((kind != KIND_COUNT && row->key.kind != kind) ||
            (space != NULL && strcmp(text_s(row->key.space), space) != 0))
            continue;
        if (strcmp(text_s(row->key.name), name) == 0)
            found = &row->availability;
        else if (near != NULL)
            nearest_offer(near, text_s(row->key.name));
    }
    return found;
}

static void sample(void *state, sim_time now, const struct sampler *to)
{
    struct workloads *all = state;
    (void)now;
    for (struct row *row = all->first; row != NULL; row = row->next) {
        const char *kind = kind_infos[row->key.kind].name, *space = text_s(row->key.space),
                   *name = text_s(row->key.name);
        if (row->deleted && row->availability.wanted == 0)
            continue; /* another of its name may be there */
        availability_sample(&row->availability, all->cluster->run, row->key, to);
        sample_take(to, "seatrial_restarts_total", (double)row->restarts, kind, space, name);
        sample_take(to, "seatrial_workload_pods_total", (double)row->pods_created, kind, space,
                    name);
    }
}

const struct metric workloads_metric = {
    .name = "workloads",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
    .sample = sample,
};
