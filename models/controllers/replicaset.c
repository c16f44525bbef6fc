/* Keep the number of pods of a ReplicaSet at spec.replicas.
 *
 * Level-triggered: looks at what its client sees, never at the event that woke it. Follows
 * pkg/controller/replicaset/replica_set.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. That release also waits for its own status writes to come back (the consistency
 * store); here a stale status write meets a conflict. */
#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "models/api/planted.h"
#include "models/controllers/controller.h"
#include "models/controllers/expectations.h"
#include "models/controllers/ownership.h"
#include "models/controllers/pod_control.h"
#include "models/controllers/pod_ranking.h"
#include "models/controllers/replicaset_private.h"
#include "sim/base/memory.h"

enum { BURST_REPLICAS = 500 /* pods created or deleted in one reconcile */ };

struct replicaset_state {
    struct expectations expectations;
};

static const struct replicaset *replicaset_of(const struct object *object)
{
    return (const struct replicaset *)object;
}

/* ---- too few, too many ---- */

static void create_missing(struct client *client, struct expectations *expectations,
                           const struct pod_owner *owner, int missing, struct error *error)
{
    const struct object_key key = object_key(&owner->meta->object);
    expectations_create(expectations, key, missing, client->now);
    const int created = pods_create(client, owner, missing, error);
    for (int skipped = created; skipped < missing; skipped++)
        expectations_saw_created(expectations, key);
}

/* The pods of all ReplicaSets that have the same controller as this one: of the whole
 * Deployment. A ReplicaSet of its own has none, so its pods are not told apart by node. */
static struct pod_list related_pods(struct client *client, const struct meta *set)
{
    struct pod_list related = { 0 };
    const struct owner *controller = meta_controller(set);
    if (controller == NULL)
        return related;
    struct cache_cursor sets = client_list_owned(client, KIND_REPLICASET, controller->uid);
    while (cache_next(&sets)) {
        const struct uid uid = meta_of(sets.object)->uid;
        struct cache_cursor pods = client_list_owned(client, KIND_POD, uid);
        while (cache_next(&pods))
            pod_list_add(&related, pod_of(pods.object));
    }
    return related;
}

static const char *ranked_name(const void *ranks, uint32_t place)
{
    return name_of(((const struct pod_rank *)ranks)[place].pod);
}

/* Pods that no rule tells apart may stand on both sides of the cut: Kubernetes sorts them in no
 * order at all, so which of them go is a free choice. */
static void choose_among_tied(struct client *client, const struct meta *set, struct pod_rank *ranks,
                              size_t count, size_t cut)
{
    size_t first = cut - 1, end = cut;
    while (first > 0 && pod_rank_compare(&ranks[first - 1], &ranks[cut - 1], client->now) == 0)
        first--;
    while (end < count && pod_rank_compare(&ranks[cut - 1], &ranks[end], client->now) == 0)
        end++;
    if (end == cut)
        return;
    for (size_t i = first; i < cut; i++) {
        const uint64_t salt = set->object.version * BURST_REPLICAS + i;
        const struct question question = { .purpose = "pod-to-delete",
                                           .entity = name_of(set),
                                           .options = (uint32_t)(end - i),
                                           .name = ranked_name,
                                           .context = ranks + i };
        const size_t taken = i + run_choose_named(client->cluster->run, question, salt);
        const struct pod_rank swapped = ranks[i];
        ranks[i] = ranks[taken];
        ranks[taken] = swapped;
    }
}

static bool are_tied(const struct pod_rank *ranks, size_t count, sim_time now)
{
    size_t tied = 1;
    while (tied < count && pod_rank_compare(&ranks[0], &ranks[tied], now) == 0)
        tied++;
    return tied == count;
}

/* Bring the pods to be deleted to the front of the ranks: of the others, so many as may be tied with
 * the last of them are put in order, too. */
static void rank_for_deletion(struct client *client, const struct meta *set, struct pod_rank *ranks,
                              size_t count, size_t surplus)
{
    struct pod_list related = related_pods(client, set);
    pod_ranks_count_colocated(ranks, count, related.items, related.count);
    pod_list_close(&related);
    size_t sorted = surplus;
    do {
        sorted = sorted < count / 2 ? sorted * 2 : count;
        pod_ranks_select(ranks, count, sorted, client->now);
    } while (sorted < count && are_tied(ranks + surplus - 1, sorted - surplus + 1, client->now));
    choose_among_tied(client, set, ranks, sorted, surplus);
}

