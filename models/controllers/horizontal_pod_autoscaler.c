/* Scale targets to what their metrics ask for.
 *
 * Every autoscaler is looked at once a period, whatever happens meanwhile. Follows
 * reconcileAutoscaler() of pkg/controller/podautoscaler/horizontal.go of kube-controller-manager, in
 * the release named in docs/fidelity.md. A sync that can be seen to change nothing, nor the next ones, is
 * the last until something happens that it looked at: then syncs go on at the times they would
 * have had. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "models/controllers/horizontal_pod_autoscaler_private.h"
#include "sim/base/memory.h"

#define NOWHERE             ((struct place){ 0 })
#define ABOUT(sync)         (&(sync)->seen->meta.object)
#define SETTING(sync, name) ((sync)->client->cluster->settings.hpa_##name)

/* ---- conditions ---- */

static bool says(const struct condition *condition, enum condition_status status,
                 const char *reason, const char *message)
{
    return condition != NULL && condition->status == status &&
           strcmp(text_s(condition->reason), reason) == 0 &&
           strcmp(text_s(condition->message), message) == 0;
}

void autoscaler_set_condition(struct autoscaler_sync *sync, const char *type, bool is_true,
                              const char *reason, const char *format, ...)
{
    struct texts *texts = sync->client->cluster->run->texts;
    const struct conditions *before = sync->next->conditions;
    const struct condition *present = conditions_find(before, type);
    const enum condition_status status = is_true ? CONDITION_TRUE : CONDITION_FALSE;
    const bool same = present != NULL && present->status == status;
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        abort();
    va_end(arguments);
    if (!says(present, status, reason, message)) {
        sync->next->conditions = conditions_with(
            before, (struct condition){ .type = text_intern(texts, type),
                                        .reason = text_intern(texts, reason),
                                        .message = text_intern(texts, message),
                                        .status = status,
                                        .transition = same ? present->transition
                                                           : sync->client->now -
                                                                 sync->client->now % SIM_SECOND });
        conditions_drop(before);
    }
    free(message);
}

/* ---- the target ---- */

static size_t group_length(const char *api_version)
{
    const char *slash = strchr(api_version, '/');
    return slash != NULL ? (size_t)(slash - api_version) : 0;
}

/* The kind of a group, whatever the version; KIND_COUNT when there is none. */
static enum kind find_kind(const struct scale_reference *reference)
{
    const char *version = text_s(reference->api_version);
    const size_t group = group_length(version);
    for (int kind = 0; kind < KIND_OTHER; kind++) {
        const struct kind_info *info = &kind_infos[kind];
        if (strcmp(info->name, text_s(reference->kind)) == 0 &&
            group_length(info->api_version) == group &&
            strncmp(info->api_version, version, group) == 0)
            return (enum kind)kind;
    }
    return KIND_COUNT;
}

static void read_scale(const struct object *target, struct scale *scale)
{
    const struct deployment *deployment = (const struct deployment *)target;
    const struct replicaset *replicaset = (const struct replicaset *)target;
    const struct statefulset *statefulset = (const struct statefulset *)target;
    if (target->kind == KIND_DEPLOYMENT)
        *scale = (struct scale){ target, deployment->replicas, deployment->status_replicas,
                                 deployment->selector };
    else if (target->kind == KIND_REPLICASET)
        *scale = (struct scale){ target, replicaset->replicas, replicaset->status_replicas,
                                 replicaset->selector };
    else
        *scale = (struct scale){ target, statefulset->replicas, statefulset->status_replicas,
                                 statefulset->selector };
}

bool autoscaler_get_scale(struct autoscaler_sync *sync, struct error *error)
{
    const struct scale_reference *reference = &sync->seen->spec->target;
    const enum kind kind = find_kind(reference);
    const char *version = text_s(reference->api_version);
    if (kind == KIND_COUNT)
        return error_set(error, NOWHERE, "no matches for kind \"%s\" in group \"%.*s\"",
                         text_s(reference->kind), (int)group_length(version), version);
    if (kind != KIND_DEPLOYMENT && kind != KIND_REPLICASET && kind != KIND_STATEFULSET)
        return error_set(error, NOWHERE, "the server could not find the requested resource");
    const struct object_key key = { kind, sync->key.space, reference->name };
    const struct object *target = client_read(sync->client, key);
    if (target == NULL)
        return reply_missing(error, key) == REPLY_OK;
    read_scale(target, &sync->scale);
    return true;
}

