/* One pod at a time: decide, assume, bind; or put it back and say why; see scheduler.h. */
#include "models/scheduler/scheduler.h"

#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/attempt_cost.h"
#include "models/scheduler/scheduler_private.h"

static void attempt(void *subject, sim_time now);

/* Something can be popped: try as soon as the present attempt has ended, its calls included. */
static void plan_attempt(void *subject)
{
    struct scheduler *scheduler = subject;
    const sim_time now = run_now(scheduler->cluster->run);
    if (scheduler->trying != NULL || scheduler->next_attempt != 0 || scheduler->manual ||
        !scheduler->leadership.works)
        return;
    scheduler->next_attempt =
        run_at(scheduler->cluster->run, scheduler->free_at > now ? scheduler->free_at : now,
               PRIORITY_WORK, attempt, scheduler);
}

void scheduler_stop_if_broken(const struct scheduler *scheduler)
{
    const struct extenders *extenders = scheduler->cluster->settings.extenders;
    if (extenders != NULL && extenders->failure.text != NULL)
        run_stop(scheduler->cluster->run);
}

void scheduler_tell(const struct scheduler *scheduler, struct scheduler_call call)
{
    if (scheduler->observer.call != NULL)
        scheduler->observer.call(scheduler->observer.self, &call);
}

/* --- attempts ------------------------------------------------------------------------------- */

static const char *name_of_top(const void *context, uint32_t option)
{
    const struct scheduler *scheduler = context;
    return scheduler->snapshot->nodes[decision_top(&scheduler->decision, option)]->name->s;
}

/* Of nodes with the same score the real one takes any: a free choice of the run. */
static const struct text *choose_node(struct scheduler *scheduler,
                                      const struct waiting_pod *waiting)
{
    const struct decision *decision = &scheduler->decision;
    uint32_t taken = 0;
    if (decision->top_count > 1)
        taken = run_choose_named(scheduler->cluster->run,
                                 (struct question){ .purpose = "node",
                                                    .entity = name_of(waiting->pod),
                                                    .options = (uint32_t)decision->top_count,
                                                    .name = name_of_top,
                                                    .context = scheduler },
                                 (uint64_t)waiting->attempts);
    return text_hold(scheduler->snapshot->nodes[decision_top(decision, taken)]->name);
}

/* A plugin's free choice is one of the run. */
static uint32_t choose_for_plugin(void *self, const struct question *question)
{
    const struct scheduler *scheduler = self;
    return run_choose_named(scheduler->cluster->run, *question,
                            (uint64_t)scheduler->trying->attempts);
}

static void note_victims(struct attempt_failure *failure, const struct preemption *preemption)
{
    const struct extender_victims *chosen = &preemption->candidates[preemption->chosen];
    failure->victims = mem_new((chosen->count + 1) * sizeof *failure->victims);
    for (size_t i = 0; i < chosen->count; i++)
        if (!chosen->pods[i]->meta.deleting)
            failure->victims[failure->victim_count++] =
                pod_of(object_hold(&chosen->pods[i]->meta.object));
}

/* No node will do: can something be done, and what is to be said? A cluster without nodes counts as
 * an error in the queue, although the condition says Unschedulable: no plugin rejected the pod. */
static void explain_failure(struct scheduler *scheduler, const struct waiting_pod *waiting)
{
    const struct decision *decision = &scheduler->decision;
    const bool error = decision->outcome == DECISION_ERROR;
    struct attempt_failure *failure = &scheduler->failure;
    struct post_filter_round round = { .decision = decision,
                                       .pod = waiting->pod,
                                       .chooser = { choose_for_plugin, scheduler } };
    failure->message = decision_message(decision, &round);
    failure->rejected = (struct rejectors){ .rejecting = error ? 0 : decision->rejecting };
    failure->reason = error ? "SchedulerError" : "Unschedulable";
    failure->nomination = round.nomination;
    failure->node = text_hold(round.node);
    if (round.nomination == NOMINATION_SET)
        note_victims(failure, &round.preemption);
    post_filter_close(&round);
}