static void delete_ranked(struct client *client, struct expectations *expectations,
                          const struct pod_owner *owner, const struct pod_rank *ranks, size_t count,
                          struct error *error)
{
    const struct object_key key = object_key(&owner->meta->object);
    struct uid *uids = mem_new(count * sizeof *uids);
    for (size_t i = 0; i < count; i++)
        uids[i] = ranks[i].pod->meta.uid;
    expectations_delete(expectations, key, uids, count, client->now);
    struct batch batch = client_batch(client);
    for (size_t i = 0; i < count; i++) {
        client_batch_next(client, &batch);
        if (pod_delete(client, owner, ranks[i].pod, error) != REPLY_OK)
            expectations_saw_deleted(expectations, key, uids[i]);
    }
    client_batch_end(client, &batch);
    free(uids);
}

static void delete_surplus(struct client *client, struct expectations *expectations,
                           const struct pod_owner *owner, const struct pod_list *active,
                           size_t surplus, struct error *error)
{
    struct pod_rank *ranks = mem_new(active->count * sizeof *ranks);
    for (size_t i = 0; i < active->count; i++)
        ranks[i] = pod_rank_of(active->items[i]);
    if (surplus < active->count)
        rank_for_deletion(client, owner->meta, ranks, active->count, surplus);
    delete_ranked(client, expectations, owner, ranks, surplus, error);
    free(ranks);
}

/* The pods of a ReplicaSet in one reconcile: counted, or claimed one by one where that is needed. */
struct replicas {
    struct replica_counts counts;
    bool claimed;
    struct pod_list active, terminating; /* when claimed */
};

static bool claim(struct client *client, const struct pod_owner *owner, struct replicas *pods,
                  struct error *error)
{
    pods->claimed = true;
    if (!pods_claim(client, owner, &pods->active, &pods->terminating, error))
        return false;
    pods->counts.active = pods->active.count;
    return true;
}

/* All of them are its own, so that there is nothing to claim. */
static void list_active(struct client *client, const struct replicaset *set,
                        struct pod_list *active)
{
    struct cache_cursor owned = client_list_owned(client, KIND_POD, set->meta.uid);
    while (cache_next(&owned))
        if (pod_is_active(pod_of(owned.object)))
            pod_list_add(active, pod_of(owned.object));
}

static bool find_pods(struct client *client, const struct replicaset *set,
                      const struct pod_owner *owner, bool manage, struct replicas *pods,
                      struct error *error)
{
    if (!replicaset_count(client, set, &pods->counts))
        return claim(client, owner, pods, error);
    if (manage && (int64_t)pods->counts.active > set->replicas)
        list_active(client, set, &pods->active);
    return true;
}

static void manage_pods(struct client *client, const struct replicaset *set,
                        const struct pod_owner *owner, const struct replicas *pods,
                        struct error *error)
{
    struct replicaset_state *state = controller_state(client);
    const int64_t surplus = (int64_t)pods->counts.active - set->replicas;
    const int64_t wanted = surplus < 0 ? -surplus : surplus;
    const int64_t change = wanted < BURST_REPLICAS ? wanted : BURST_REPLICAS;
    if (surplus < 0)
        create_missing(client, &state->expectations, owner, (int)change, error);
    else if (surplus > 0)
        delete_surplus(client, &state->expectations, owner, &pods->active, (size_t)change, error);
}

/* ---- reconcile ---- */

static enum outcome sync_pods(struct client *client, const struct replicaset *set, bool manage,
                              const struct pod_owner *owner, struct replicas *pods)
{
    struct error failure = { 0 };
    if (manage)
        manage_pods(client, set, owner, pods, &failure);
    if (pods->claimed) /* available as of now: the calls have taken time */
        pods->counts = replicaset_count_claimed(client, set, &pods->active, &pods->terminating);
    const bool written =
        replicaset_write_status(client, set, &pods->counts, &pods->active, &failure);
    const enum outcome outcome = written && failure.text == NULL ? RECONCILED : RETRY;
    error_close(&failure);
    return outcome;
}

static enum outcome replicaset_reconcile(struct client *client, struct object_key key)
{
    struct replicaset_state *state = controller_state(client);
    const struct object *object = client_get(client, KIND_REPLICASET, key.space, key.name);
    if (object == NULL) {
        expectations_forget(&state->expectations, key);
        return RECONCILED; /* its pods are the garbage collector's */
    }
    const struct replicaset *set = replicaset_of(object);
    const bool manage = (expectations_met(&state->expectations, key, client->now) ||
                         PLANTED(PLANTED_EXPECTATIONS_IGNORED)) &&
                        !set->meta.deleting;
    const struct pod_owner owner = { .meta = &set->meta,
                                     .api_version = "apps/v1",
                                     .kind = "ReplicaSet",
                                     .selector = set->selector,
                                     .template = set->template };
    struct replicas pods = { .claimed = false };
    struct error error = { 0 };
    enum outcome outcome = RETRY;
    if (find_pods(client, set, &owner, manage, &pods, &error))
        outcome = sync_pods(client, set, manage, &owner, &pods);
    error_close(&error);
    pod_list_close(&pods.active);
    pod_list_close(&pods.terminating);
    return outcome;
}

