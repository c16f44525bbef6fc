/* Availability of each workload: Deployments, ReplicaSets without one, and bare pods that are
 * meant to run for ever.
 *
 * A pod belongs to the workload at the top of its owner references, which is looked up when
 * the pod is first seen. Also here: how long it takes to notice a lost replica, to place
 * its replacement and to have it ready, counted from the failure's root; restarts; rollouts. */
#include <stdlib.h>

#include "models/api/workloads.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

enum rollout_outcome { ROLLOUT_UNDER_WAY, ROLLOUT_COMPLETE, ROLLOUT_SUPERSEDED };

/* From a change of the template until every replica is updated and available. */
struct rollout {
    sim_time start, end;
    enum rollout_outcome outcome;
    bool missed_deadline;
    uint32_t root;
};

struct row {
    struct row *next; /* in order of creation */
    struct object_key key;
    struct uid uid;
    bool deleted;
    struct availability availability;
    struct tally detect, reschedule, recover; /* seconds */
    int64_t restarts;
    struct rollout *rollouts;
    size_t rollout_count, rollout_capacity;
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

static void owner_add(struct workloads *all, struct uid uid, struct row *row)
{
    struct owner_of *owner = pool_take(&all->owner_pool);
    owner->uid = uid;
    owner->row = row;
    table_add(&all->owners, &owner->node, uid.low);
}

static struct row *row_new(struct workloads *all, const struct object *object)
{
    struct row *row = mem_new(sizeof *row);
    row->key = object_key_hold(object_key(object));
    row->uid = meta_of(object)->uid;
    tally_init(&row->detect, TALLY_EXACT);
    tally_init(&row->reschedule, TALLY_EXACT);
    tally_init(&row->recover, TALLY_EXACT);
    *all->last = row;
    all->last = &row->next;
    owner_add(all, row->uid, row);
    return row;
}

static struct replica *replica_find(const struct workloads *all, const struct object *pod)
{
    return (struct replica *)table_first(&all->replicas, meta_of(pod)->uid.low);
}

/* The row of a pod or ReplicaSet by its controller; NULL when it has none that we know. */
static struct row *row_of_owner(const struct workloads *all, const struct object *object)
{
    const struct owner *owner = meta_controller(meta_of(object));
    struct owner_of *known = owner ? owner_find(all, owner->uid) : NULL;
    return known ? known->row : NULL;
}

/* ---- pods ---- */

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

/* How long the loss took to show, to find another place, and to mend: from the failure on. */
static void note_recovery(struct workloads *all, struct row *row, const struct vacancy *filled,
                          const struct replica *replica, const struct pod *pod, sim_time now)
{
    const struct run *run = all->cluster->run;
    if (!row->availability.counting || filled->replica == 0 ||
        !root_is_failure(run, filled->cause.root))
        return;
    sim_time struck = run->roots[filled->cause.root].at;
    tally_add(&row->detect, sim_time_to_seconds(filled->since - struck));
    tally_add(&row->recover, sim_time_to_seconds(now - struck));
    if (filled->replica != replica->id)
        tally_add(&row->reschedule, sim_time_to_seconds(pod->transitions[POD_SCHEDULED] - struck));
}

static void replica_leaves(struct replica *replica, const struct watch_event *event)
{
    if (replica->ready)
        availability_lose(&replica->row->availability, event->at, replica->id, event->cause);
    replica->ready = false;
}

static void replica_serves(struct workloads *all, struct replica *replica,
                           const struct watch_event *event)
{
    struct row *row = replica->row;
    struct vacancy filled;
    bool counted = row->availability.counting;
    replica->ready = true;
    if (availability_gain(&row->availability, event->at, replica->id, replica->created_for,
                          &filled) &&
        counted)
        note_recovery(all, row, &filled, replica, pod_of(event->object), event->at);
}

static int64_t restarts_of(const struct container_statuses *containers)
{
    int64_t sum = 0;
    for (uint32_t i = 0; containers != NULL && i < containers->count; i++)
        sum += containers->items[i].restart_count;
    return sum;
}

static void count_restarts(struct row *row, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = pod_of(event->before);
    if (before != NULL && pod->containers != before->containers)
        row->restarts += restarts_of(pod->containers) - restarts_of(before->containers);
}

/* A bare pod that is gone stays gone: a failure leaves its workload down, a user's deletion
 * ends it. */
static void bare_pod_gone(struct workloads *all, struct row *row, const struct watch_event *event)
{
    row->deleted = true;
    if (!root_is_failure(all->cluster->run, event->cause.root))
        availability_want(&row->availability, event->at, 0, event->cause);
}

static void pod_changed(struct workloads *all, const struct watch_event *event)
{
    struct replica *replica = replica_find(all, event->object);
    bool serves = event->type != WATCH_DELETED && pod_serves(pod_of(event->object));
    if (replica != NULL && event->type == WATCH_MODIFIED &&
        meta_of(event->object)->owners != meta_of(event->before)->owners) {
        struct row *row = row_of_owner(all, event->object); /* adopted or released */
        if (row != NULL && row != replica->row) {
            replica_leaves(replica, event);
            replica->row = row;
        }
    }
    if (replica == NULL && event->type != WATCH_DELETED)
        replica = replica_new(all, event);
    if (replica == NULL)
        return;
    count_restarts(replica->row, event);
    if (!serves)
        replica_leaves(replica, event);
    else if (!replica->ready)
        replica_serves(all, replica, event);
    if (event->type == WATCH_DELETED) {
        if (replica->row->key.kind == KIND_POD)
            bare_pod_gone(all, replica->row, event);
        table_remove(&all->replicas, &replica->node);
        pool_give(&all->replica_pool, replica);
    }
}

/* ---- Deployments and ReplicaSets ---- */

static struct rollout *rollout_open(struct row *row)
{
    struct rollout *last = row->rollout_count ? &row->rollouts[row->rollout_count - 1] : NULL;
    return last != NULL && last->outcome == ROLLOUT_UNDER_WAY ? last : NULL;
}

static void rollout_begin(struct row *row, const struct watch_event *event)
{
    struct rollout *open = rollout_open(row);
    if (open != NULL) {
        open->outcome = ROLLOUT_SUPERSEDED;
        open->end = event->at;
    }
    MEM_GROW(row->rollouts, row->rollout_count, row->rollout_capacity);
    row->rollouts[row->rollout_count++] =
        (struct rollout){ .start = event->at, .end = SIM_FOREVER, .root = event->cause.root };
}

/* As `kubectl rollout status` sees it. */
static bool rollout_is_complete(const struct deployment *deployment)
{
    return deployment->observed_generation >= deployment->meta.generation &&
           deployment->updated_replicas == deployment->replicas &&
           deployment->status_replicas == deployment->replicas &&
           deployment->available_replicas == deployment->replicas;
}

static bool template_changed(const struct deployment *deployment, const struct deployment *before)
{
    return before == NULL ||
           (deployment->template != before->template &&
            !value_equal(deployment->template->document, before->template->document));
}

static void follow_rollout(struct row *row, const struct watch_event *event)
{
    const struct deployment *deployment = (const struct deployment *)event->object;
    if (template_changed(deployment, (const struct deployment *)event->before))
        rollout_begin(row, event);
    struct rollout *open = rollout_open(row);
    if (open == NULL)
        return;
    const struct condition *progressing = conditions_find(deployment->conditions, "Progressing");
    if (progressing != NULL && progressing->status == CONDITION_FALSE &&
        progressing->transition > open->start) /* not what the rollout before left behind */
        open->missed_deadline = true;
    if (rollout_is_complete(deployment)) {
        open->outcome = ROLLOUT_COMPLETE;
        open->end = event->at;
    }
}

static void workload_changed(struct workloads *all, const struct watch_event *event,
                             int32_t replicas)
{
    struct owner_of *owner = owner_find(all, meta_of(event->object)->uid);
    struct row *row = owner ? owner->row : row_new(all, event->object);
    bool ends = event->type == WATCH_DELETED || meta_of(event->object)->deleting;
    row->deleted = event->type == WATCH_DELETED;
    availability_want(&row->availability, event->at, ends ? 0 : replicas, event->cause);
    if (row->key.kind == KIND_DEPLOYMENT && !ends)
        follow_rollout(row, event);
}

static void replicaset_changed(struct workloads *all, const struct watch_event *event)
{
    const struct object *object = event->object;
    struct owner_of *known = owner_find(all, meta_of(object)->uid);
    struct row *above = row_of_owner(all, object);
    if (above == NULL && (known == NULL || known->row->key.kind == KIND_REPLICASET))
        workload_changed(all, event, ((const struct replicaset *)object)->replicas);
    else if (known == NULL)
        owner_add(all, meta_of(object)->uid, above);
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
        workload_changed(self, event, ((const struct deployment *)event->object)->replicas);
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
    cache_watch_kinds(cluster->cache, (struct watcher){ .self = all, .deliver = notice },
                      1u << KIND_POD | 1u << KIND_REPLICASET | 1u << KIND_DEPLOYMENT);
    return all;
}

static struct value *rollouts_print(const struct row *row, const struct run *run)
{
    static const char *const outcomes[] = { "under way", "complete", "superseded" };
    struct value *list = value_new_list();
    for (size_t i = 0; i < row->rollout_count; i++) {
        const struct rollout *rollout = &row->rollouts[i];
        struct value *map = value_new_map();
        char *cause = root_print(run, rollout->root);
        sim_time end = rollout->outcome == ROLLOUT_UNDER_WAY ? run_now(run) : rollout->end;
        value_set(map, "startSeconds", seconds_print(rollout->start));
        value_set(map, "endSeconds", seconds_print(rollout->end));
        value_set(map, "seconds", seconds_print(end - rollout->start));
        value_set(map, "outcome", value_new_string(outcomes[rollout->outcome]));
        value_set(map, "missedProgressDeadline", value_new_bool(rollout->missed_deadline));
        value_set(map, "cause", value_new_string(cause));
        value_add(list, map);
        free(cause);
    }
    return list;
}

static struct value *reason_print(const struct workloads *all, const struct row *row)
{
    if (row->availability.ready >= row->availability.wanted)
        return value_new_null();
    char *reason = row->deleted ? mem_text("deleted, and nothing brings it back", 35)
                                : diagnose_workload(all->cluster, row->key);
    struct value *text = reason ? value_new_string(reason) : value_new_null();
    free(reason);
    return text;
}

static struct value *row_print(struct workloads *all, struct row *row)
{
    struct value *map = value_new_map();
    value_set(map, "kind", value_new_string(kind_infos[row->key.kind].name));
    value_set(map, "namespace", value_new_string(text_s(row->key.space)));
    value_set(map, "name", value_new_string(text_s(row->key.name)));
    value_set(map, "deleted", value_new_bool(row->deleted));
    availability_print(&row->availability, all->cluster->run, map);
    value_set(map, "detect", tally_print(&row->detect));
    value_set(map, "reschedule", tally_print(&row->reschedule));
    value_set(map, "recover", tally_print(&row->recover));
    value_set(map, "restarts", value_new_int(row->restarts));
    value_set(map, "rollouts", rollouts_print(row, all->cluster->run));
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

static void stop(void *state)
{
    struct workloads *all = state;
    while (all->first != NULL) {
        struct row *row = all->first;
        all->first = row->next;
        object_key_drop(row->key);
        availability_close(&row->availability);
        tally_close(&row->detect);
        tally_close(&row->reschedule);
        tally_close(&row->recover);
        free(row->rollouts);
        free(row);
    }
    table_close(&all->owners);
    table_close(&all->replicas);
    pool_close(&all->owner_pool);
    pool_close(&all->replica_pool);
    free(all);
}

const struct metric workloads_metric = {
    .name = "workloads",
    .start = start,
    .summary = summary,
    .stop = stop,
};