static bool set_replicas(struct object *object, void *context)
{
    const int32_t replicas = *(const int32_t *)context;
    if (object->kind == KIND_DEPLOYMENT)
        ((struct deployment *)object)->replicas = replicas;
    else if (object->kind == KIND_REPLICASET)
        ((struct replicaset *)object)->replicas = replicas;
    else
        ((struct statefulset *)object)->replicas = replicas;
    return true;
}

bool autoscaler_set_scale(struct autoscaler_sync *sync, int32_t replicas, struct error *error)
{
    return client_patch(sync->client, object_key(sync->scale.target), set_replicas, &replicas,
                        error) == REPLY_OK;
}

/* ---- the status ---- */

/* Takes the reference of the list. */
static void set_status(struct autoscaler_sync *sync, int32_t current, int32_t desired,
                       struct value *metrics, bool rescaled)
{
    struct autoscaler *next = sync->next;
    next->current_replicas = current;
    next->desired_replicas = desired;
    value_drop(next->current_metrics);
    next->current_metrics = metrics;
    if (rescaled) {
        next->scaled = true;
        next->last_scale_time = sync->client->now - sync->client->now % SIM_SECOND;
    }
}

/* False when there was nothing to write. */
static bool write_status(struct autoscaler_sync *sync)
{
    struct error error = { 0 };
    if (autoscaler_status_equal(sync->seen, sync->next))
        return false;
    struct object *next = &sync->next->meta.object;
    sync->next = NULL;
    if (client_update_status(sync->client, next, &error) != REPLY_OK)
        client_event(sync->client, ABOUT(sync), true, "FailedUpdateStatus", "%s", error.text);
    error_close(&error);
    return true;
}

/* ---- what is to be done ---- */

struct decision {
    int32_t desired;
    int32_t asked;          /* by the metrics */
    bool by_metrics;        /* or by the bounds alone */
    char *reason;           /* of rescaling; owned */
    struct value *statuses; /* of metrics; one reference; NULL: none */
};

static void take_normalized(struct autoscaler_sync *sync, const struct normalized *normalized)
{
    autoscaler_set_condition(sync, "AbleToScale", true, normalized->reason, "%s",
                             normalized->message);
    autoscaler_set_condition(sync, "ScalingLimited", normalized->limited, normalized->limit_reason,
                             "%s", normalized->limit_message);
}

/* By the metrics. False when they cannot say, which the status then tells. */
static bool decide_by_metrics(struct autoscaler_sync *sync, struct decision *decision)
{
    struct error error = { 0 };
    char *metric;
    const int32_t current = sync->scale.replicas;
    const int32_t asked = autoscaler_ask_metrics(sync, &decision->statuses, &metric, &error);
    if (asked == -1) {
        set_status(sync, current, sync->next->desired_replicas, decision->statuses, false);
        write_status(sync);
        client_event(sync->client, ABOUT(sync), true, "FailedComputeMetricsReplicas", "%s",
                     error.text);
    } else {
        decision->by_metrics = true;
        decision->asked = decision->desired = asked > 0 ? asked : 0;
        if (decision->desired > current)
            decision->reason = mem_format("%s above target", metric);
        else if (decision->desired < current)
            decision->reason = mem_format("All metrics below target");
        const struct normalized normalized = autoscaler_normalize(
            sync->memory, sync->seen->spec, SETTING(sync, downscale_stabilization), current,
            decision->desired, sync->client->now);
        take_normalized(sync, &normalized);
        decision->desired = normalized.replicas;
    }
    free(metric);
    error_close(&error);
    return asked != -1;
}

static bool decide(struct autoscaler_sync *sync, struct decision *decision)
{
    const struct autoscaler_spec *spec = sync->seen->spec;
    const int32_t current = sync->scale.replicas;
    if (current == 0) {
        autoscaler_set_condition(sync, "ScalingActive", false, "ScalingDisabled",
                                 "scaling is disabled since the replica count of the target is "
                                 "zero");
        return true;
    }
    if (current > spec->max_replicas) {
        decision->reason = mem_format("Current number of replicas above Spec.MaxReplicas");
        decision->desired = spec->max_replicas;
        return true;
    }
    if (current < spec->min_replicas) {
        decision->reason = mem_format("Current number of replicas below Spec.MinReplicas");
        decision->desired = spec->min_replicas;
        return true;
    }
    return decide_by_metrics(sync, decision);
}