/* ---- what wakes it ---- */

/* The key of the ReplicaSet a reference means; false when there is none with its uid. */
static bool resolve(struct controller_run *controller, const struct pod *pod,
                    const struct owner *owner, struct object_key *key)
{
    const struct object *set =
        owner_object(controller_client(controller), KIND_REPLICASET, pod->meta.object.space, owner);
    if (set == NULL)
        return false;
    *key = object_key(set);
    return true;
}

static void wake_those_that_match(struct controller_run *controller, const struct pod *pod,
                                  struct cause cause)
{
    if (pod->meta.labels == NULL)
        return;
    struct cache_cursor sets = client_list_namespace(controller_client(controller), KIND_REPLICASET,
                                                     pod->meta.object.space);
    while (cache_next(&sets)) {
        const struct selector *selector = replicaset_of(sets.object)->selector;
        if (!selector_is_empty(selector) &&
            selector_matches(selector, labels_lookup, pod->meta.labels))
            controller_wake(controller, object_key(sets.object), cause);
    }
}

static void wake_for_new_pod(struct controller_run *controller, const struct pod *pod,
                             struct cause cause)
{
    struct replicaset_state *state = controller_run_state(controller);
    const struct owner *owner = meta_controller(&pod->meta);
    struct object_key key;
    if (owner == NULL) {
        wake_those_that_match(controller, pod, cause);
    } else if (resolve(controller, pod, owner, &key)) {
        expectations_saw_created(&state->expectations, key);
        controller_wake(controller, key, cause);
    }
}

/* Deleted, or about to be: the sooner another takes its place the better. */
static void wake_for_lost_pod(struct controller_run *controller, const struct pod *pod,
                              struct cause cause)
{
    struct replicaset_state *state = controller_run_state(controller);
    struct object_key key;
    if (resolve(controller, pod, meta_controller(&pod->meta), &key)) {
        expectations_saw_deleted(&state->expectations, key, pod->meta.uid);
        controller_wake(controller, key, cause);
    }
}

static void wake_for_changed_pod(struct controller_run *controller, const struct pod *pod,
                                 const struct pod *before, struct cause cause)
{
    const struct owner *owner = meta_controller(&pod->meta);
    const struct owner *former = meta_controller(&before->meta);
    const bool changed_hands =
        pod->meta.owners != before->meta.owners &&
        (owner == NULL || former == NULL || !uid_equal(owner->uid, former->uid));
    struct object_key key;
    if (changed_hands && resolve(controller, pod, former, &key))
        controller_wake(controller, key, cause);
    if (resolve(controller, pod, owner, &key))
        controller_wake(controller, key, cause);
    else if (owner == NULL &&
             (changed_hands || !labels_equal(pod->meta.labels, before->meta.labels)))
        wake_those_that_match(controller, pod, cause);
}

static void wake_for_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (event->type == WATCH_DELETED || pod->meta.deleting)
        wake_for_lost_pod(controller, pod, event->cause);
    else if (event->type == WATCH_ADDED)
        wake_for_new_pod(controller, pod, event->cause);
    else
        wake_for_changed_pod(controller, pod, pod_of(event->before), event->cause);
}

static void wake_for_replicaset(struct controller_run *controller, const struct watch_event *event)
{
    struct replicaset_state *state = controller_run_state(controller);
    if (event->type == WATCH_DELETED)
        expectations_forget(&state->expectations, object_key(event->object));
    controller_wake(controller, object_key(event->object), event->cause);
}

static int replicaset_workers(const struct settings *settings)
{
    return settings->concurrent_rs_syncs;
}

static void replicaset_init(void *state, struct cluster *cluster)
{
    (void)cluster;
    expectations_init(&((struct replicaset_state *)state)->expectations);
}

static void replicaset_close(void *state)
{
    expectations_close(&((struct replicaset_state *)state)->expectations);
}

const struct controller replicaset_controller = {
    .name = "replicaset-controller",
    .reconciles = KIND_REPLICASET,
    .wakes_on = { { KIND_REPLICASET, wake_for_replicaset }, { KIND_POD, wake_for_pod } },
    .reconcile = replicaset_reconcile,
    .awaits_own_writes = true,
    .expects = true,
    .workers = replicaset_workers,
    .state_size = sizeof(struct replicaset_state),
    .init = replicaset_init,
    .close = replicaset_close,
};