static void tell_extenders(const struct scheduler *scheduler, struct extenders *extenders)
{
    extenders->now = run_now(scheduler->cluster->run);
    extenders->waiting = 0;
    for (int place = WAITING_IN_FLIGHT; place <= WAITING_POOL; place++)
        extenders->waiting += scheduling_queue_length(scheduler->queue, place);
}

static void decide_on(struct scheduler *scheduler, struct waiting_pod *waiting)
{
    struct decision *decision = &scheduler->decision;
    snapshot_refresh(scheduler->snapshot);
    if (waiting->profile->extenders != NULL)
        tell_extenders(scheduler, waiting->profile->extenders);
    const bool plainly = scheduler->cluster->settings.reference_scheduler;
    (plainly ? decide_plainly : decide)(scheduler->templates, waiting->profile, scheduler->snapshot,
                                        waiting->pod, scheduler->next_start, decision);
    scheduler->next_start = decision_next_start(decision);
    scheduler->trying = waiting;
    if (decision->outcome == DECISION_FOUND)
        scheduler->chosen = choose_node(scheduler, waiting);
    else
        explain_failure(scheduler, waiting);
    scheduler_stop_if_broken(scheduler);
}

/* Somebody else has bound it in the meantime. */
static bool counts_already(const struct scheduler *scheduler, const struct pod *pod)
{
    return snapshot_find_pod(scheduler->snapshot, pod->meta.object.space, pod->meta.object.name) !=
           NULL;
}

static sim_time fail_by_error(struct scheduler *scheduler, struct waiting_pod *waiting,
                              const char *message)
{
    struct attempt_failure failure = { .reason = "SchedulerError",
                                       .message = mem_text(message, strlen(message)),
                                       .nomination = NOMINATION_CLEARED };
    const sim_time written = scheduler_fail(scheduler, waiting, &failure);
    attempt_failure_close(&failure);
    return written;
}

/* The end of an attempt. */
static void finish_attempt(void *subject, sim_time now)
{
    (void)now;
    struct scheduler *scheduler = subject;
    struct waiting_pod *waiting = scheduler->trying;
    scheduler->trying = NULL;
    client_begin(&scheduler->client, waiting->cause);
    if (scheduler->chosen == NULL)
        scheduler->free_at = scheduler_fail(scheduler, waiting, &scheduler->failure);
    else if (counts_already(scheduler, waiting->pod))
        scheduler->free_at =
            fail_by_error(scheduler, waiting, "pod is in the cache, so can't be assumed");
    else
        scheduler_assume(scheduler, waiting, scheduler->chosen);
    text_assign(&scheduler->chosen, NULL);
    attempt_failure_close(&scheduler->failure);
    if (scheduling_queue_length(scheduler->queue, WAITING_ACTIVE) > 0 ||
        scheduling_queue_length(scheduler->queue, WAITING_BACKOFF) > 0)
        plan_attempt(scheduler);
}

/* A pod that is being deleted, or was assumed before, is not tried. */
static bool skip(const struct scheduler *scheduler, const struct waiting_pod *waiting)
{
    const struct object *object = &waiting->pod->meta.object;
    const struct placed_pod *placed =
        snapshot_find_pod(scheduler->snapshot, object->space, object->name);
    return waiting->pod->meta.deleting || (placed != NULL && placed->assumed);
}

static struct waiting_pod *next_pod(struct scheduler *scheduler)
{
    struct waiting_pod *waiting;
    while ((waiting = scheduling_queue_pop(scheduler->queue)) != NULL && skip(scheduler, waiting)) {
        if (waiting->pod->meta.deleting)
            client_event(&scheduler->client, &waiting->pod->meta.object, true, "FailedScheduling",
                         "skip schedule deleting pod: %s/%s", namespace_of(waiting->pod),
                         name_of(waiting->pod));
        scheduling_queue_done(scheduler->queue, waiting);
    }
    return waiting;
}

