/* Experiments: PodChaos, NetworkChaos and so on, from their creation to their end.
 *
 * The steps and their order are those of controllers/common of Chaos Mesh 2.7: finalizer, desiredPhase,
 * conditions, records. An experiment ends `duration` after its creation (in whole seconds, as the API keeps
 * it), when it is paused or deleted; what acts once never ends. Targets are selected once. A record
 * that cannot be injected or recovered is tried again after a back-off, for ever. */
#include <stdlib.h>
#include <string.h>

#include "models/chaos/chaos_private.h"

static const char finalizer[] = "chaos-mesh/records";

static const char *event_id_of(const struct value *record)
{
    return value_text(value_get(record, "id"), "");
}

/* ---- finalizers ---- */

static bool add_finalizer(struct object *object, void *texts)
{
    return meta_add_finalizer((struct meta *)object, texts, finalizer);
}

static bool drop_finalizers(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    (void)context;
    if (meta->finalizers == NULL)
        return false;
    finalizers_drop(meta->finalizers);
    meta->finalizers = NULL;
    return true;
}

static void step_finalizer(struct client *client, struct object_key key)
{
    const struct object *experiment = client_read(client, key);
    if (meta_of(experiment)->deleting ||
        finalizers_have(meta_of(experiment)->finalizers, finalizer))
        return;
    client_event(client, experiment, false, "FinalizerInited", "Finalizer has been inited");
    client_patch(client, key, add_finalizer, client->cluster->run->texts, NULL);
    client_event(client, client_read(client, key), false, "Updated",
                 "Successfully update finalizer of resource");
}

static bool all_recovered(const struct value *records)
{
    for (size_t i = 0; i < value_count(records); i++)
        if (!text_is(records->items[i], "phase", "Not Injected"))
            return false;
    return true;
}

static const struct value *records_of(const struct object *experiment)
{
    return value_path(status_of(experiment), "experiment", "containerRecords", NULL);
}

static void step_clean(struct client *client, struct object_key key)
{
    const struct object *experiment = client_read(client, key);
    if (!meta_of(experiment)->deleting || !all_recovered(records_of(experiment)) ||
        meta_of(experiment)->finalizers == NULL)
        return;
    client_event(client, experiment, false, "FinalizerRemoved", "Finalizer has been removed");
    client_patch(client, key, drop_finalizers, NULL, NULL);
}

/* ---- the desired phase ---- */

/* When the duration is over; SIM_FOREVER: it has none. */
static sim_time stop_of(const struct object *experiment)
{
    const sim_time created = meta_of(experiment)->created;
    sim_time duration;
    if (!chaos_duration(value_get(spec_of(experiment), "duration"), &duration))
        return SIM_FOREVER;
    const sim_time from = created - created % SIM_SECOND;
    return duration > 0 ? sim_time_after(from, duration) : from;
}

static bool is_one_shot(const struct object *experiment)
{
    return chaos_is_one_shot((enum kind)experiment->kind, spec_of(experiment));
}

/* Why it is to stop; NULL: it is to run. */
static const char *reason_to_stop(const struct object *experiment, sim_time now)
{
    if (meta_of(experiment)->deleting)
        return "Deleted";
    if (is_one_shot(experiment))
        return NULL;
    if (stop_of(experiment) <= now)
        return "TimeUp";
    return is_paused(experiment) ? "Paused" : NULL;
}

static const char *message_of(const char *reason)
{
    return strcmp(reason, "Deleted") == 0  ? "Experiment has been deleted"
           : strcmp(reason, "TimeUp") == 0 ? "Time up according to the duration"
           : strcmp(reason, "Paused") == 0 ? "Experiment has been paused"
                                           : "Experiment has started";
}

static void step_phase(struct client *client, struct object_key key)
{
    const struct object *experiment = client_read(client, key);
    const sim_time now = client->now;
    const char *stop = reason_to_stop(experiment, now);
    const char *phase = stop != NULL ? "Stop" : "Run";
    if (!text_is(value_get(status_of(experiment), "experiment"), "desiredPhase", phase)) {
        const char *reason = stop != NULL ? stop : "Started";
        if (stop != NULL || !is_one_shot(experiment))
            client_event(client, experiment, false, reason, "%s", message_of(reason));
        status_put(client, key, value_new_string(phase), "experiment", "desiredPhase");
        client_event(client, client_read(client, key), false, "Updated",
                     "Successfully update desiredPhase of resource");
    }
    if (stop == NULL && !is_one_shot(experiment) && stop_of(experiment) != SIM_FOREVER)
        controller_requeue_after(client, key, stop_of(experiment) - now);
}

/* ---- conditions ---- */

static bool all_injected(const struct value *records)
{
    for (size_t i = 0; i < value_count(records); i++)
        if (!text_is(records->items[i], "phase", "Injected"))
            return false;
    return true;
}

static void step_conditions(struct client *client, struct object_key key)
{
    const struct object *experiment = client_read(client, key);
    const struct value *records = records_of(experiment);
    const struct value *present = value_get(status_of(experiment), "conditions");
    struct value *list = present != NULL ? value_hold(present) : NULL;
    bool changed = condition_put(&list, "Selected", records != NULL, "");
    changed |= condition_put(&list, "AllInjected", all_injected(records), "");
    changed |= condition_put(&list, "AllRecovered", all_recovered(records), "");
    changed |= condition_put(&list, "Paused", is_paused(experiment), "");
    if (changed)
        status_put(client, key, list, "conditions", NULL);
    else
        value_drop(list);
}

/* ---- records ---- */