static bool rescale(struct autoscaler_sync *sync, const struct decision *decision)
{
    struct error error = { 0 };
    const char *reason = decision->reason != NULL ? decision->reason : "";
    const bool done = autoscaler_set_scale(sync, decision->desired, &error);
    if (done) {
        autoscaler_set_condition(sync, "AbleToScale", true, "SucceededRescale",
                                 "the HPA controller was able to update the target scale to %d",
                                 decision->desired);
        client_event(sync->client, ABOUT(sync), false, "SuccessfulRescale",
                     "New size: %d; reason: %s", decision->desired, reason);
        autoscaler_note_scaling(sync->memory, sync->seen->spec, sync->scale.replicas,
                                decision->desired, sync->client->now);
    } else {
        client_event(sync->client, ABOUT(sync), true, "FailedRescale",
                     "New size: %d; reason: %s; error: %s", decision->desired, reason, error.text);
        autoscaler_set_condition(sync, "AbleToScale", false, "FailedUpdateScale",
                                 "the HPA controller was unable to update the target scale: %s",
                                 error.text);
    }
    error_close(&error);
    return done;
}

/* ---- one sync ---- */

static void no_scale(struct autoscaler_sync *sync, struct error *error)
{
    client_event(sync->client, ABOUT(sync), true, "FailedGetScale", "%s", error->text);
    autoscaler_set_condition(sync, "AbleToScale", false, "FailedGetScale",
                             "the HPA controller was unable to get the target's current scale: %s",
                             error->text);
    write_status(sync);
    error_close(error);
}

static void remember_initial(struct autoscaler_sync *sync)
{
    if (sync->memory->recommendations.count == 0)
        autoscaler_note_idle(sync->memory, sync->seen->spec, SETTING(sync, downscale_stabilization),
                             sync->scale.replicas, sync->client->now);
}

/* True when nothing came of it. */
static bool sync_autoscaler(struct autoscaler_sync *sync, struct decision *decision)
{
    struct error error = { 0 };
    if (!autoscaler_get_scale(sync, &error)) {
        no_scale(sync, &error);
        return false;
    }
    autoscaler_set_condition(sync, "AbleToScale", true, "SucceededGetScale",
                             "the HPA controller was able to get the target's current scale");
    autoscaler_aim(controller_state(sync->client), sync->memory, sync->client, sync->scale.target,
                   sync->scale.selector);
    remember_initial(sync);
    if (!decide(sync, decision))
        return false;
    const int32_t current = sync->scale.replicas;
    const bool changes = decision->desired != current;
    if (changes && !rescale(sync, decision)) {
        set_status(sync, current, sync->next->desired_replicas, decision->statuses, false);
        write_status(sync);
        return false;
    }
    set_status(sync, current, decision->desired, decision->statuses, changes);
    return !write_status(sync) && !changes;
}

/* ---- syncs that are left out ---- */

/* Until when the next syncs would find what this one found. */
static sim_time idle_until(const struct autoscaler_sync *sync, const struct decision *decision)
{
    const struct cluster *cluster = sync->client->cluster;
    const sim_time now = sync->client->now;
    if (sync->failing || cluster->settings.tick_heartbeats ||
        (decision->by_metrics &&
         !autoscaler_is_settled(sync->memory, sync->seen->spec,
                                SETTING(sync, downscale_stabilization), decision->asked, now)))
        return now;
    if (!decision->by_metrics || cluster->metrics == NULL)
        return SIM_FOREVER;
    const sim_time measured = cluster->metrics->steady_until(
        cluster->metrics->context, sync->key.space, sync->memory->changed);
    return measured < sync->steady ? measured : sync->steady;
}

/* The first of its times that is not before an instant. */
static sim_time next_time(const struct autoscaler_memory *memory, sim_time period, sim_time at)
{
    const sim_time passed = at - memory->synced;
    const sim_time count = passed <= period ? 1 : (passed + period - 1) / period;
    return memory->synced + count * period;
}

static void fall_asleep(struct autoscaler_sync *sync, const struct decision *decision,
                        sim_time until)
{
    const sim_time period = SETTING(sync, sync_period), now = sync->client->now;
    sync->memory->asleep = true;
    sync->memory->synced = now;
    sync->memory->asked = decision->by_metrics ? decision->asked : -1;
    if (until < SIM_FOREVER - period)
        controller_requeue_after(sync->client, sync->key,
                                 next_time(sync->memory, period, until) - now);
}

/* Make up for the syncs since it fell asleep. */
static void wake_up(struct autoscaler_sync *sync)
{
    struct autoscaler_memory *memory = sync->memory;
    const sim_time period = SETTING(sync, sync_period);
    if (memory->asleep && memory->asked >= 0 && sync->client->now - memory->synced > period)
        autoscaler_note_idle(memory, sync->seen->spec, SETTING(sync, downscale_stabilization),
                             memory->asked, sync->client->now - period);
    memory->asleep = false;
}

