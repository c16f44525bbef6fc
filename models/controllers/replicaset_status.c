/* The status of a ReplicaSet: its pods counted, and why the last attempt at changing them failed.
 *
 * Follows pkg/controller/replicaset/replica_set_utils.go and the end of syncReplicaSet of
 * kube-controller-manager, in the release named in docs/fidelity.md. */
#include "models/controllers/replicaset_private.h"

#include <string.h>

#include "models/api/planted.h"
#include "models/cluster/cluster.h"
#include "models/controllers/controller.h"

enum { STATUS_ATTEMPTS = 2 };

/* Has the pod all labels of the template? It may have more. */
static bool has_labels_of(const struct pod *pod, const struct labels *wanted)
{
    if (pod->meta.labels == wanted)
        return true;
    for (size_t i = 0; wanted != NULL && i < wanted->count; i++) {
        const char *value = labels_get(pod->meta.labels, wanted->items[i].key->s);
        if (value == NULL || strcmp(value, text_s(wanted->items[i].value)) != 0)
            return false;
    }
    return true;
}

/* Pods made from the template match for as long as selectors only ask for labels that are there. */
static bool asks_for_presence(const struct selector *selector)
{
    for (size_t i = 0; i < selector->count; i++) {
        const enum selector_operator asked = selector->requirements[i].operator;
        if (asked == OPERATOR_NOT_IN || asked == OPERATOR_DOES_NOT_EXIST ||
            asked == OPERATOR_NOT_EQUALS)
            return false;
    }
    return !selector->nothing;
}

bool replicaset_count(const struct client *client, const struct replicaset *set,
                      struct replica_counts *counts)
{
    const struct uid uid = set->meta.uid;
    if (set->relabelled || set->min_ready_seconds > 0 || !asks_for_presence(set->selector) ||
        client_count_replicas(client, uid, REPLICA_IRREGULAR) > 0 ||
        client_count_orphans(client, KIND_POD, set->meta.object.space) > 0)
        return false;
    const size_t ready = client_count_replicas(client, uid, REPLICA_READY);
    const size_t active = ready + client_count_replicas(client, uid, REPLICA_UNREADY);
    *counts = (struct replica_counts){
        .active = active,
        .terminating = client_count_replicas(client, uid, REPLICA_TERMINATING),
        .fully_labeled = active,
        .ready = ready,
        .available = ready,
    };
    return true;
}

struct replica_counts replicaset_count_claimed(const struct client *client,
                                               const struct replicaset *set,
                                               const struct pod_list *active,
                                               const struct pod_list *terminating)
{
    struct replica_counts counts = { .active = active->count, .terminating = terminating->count };
    for (size_t i = 0; i < active->count; i++) {
        const struct pod *pod = active->items[i];
        counts.fully_labeled += has_labels_of(pod, set->template->labels);
        counts.ready += pod_is_ready(pod);
        counts.available += PLANTED(PLANTED_READY_IS_AVAILABLE)
                                ? pod_is_ready(pod)
                                : pod_is_available(pod, set->min_ready_seconds, client->now);
    }
    return counts;
}

static void take_counts(struct replicaset *next, const struct replica_counts *counts)
{
    next->status_replicas = (int32_t)counts->active;
    next->fully_labeled_replicas = (int32_t)counts->fully_labeled;
    next->ready_replicas = (int32_t)counts->ready;
    next->available_replicas = (int32_t)counts->available;
    next->terminating_replicas = (int32_t)counts->terminating;
}

/* ReplicaFailure says why the last attempt failed first; a success takes it away. */
static void note_failure(struct client *client, struct replicaset *next, size_t active,
                         const struct error *failure)
{
    const bool noted = conditions_find(next->conditions, "ReplicaFailure") != NULL;
    const struct conditions *before = next->conditions;
    struct texts *texts = client->cluster->codec.texts;
    if (failure->text != NULL && !noted) {
        const char *reason = (int64_t)active < next->replicas   ? "FailedCreate"
                             : (int64_t)active > next->replicas ? "FailedDelete"
                                                                : NULL;
        next->conditions = conditions_with(
            before, (struct condition){ .type = text_intern(texts, "ReplicaFailure"),
                                        .reason = text_intern(texts, reason),
                                        .message = text_intern(texts, failure->text),
                                        .status = CONDITION_TRUE,
                                        .transition = client->now - client->now % SIM_SECOND });
        conditions_drop(before);
    } else if (failure->text == NULL && noted) {
        next->conditions = conditions_without(before, "ReplicaFailure");
        conditions_drop(before);
    }
}

static bool status_is_same(const struct replicaset *a, const struct replicaset *b)
{
    return a->status_replicas == b->status_replicas &&
           a->fully_labeled_replicas == b->fully_labeled_replicas &&
           a->ready_replicas == b->ready_replicas &&
           a->available_replicas == b->available_replicas &&
           a->terminating_replicas == b->terminating_replicas &&
           conditions_equal(a->conditions, b->conditions);
}

/* Write the status of `next` unless it says nothing new. After a conflict it is put once on
 * the version that the API server has now. */
static bool write_status(struct client *client, const struct replicaset *set,
                         struct replicaset *next)
{
    if (status_is_same(set, next) && set->observed_generation == set->meta.generation)
        return true;
    next->observed_generation = set->meta.generation;
    enum reply reply = REPLY_CONFLICT;
    const struct object *base = &next->meta.object;
    for (int attempt = 0; attempt < STATUS_ATTEMPTS && reply != REPLY_OK; attempt++) {
        if (attempt > 0)
            base = client_read(client, object_key(&set->meta.object));
        if (base == NULL)
            return false;
        struct object *written = client_edit(base);
        kind_infos[KIND_REPLICASET].take_status(written, &next->meta.object);
        struct error error = { 0 };
        reply = client_update_status(client, written, &error);
        error_close(&error);
    }
    return reply == REPLY_OK;
}

/* A ready pod becomes available by time alone: come back when the first of them does. */
static void requeue_for_availability(struct client *client, const struct replicaset *next,
                                     const struct pod_list *active)
{
    if (next->min_ready_seconds <= 0 || next->ready_replicas == next->available_replicas)
        return;
    sim_time delay = SIM_FOREVER;
    for (size_t i = 0; i < active->count; i++) {
        const struct pod *pod = active->items[i];
        if (!pod_is_ready(pod) || pod_is_available(pod, next->min_ready_seconds, client->now))
            continue;
        const sim_time left = pod_available_at(pod, next->min_ready_seconds) - client->now;
        delay = left < delay ? left : delay;
    }
    if (delay == SIM_FOREVER)
        delay = next->min_ready_seconds * SIM_SECOND;
    controller_requeue_after(client, object_key(&next->meta.object), delay);
}

bool replicaset_write_status(struct client *client, const struct replicaset *set,
                             const struct replica_counts *counts, const struct pod_list *active,
                             const struct error *failure)
{
    struct replicaset *next = (struct replicaset *)client_edit(&set->meta.object);
    take_counts(next, counts);
    note_failure(client, next, counts->active, failure);
    const bool written = write_status(client, set, next);
    if (written)
        requeue_for_availability(client, next, active);
    object_drop(&next->meta.object);
    return written;
}