static struct value *event_new(const struct client *client, const char *type, const char *operation,
                               const char *message)
{
    struct value *event = value_new_map();
    value_set(event, "type", value_new_string(type));
    value_set(event, "operation", value_new_string(operation));
    if (message != NULL)
        value_set(event, "message", value_new_string(message));
    value_set(event, "timestamp", chaos_time(client, client->now));
    return event;
}

static void add_event(struct value *record, struct value *event)
{
    struct value **events = value_slot(record, "events");
    if ((*events)->type != VALUE_LIST) {
        value_drop(*events);
        *events = value_new_list();
    }
    value_add(value_own(events), event);
}

static void count_up(struct value *record, const char *key)
{
    value_set(record, key, value_new_int(value_int(value_get(record, key), 0) + 1));
}

/* Inject or recover one record; false when that failed. */
static bool operate(struct client *client, const struct object *experiment, struct value **records,
                    size_t index, bool apply)
{
    struct value *shared = value_hold(*records);
    const struct value *before = shared->items[index];
    const struct act act = { client,
                             chaos_daemon_of(client->cluster),
                             experiment,
                             spec_of(experiment),
                             event_id_of(before),
                             value_text(value_get(before, "selectorKey"), ""),
                             shared };
    char *why = apply ? act_apply(&act) : act_recover(&act);
    struct value *record = value_own(&value_own(records)->items[index]);
    if (why != NULL) {
        add_event(record, event_new(client, "Failed", apply ? "Apply" : "Recover", why));
        client_event(client, experiment, true, "Failed", "Failed to %s chaos: %s",
                     apply ? "apply" : "recover", why);
    } else {
        value_set(record, "phase", value_new_string(apply ? "Injected" : "Not Injected"));
        count_up(record, apply ? "injectedCount" : "recoveredCount");
        add_event(record, event_new(client, "Succeeded", apply ? "Apply" : "Recover", NULL));
        client_event(client, experiment, false, apply ? "Applied" : "Recovered",
                     "Successfully %s chaos for %s", apply ? "apply" : "recover",
                     event_id_of(record));
    }
    value_drop(shared);
    const bool good = why == NULL;
    free(why);
    return good;
}

static enum outcome step_records(struct client *client, struct object_key key)
{
    const struct object *experiment = object_hold(client_read(client, key));
    const struct value *present = records_of(experiment);
    const bool run = text_is(value_get(status_of(experiment), "experiment"), "desiredPhase", "Run");
    enum outcome outcome = RECONCILED;
    bool changed = present == NULL;
    char *why = NULL;
    struct value *records =
        present != NULL ? value_hold(present) : acts_select(client, experiment, &why);
    if (records == NULL) {
        client_event(client, experiment, true, "Failed", "Failed to select targets: %s", why);
        free(why);
        object_drop(experiment);
        return RECONCILED;
    }
    for (size_t i = 0; i < records->count; i++) {
        if (text_is(records->items[i], "phase", run ? "Injected" : "Not Injected"))
            continue;
        if (!operate(client, experiment, &records, i, run))
            outcome = RETRY;
        changed = true;
    }
    object_drop(experiment);
    if (!changed) {
        value_drop(records);
        return outcome;
    }
    status_put(client, key, records, "experiment", "containerRecords");
    const struct object *now = client_read(client, key);
    if (now != NULL)
        client_event(client, now, false, "Updated", "Successfully update records of resource");
    return outcome;
}

/* ---- the whole ---- */

static enum outcome experiment_reconcile(struct client *client, struct object_key key)
{
    enum outcome outcome = RECONCILED;
    void (*const steps[])(struct client *, struct object_key) = { step_finalizer, step_phase,
                                                                  step_conditions };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (client_read(client, key) == NULL)
            return RECONCILED;
        steps[i](client, key);
    }
    if (client_read(client, key) != NULL)
        outcome = step_records(client, key);
    if (client_read(client, key) != NULL)
        step_clean(client, key);
    return outcome;
}

static void wake(struct controller_run *controller, const struct watch_event *event)
{
    const struct cluster *cluster = controller_client(controller)->cluster;
    if (event->type == WATCH_DELETED)
        daemon_forget(chaos_daemon_of(cluster), meta_of(event->object)->uid);
    else
        controller_wake(controller, object_key(event->object), event->cause);
}

bool experiment_is_finished(const struct client *client, const struct object *experiment,
                            sim_time now, sim_time *until)
{
    const struct value *records = records_of(experiment);
    const sim_time stop = stop_of(experiment);
    (void)client;
    *until = SIM_FOREVER;
    if (is_one_shot(experiment))
        return all_injected(records);
    *until = stop > now ? stop : SIM_FOREVER;
    return stop <= now && all_recovered(records);
}

const struct controller chaos_experiment_controller = {
    .name = "chaos-experiment",
    .source = "chaos-controller-manager",
    .qps = 30,
    .burst = 50,
    .reconciles = KIND_PODCHAOS,
    .wakes_on = { { KIND_PODCHAOS, wake },
                  { KIND_NETWORKCHAOS, wake },
                  { KIND_STRESSCHAOS, wake },
                  { KIND_IOCHAOS, wake },
                  { KIND_TIMECHAOS, wake },
                  { KIND_DNSCHAOS, wake },
                  { KIND_HTTPCHAOS, wake },
                  { KIND_KERNELCHAOS, wake },
                  { KIND_JVMCHAOS, wake },
                  { KIND_BLOCKCHAOS, wake },
                  { KIND_AWSCHAOS, wake },
                  { KIND_GCPCHAOS, wake },
                  { KIND_AZURECHAOS, wake },
                  { KIND_PHYSICALMACHINECHAOS, wake } },
    .reconcile = experiment_reconcile,
};