/* Something it looked at has changed. */
static void rouse(struct controller_run *controller, const struct autoscaler_memory *memory,
                  struct cause cause)
{
    const struct cluster *cluster = controller_client(controller)->cluster;
    const sim_time now = run_now(cluster->run);
    if (memory->asleep)
        controller_wake_after(controller, memory->key,
                              next_time(memory, cluster->settings.hpa_sync_period, now) - now,
                              cause);
}

/* ---- the controller ---- */

static enum outcome reconcile(struct client *client, struct object_key key)
{
    struct autoscalers *autoscalers = controller_state(client);
    const struct object *object =
        client_get(client, KIND_HORIZONTALPODAUTOSCALER, key.space, key.name);
    struct autoscaler_memory *memory = autoscaler_find(autoscalers, key);
    if (object == NULL) {
        if (memory != NULL)
            autoscaler_forget(autoscalers, memory);
        return RECONCILED;
    }
    struct autoscaler_sync sync = { .client = client,
                                    .key = key,
                                    .seen = autoscaler_of(object),
                                    .next = (struct autoscaler *)client_edit(object),
                                    .memory = autoscaler_recall(autoscalers, key),
                                    .steady = SIM_FOREVER };
    struct decision decision = { 0 };
    wake_up(&sync);
    const bool idle = sync_autoscaler(&sync, &decision);
    const sim_time until = idle ? idle_until(&sync, &decision) : client->now;
    if (sync.next != NULL)
        object_drop(&sync.next->meta.object);
    free(decision.reason);
    if (until > client->now)
        fall_asleep(&sync, &decision, until);
    else
        controller_requeue_after(client, key, client->cluster->settings.hpa_sync_period);
    return RECONCILED;
}

/* Whatever happens to it, it is looked at a period later, unless it is to be earlier anyway. */
static void wake_autoscaler(struct controller_run *controller, const struct watch_event *event)
{
    struct autoscalers *autoscalers = controller_run_state(controller);
    const struct object_key key = object_key(event->object);
    const struct cluster *cluster = controller_client(controller)->cluster;
    struct autoscaler_memory *memory = autoscaler_find(autoscalers, key);
    if (event->type == WATCH_DELETED) {
        if (memory != NULL) {
            rouse(controller, memory, event->cause);
            autoscaler_unregister(autoscalers, memory);
        }
        return;
    }
    autoscaler_register(autoscaler_recall(autoscalers, key));
    if (memory != NULL && memory->asleep)
        rouse(controller, memory, event->cause);
    else
        controller_wake_after(controller, key, cluster->settings.hpa_sync_period, event->cause);
}

struct rousing {
    struct controller_run *controller;
    struct cause cause;
};

static void rouse_one(void *context, struct autoscaler_memory *memory)
{
    const struct rousing *rousing = context;
    memory->changed = run_now(controller_client(rousing->controller)->cluster->run);
    rouse(rousing->controller, memory, rousing->cause);
}

static void wake_of_pod(struct controller_run *controller, const struct watch_event *event)
{
    struct rousing rousing = { controller, event->cause };
    autoscalers_note_pod(controller_run_state(controller), event, rouse_one, &rousing);
}

static void wake_of_target(struct controller_run *controller, const struct watch_event *event)
{
    const struct autoscalers *autoscalers = controller_run_state(controller);
    const struct object *target = event->object;
    struct autoscaler_memory *memory = autoscaler_of_target(autoscalers, target);
    for (; memory != NULL; memory = autoscaler_of_target_again(memory, target))
        rouse(controller, memory, event->cause);
}

static int workers(const struct settings *settings)
{
    return settings->concurrent_hpa_syncs;
}

const struct controller horizontal_pod_autoscaler_controller = {
    .name = "horizontal-pod-autoscaler-controller",
    .source = "horizontal-pod-autoscaler",
    .reconciles = KIND_HORIZONTALPODAUTOSCALER,
    .wakes_on = { { KIND_HORIZONTALPODAUTOSCALER, wake_autoscaler },
                  { KIND_POD, wake_of_pod },
                  { KIND_DEPLOYMENT, wake_of_target },
                  { KIND_REPLICASET, wake_of_target },
                  { KIND_STATEFULSET, wake_of_target } },
    .reconcile = reconcile,
    .workers = workers,
    .state_size = sizeof(struct autoscalers),
    .init = autoscalers_init,
    .close = autoscalers_close,
};