static void try_pod(struct scheduler *scheduler, struct waiting_pod *waiting, sim_time now)
{
    decide_on(scheduler, waiting);
    const sim_time took = scheduler->manual
                              ? 0
                              : attempt_cost_sample(&scheduler->cluster->settings,
                                                    &scheduler->decision, &scheduler->cycle_stream);
    if (took == 0)
        finish_attempt(scheduler, now);
    else
        run_at(scheduler->cluster->run, sim_time_after(now, took), PRIORITY_WORK, finish_attempt,
               scheduler);
}

static void attempt(void *subject, sim_time now)
{
    struct scheduler *scheduler = subject;
    scheduler->next_attempt = 0;
    struct waiting_pod *waiting = scheduler->leadership.works ? next_pod(scheduler) : NULL;
    if (waiting != NULL)
        try_pod(scheduler, waiting, now);
}

/* --- another process ----------------------------------------------------------------------------- */

struct pods {
    const struct pod **items; /* held */
    size_t count, capacity;
};

static void collect(void *context, const struct waiting_pod *waiting)
{
    struct pods *pods = context;
    MEM_GROW(pods->items, pods->count, pods->capacity);
    pods->items[pods->count++] = pod_of(object_hold(&waiting->pod->meta.object));
}

/* Every pod without a node is new to a process that begins. */
static void try_all_again(struct scheduler *scheduler)
{
    struct pods pods = { 0 };
    for (enum waiting_place place = WAITING_BACKOFF; place <= WAITING_POOL; place++)
        scheduling_queue_each(scheduler->queue, place, collect, &pods);
    for (size_t i = 0; i < pods.count; i++) {
        scheduling_queue_activate(scheduler->queue, pods.items[i]);
        object_drop(&pods.items[i]->meta.object);
    }
    free(pods.items);
}

static void scheduler_is_back(void *self, bool anew, struct cause cause)
{
    struct scheduler *scheduler = self;
    (void)cause;
    if (anew)
        try_all_again(scheduler);
    plan_attempt(scheduler);
}

/* --- driven by somebody else ------------------------------------------------------------------- */

void scheduler_drive(struct scheduler *scheduler, struct scheduler_observer observer)
{
    scheduler->manual = true;
    scheduler->client.free_of_charge = true;
    scheduler->observer = observer;
}

struct scheduler_view *scheduler_view_of(struct scheduler *scheduler)
{
    return &scheduler->view;
}

struct scheduler_attempts scheduler_attempts(const struct scheduler *scheduler)
{
    return scheduler->attempts;
}

static void count_gated(void *context, const struct waiting_pod *waiting)
{
    struct scheduler_pending *pending = context;
    pending->gated += waiting->gated_by >= 0;
}

struct scheduler_pending scheduler_pending(const struct scheduler *scheduler)
{
    const struct scheduling_queue *queue = scheduler->queue;
    struct scheduler_pending pending = { 0 };
    scheduling_queue_each(queue, WAITING_POOL, count_gated, &pending);
    pending.active = scheduling_queue_length(queue, WAITING_ACTIVE);
    pending.backoff = scheduling_queue_length(queue, WAITING_BACKOFF) +
                      scheduling_queue_length(queue, WAITING_ERROR_BACKOFF);
    pending.unschedulable = scheduling_queue_length(queue, WAITING_POOL) - pending.gated;
    return pending;
}

const struct pod *scheduler_attempt(struct scheduler *scheduler)
{
    struct waiting_pod *waiting = next_pod(scheduler);
    if (waiting == NULL)
        return NULL;
    const struct pod *pod = pod_of(object_hold(&waiting->pod->meta.object));
    try_pod(scheduler, waiting, run_now(scheduler->cluster->run));
    return pod;
}

/* --- the component ----------------------------------------------------------------------------- */

