/* Preemption carried out: the API calls that make room, beside the next attempts.
 *
 * The preemptor is kept out of the queue until the calls are done (SchedulerAsyncPreemption). The
 * last victim is told apart: once its deletion has begun, whoever hears of it may try again.
 * Follows pkg/scheduler/framework/preemption/executor.go of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/scheduler_private.h"

struct eviction {
    struct scheduler *scheduler;
    const struct pod *pod;   /* held: who needs the room */
    const struct text *node; /* held */
    struct cause cause;
    const struct pod **victims; /* owned, each held: those that are not being deleted yet */
    size_t victim_count;
    struct eviction *previous, *next; /* in the order in which they were decided */
    bool held;                        /* back, by scheduler_hold_evictions() */
};

static void eviction_free(struct eviction *eviction)
{
    struct scheduler *scheduler = eviction->scheduler;
    *(eviction->previous != NULL ? &eviction->previous->next : &scheduler->first_eviction) =
        eviction->next;
    *(eviction->next != NULL ? &eviction->next->previous : &scheduler->last_eviction) =
        eviction->previous;
    for (size_t i = 0; i < eviction->victim_count; i++)
        object_drop(&eviction->victims[i]->meta.object);
    free(eviction->victims);
    object_drop(&eviction->pod->meta.object);
    text_drop(eviction->node);
    free(eviction);
}

/* --- nominations of lower priority ----------------------------------------------------------- */

static bool clear_nomination(struct object *object, void *context)
{
    (void)context;
    if (pod_nominated_node((const struct pod *)object) == NULL)
        return false;
    pod_set_nominated_node((struct pod *)object, NULL);
    return true;
}

/* They may no longer fit there, and had better look for another place. */
static void clear_lower_nominations(const struct eviction *eviction)
{
    struct scheduler *scheduler = eviction->scheduler;
    const struct nominated_node *node = nominator_find(scheduler->nominator, eviction->node);
    for (const struct nominee *nominee = node != NULL ? node->first : NULL; nominee != NULL;
         nominee = nominee->next) {
        const struct pod *pod = nominee->pod;
        if (pod->spec->priority >= eviction->pod->spec->priority || pod_nominated_node(pod) == NULL)
            continue;
        scheduler_tell(scheduler, (struct scheduler_call){ .verb = "patchStatus",
                                                           .pod = pod,
                                                           .nomination = NOMINATION_CLEARED });
        client_patch(&scheduler->client, object_key(&pod->meta.object), clear_nomination, NULL,
                     NULL);
    }
}

/* --- victims ----------------------------------------------------------------------------------- */

struct victim_patch {
    struct scheduler *scheduler;
    char *message;
};

static bool mark_victim(struct object *object, void *context)
{
    const struct victim_patch *patch = context;
    return pod_set_condition((struct pod *)object, patch->scheduler->cluster->run->texts,
                             POD_DISRUPTION_TARGET, true, "PreemptionByScheduler", patch->message,
                             patch->scheduler->client.now);
}

static void mark(const struct eviction *eviction, const struct pod *victim)
{
    struct scheduler *scheduler = eviction->scheduler;
    struct victim_patch patch = { scheduler,
                                  mem_format("%s: preempting to accommodate a higher priority pod",
                                             text_s(eviction->pod->spec->scheduler_name)) };
    scheduler_tell(scheduler, (struct scheduler_call){ .verb = "patchStatus",
                                                       .pod = victim,
                                                       .condition = "DisruptionTarget",
                                                       .reason = "PreemptionByScheduler" });
    client_patch(&scheduler->client, object_key(&victim->meta.object), mark_victim, &patch, NULL);
    free(patch.message);
}

/* A victim that is not bound yet need not be deleted: it is not let go. */
static bool turn_back(const struct eviction *eviction, const struct pod *victim)
{
    return permits_reject(&eviction->scheduler->permits, victim->meta.uid,
                          &default_preemption_plugin, "preempted");
}

static void evict(const struct eviction *eviction, const struct pod *victim)
{
    struct scheduler *scheduler = eviction->scheduler;
    const struct delete_options options = delete_options_default();
    char uid[UID_TEXT];
    if (!turn_back(eviction, victim)) {
        mark(eviction, victim);
        scheduler_tell(scheduler, (struct scheduler_call){ .verb = "deletePod", .pod = victim });
        client_delete(&scheduler->client, object_key(&victim->meta.object), options, NULL);
    }
    client_event(&scheduler->client, &victim->meta.object, false, "Preempted",
                 "Preempted by pod %s on node %s", uid_print(eviction->pod->meta.uid, uid),
                 eviction->node->s);
}

/* --- all of them -------------------------------------------------------------------------------- */

/* Before anybody hears of the last deletion. */
enum { PRIORITY_DONE = PRIORITY_WATCH - 1 };

static void end_preemption(void *subject, sim_time now)
{
    struct eviction *eviction = subject;
    (void)now;
    nominator_end_preemption(eviction->scheduler->nominator, eviction->pod->meta.uid);
    eviction_free(eviction);
}

static void evict_all(struct eviction *eviction)
{
    struct client *client = &eviction->scheduler->client;
    struct batch batch = client_batch(client);
    for (size_t i = 0; i + 1 < eviction->victim_count; i++) {
        client_batch_next(client, &batch);
        evict(eviction, eviction->victims[i]);
    }
    client_batch_end(client, &batch);
    evict(eviction, eviction->victims[eviction->victim_count - 1]);
    run_at(eviction->scheduler->cluster->run, client->now, PRIORITY_DONE, end_preemption, eviction);
}

void scheduler_preempt(struct scheduler *scheduler, const struct pod *pod, struct cause cause,
                       const struct attempt_failure *failure)
{
    struct eviction *eviction = mem_new(sizeof *eviction);
    *eviction =
        (struct eviction){ .scheduler = scheduler,
                           .pod = pod_of(object_hold(&pod->meta.object)),
                           .node = text_hold(failure->node),
                           .cause = cause,
                           .victims = mem_new(failure->victim_count * sizeof *eviction->victims),
                           .victim_count = failure->victim_count,
                           .previous = scheduler->last_eviction,
                           .held = scheduler->holds_evictions };
    for (size_t i = 0; i < failure->victim_count; i++)
        eviction->victims[i] = pod_of(object_hold(&failure->victims[i]->meta.object));
    *(scheduler->last_eviction != NULL ? &scheduler->last_eviction->next
                                       : &scheduler->first_eviction) = eviction;
    scheduler->last_eviction = eviction;
    client_begin(&scheduler->client, cause);
    clear_lower_nominations(eviction);
    if (!eviction->held)
        evict_all(eviction);
}

void scheduler_hold_evictions(struct scheduler *scheduler, bool hold)
{
    scheduler->holds_evictions = hold;
}

void scheduler_release_evictions(struct scheduler *scheduler)
{
    for (struct eviction *eviction = scheduler->first_eviction; eviction != NULL;
         eviction = eviction->next) {
        if (!eviction->held)
            continue;
        eviction->held = false;
        client_begin(&scheduler->client, eviction->cause);
        evict_all(eviction);
    }
}

void scheduler_close_evictions(struct scheduler *scheduler)
{
    while (scheduler->first_eviction != NULL)
        eviction_free(scheduler->first_eviction);
}