/* A configuration of the user's own says more than the flags. */
static void take_flags(struct scheduler_configuration *configuration, const struct settings *flags)
{
    const struct value *own = flags->scheduler_configuration;
    if (value_get(own, "podInitialBackoffSeconds") == NULL)
        configuration->pod_initial_backoff = flags->pod_initial_backoff;
    if (value_get(own, "podMaxBackoffSeconds") == NULL)
        configuration->pod_max_backoff = flags->pod_max_backoff;
    for (size_t i = 0; i < configuration->profile_count; i++) {
        const struct value *profile = value_at(value_get(own, "profiles"), i);
        if (value_get(own, "percentageOfNodesToScore") == NULL &&
            value_get(profile, "percentageOfNodesToScore") == NULL)
            configuration->profiles[i]->percentage_of_nodes_to_score =
                flags->percentage_of_nodes_to_score;
    }
}

/* The configuration of the cluster's settings, which whoever gave it has checked. */
static struct scheduler_configuration *configure(struct cluster *cluster)
{
    struct error_list errors = { 0 };
    struct extenders *extenders = cluster->settings.extenders;
    struct scheduler_configuration *configuration = scheduler_configuration_load(
        cluster->run->texts, cluster->settings.scheduler_configuration, &errors);
    assert(configuration != NULL);
    take_flags(configuration, &cluster->settings);
    for (size_t i = 0; extenders != NULL && i < configuration->profile_count; i++)
        configuration->profiles[i]->extenders = extenders;
    if (extenders != NULL)
        extenders->codec = &cluster->codec;
    return configuration;
}

/* clientConnection goes before flags; a negative rate is none. */
static void start_client(struct scheduler *scheduler)
{
    const struct settings *flags = &scheduler->cluster->settings;
    const double own = scheduler->configuration->qps;
    const int burst = scheduler->configuration->burst;
    client_init(&scheduler->client, scheduler->cluster, "default-scheduler",
                own < 0   ? 0
                : own > 0 ? own
                          : flags->scheduler_qps,
                burst > 0 ? burst : flags->scheduler_burst, scheduler);
}

static void *scheduler_start(struct cluster *cluster)
{
    struct scheduler *scheduler = mem_new(sizeof *scheduler);
    scheduler->cluster = cluster;
    scheduler->configuration = configure(cluster);
    start_client(scheduler);
    leadership_init(&scheduler->leadership, cluster, "kube-scheduler", scheduler_is_back,
                    scheduler);
    scheduler->snapshot = snapshot_new(cluster->run->texts, scheduler->client.cache);
    scheduler->templates = template_cache_new();
    scheduler->queue =
        scheduling_queue_new(cluster->run, scheduler->configuration, plan_attempt, scheduler);
    scheduler->nominator = scheduling_queue_nominator(scheduler->queue);
    scheduler->snapshot->nominator = scheduler->nominator;
    scheduler->cycle_stream =
        run_stream(cluster->run, cluster->id, "default-scheduler", "scheduling-cycle", 0);
    scheduler->luck = (struct luck_holder){ .stream = &scheduler->cycle_stream };
    luck_hold(cluster->run, &scheduler->luck);
    scheduler->view = (struct scheduler_view){ scheduler->configuration, scheduler->snapshot,
                                               scheduler->queue, &scheduler->permits };
    cache_watch(scheduler->client.cache, (struct watcher){ &scheduler->view, scheduler_hear });
    return scheduler;
}

static void scheduler_stop(void *state)
{
    struct scheduler *scheduler = state;
    text_drop(scheduler->chosen);
    attempt_failure_close(&scheduler->failure);
    scheduler_close_bindings(scheduler);
    scheduler_close_evictions(scheduler);
    decision_close(&scheduler->decision);
    scheduling_queue_free(scheduler->queue);
    template_cache_free(scheduler->templates);
    snapshot_free(scheduler->snapshot);
    scheduler_configuration_free(scheduler->configuration);
    luck_leave(&scheduler->luck);
    leadership_close(&scheduler->leadership);
    client_close(&scheduler->client);
    free(scheduler);
}

const struct component scheduler_component = {
    .name = "default-scheduler",
    .start = scheduler_start,
    .stop = scheduler_stop,
};
