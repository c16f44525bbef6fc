/* From a chosen node to a bound pod, beside the next attempts; see scheduler_private.h.
 *
 * Follows assumeAndReserve and bindingCycle of pkg/scheduler/schedule_one.go of the release named in
 * docs/fidelity.md. A binding that fails is undone when the answer has arrived: what was reserved
 * is free again, others may have the room, and the pod fails with an error. */
#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/assume.h"
#include "models/scheduler/scheduler_private.h"

struct binding {
    struct scheduler *scheduler;
    struct binding *previous, *next;  /* of those that have not ended */
    const struct pod *pod;            /* held: as it was tried */
    const struct text *node;          /* held */
    const struct labels *annotations; /* held: for the Binding; NULL: none */
    struct waiting_pod as_it_was;
    struct cause cause;
    size_t asked;  /* PreBind plugins that have nothing more to do */
    bool again;    /* the next one was asked before */
    char *message; /* owned: why it failed; NULL: it has not */
};

/* --- those that have not ended ----------------------------------------------------------------- */

/* A binding begins on the stack: most end there. */
static struct binding *keep(const struct binding *begun)
{
    struct scheduler *scheduler = begun->scheduler;
    struct binding *kept = mem_new(sizeof *kept);
    *kept = *begun;
    object_hold(&kept->pod->meta.object);
    text_hold(kept->node);
    labels_hold(kept->annotations);
    kept->next = scheduler->bindings;
    if (kept->next != NULL)
        kept->next->previous = kept;
    scheduler->bindings = kept;
    return kept;
}

static void end(struct binding *binding)
{
    *(binding->previous != NULL ? &binding->previous->next : &binding->scheduler->bindings) =
        binding->next;
    if (binding->next != NULL)
        binding->next->previous = binding->previous;
    object_drop(&binding->pod->meta.object);
    text_drop(binding->node);
    labels_drop(binding->annotations);
    free(binding->message);
    free(binding);
}

void bindings_free(struct scheduler *scheduler)
{
    while (scheduler->bindings != NULL)
        end(scheduler->bindings);
}

/* --- asking plugins ------------------------------------------------------------------------------ */

static const struct profile *profile_of(const struct binding *binding)
{
    return binding->as_it_was.profile;
}

static const struct profile_plugin *plugin_at(const struct binding *binding,
                                              enum extension_point point, size_t i)
{
    return &profile_of(binding)->plugins[profile_of(binding)->points[point].items[i].plugin];
}

static struct sched_call call_for(const struct binding *binding,
                                  const struct profile_plugin *plugin)
{
    return (struct sched_call){ .profile = profile_of(binding),
                                .spec = binding->pod->spec,
                                .pod = binding->pod,
                                .snapshot = binding->scheduler->snapshot,
                                .args = plugin->args };
}

static const struct node_info *node_of_binding(const struct binding *binding)
{
    return snapshot_find_node(binding->scheduler->snapshot, binding->node);
}

/* Unreserve, in the reverse order. Whoever did not reserve has nothing to give back. */
static void unreserve(const struct binding *binding)
{
    for (size_t i = profile_of(binding)->points[POINT_RESERVE].count; i-- > 0;) {
        const struct profile_plugin *plugin = plugin_at(binding, POINT_RESERVE, i);
        const struct sched_call call = call_for(binding, plugin);
        if (plugin->plugin->unreserve != NULL)
            plugin->plugin->unreserve(&call, binding->pod, node_of_binding(binding));
    }
}

/* --- failing --------------------------------------------------------------------------------------- */

/* Is this the pod that was tried, and not a later one of its name? */
static bool is_same(const struct binding *binding, const struct pod *pod)
{
    return pod != NULL && uid_equal(pod->meta.uid, binding->pod->meta.uid);
}

static void undo(void *subject, sim_time now)
{
    (void)now;
    struct binding *binding = subject;
    struct scheduler *scheduler = binding->scheduler;
    const struct object *pod = &binding->pod->meta.object;
    const struct placed_pod *placed = snapshot_find_pod(scheduler->snapshot, pod->space, pod->name);
    unreserve(binding);
    if (placed != NULL && placed->assumed && is_same(binding, placed->pod))
        scheduler_remove_placed(&scheduler->view, pod, binding->cause);
    client_begin(&scheduler->client, binding->cause);
    const struct pod *present =
        pod_of(client_get(&scheduler->client, KIND_POD, pod->space, pod->name));
    scheduler_report(scheduler, binding->pod, binding->message);
    if (is_same(binding, present) && present->node_name == NULL && !present->meta.deleting &&
        scheduling_queue_find(scheduler->queue, pod->space, pod->name) == NULL) {
        scheduling_queue_fail_binding(scheduler->queue, present, profile_of(binding),
                                      binding->cause, &binding->as_it_was);
        scheduler_write_condition(scheduler, present, "SchedulerError", binding->message);
    }
    end(binding);
}

/* Takes the message. */
static void fail(struct binding *binding, char *message)
{
    struct scheduler *scheduler = binding->scheduler;
    binding->message = message;
    run_at(scheduler->cluster->run, scheduler->client.now, PRIORITY_WATCH, undo, binding);
}

static char *plugin_failed(const char *point, const struct sched_plugin *plugin, const char *why)
{
    return mem_format("running %s plugin \"%s\": %s", point, plugin->name, why);
}

/* --- steps ------------------------------------------------------------------------------------------- */

/* NULL, or the message of the plugin that cannot reserve. */
static char *reserve(const struct binding *binding)
{
    for (size_t i = 0; i < profile_of(binding)->points[POINT_RESERVE].count; i++) {
        const struct profile_plugin *plugin = plugin_at(binding, POINT_RESERVE, i);
        const struct sched_call call = call_for(binding, plugin);
        struct rejection rejection = { .count = 0 };
        if (plugin->plugin->reserve(&call, binding->pod, node_of_binding(binding), &rejection))
            continue;
        char *why =
            mem_format("%s%s", rejection.reasons[0].text, text_s(rejection.reasons[0].about));
        char *message = plugin_failed("Reserve", plugin->plugin, why);
        free(why);
        return message;
    }
    return NULL;
}

/* Ask the PreBind plugins from the first that has something to do; *message when one fails. */
static enum pre_bind pre_bind(struct binding *binding, char **message)
{
    struct client *client = &binding->scheduler->client;
    for (; binding->asked < profile_of(binding)->points[POINT_PRE_BIND].count; binding->asked++) {
        const struct profile_plugin *plugin = plugin_at(binding, POINT_PRE_BIND, binding->asked);
        const struct sched_call call = call_for(binding, plugin);
        struct error error = { 0 };
        const enum pre_bind answer = plugin->plugin->pre_bind(
            &call, client, binding->pod, node_of_binding(binding), binding->again, &error);
        if (answer == PRE_BIND_FAILED)
            *message =
                plugin_failed("PreBind", plugin->plugin, error.text != NULL ? error.text : "");
        error_close(&error);
        binding->again = answer == PRE_BIND_WAIT;
        if (answer != PRE_BIND_DONE)
            return answer;
    }
    return PRE_BIND_DONE;
}

/* NULL, or why it was refused. */
static char *bind(const struct binding *binding)
{
    struct scheduler *scheduler = binding->scheduler;
    struct error error = { 0 };
    char *message = NULL;
    assert(profile_of(binding)->points[POINT_BIND].count > 0);
    const struct sched_plugin *binder = plugin_at(binding, POINT_BIND, 0)->plugin;
    if (!extenders_bind(profile_of(binding)->extenders, binding->pod, binding->node, &error)) {
        scheduler_stop_if_broken(scheduler);
        return error.text;
    }
    const enum reply reply =
        binder->bind(&scheduler->client, binding->pod, binding->node, binding->annotations, &error);
    if (reply == REPLY_OK || reply == REPLY_CREATED)
        client_event(&scheduler->client, &binding->pod->meta.object, false, "Scheduled",
                     "Successfully assigned %s/%s to %s", namespace_of(binding->pod),
                     name_of(binding->pod), binding->node->s);
    else
        message = plugin_failed("Bind", binder, error.text != NULL ? error.text : "");
    error_close(&error);
    return message;
}

static void post_bind(const struct binding *binding)
{
    for (size_t i = 0; i < profile_of(binding)->points[POINT_POST_BIND].count; i++) {
        const struct profile_plugin *plugin = plugin_at(binding, POINT_POST_BIND, i);
        const struct sched_call call = call_for(binding, plugin);
        plugin->plugin->post_bind(&call, binding->pod, binding->node);
    }
}

/* --- the cycle ----------------------------------------------------------------------------------------- */

static void look_again(void *subject, sim_time now);

/* As far as it goes now: to its end, to something to wait for, or to a failure. Says which. */
static enum pre_bind go_on(struct binding *binding, char **message)
{
    const enum pre_bind answer = pre_bind(binding, message);
    if (answer != PRE_BIND_DONE)
        return answer;
    *message = bind(binding);
    if (*message != NULL)
        return PRE_BIND_FAILED;
    post_bind(binding);
    return PRE_BIND_DONE;
}

/* What waits is looked at once a second. */
static void plan_look(struct binding *binding)
{
    struct scheduler *scheduler = binding->scheduler;
    run_at(scheduler->cluster->run, sim_time_after(scheduler->client.now, SIM_SECOND),
           PRIORITY_WORK, look_again, binding);
}

static void look_again(void *subject, sim_time now)
{
    (void)now;
    struct binding *binding = subject;
    char *message = NULL;
    client_begin(&binding->scheduler->client, binding->cause);
    switch (go_on(binding, &message)) {
    case PRE_BIND_DONE:
        end(binding);
        break;
    case PRE_BIND_WAIT:
        plan_look(binding);
        break;
    case PRE_BIND_FAILED:
        fail(binding, message);
        break;
    }
}

void binding_begin(struct scheduler *scheduler, struct waiting_pod *waiting,
                   const struct text *node)
{
    struct assumed assumed =
        assume_pod(waiting->profile, scheduler->snapshot, waiting->pod,
                   snapshot_find_node(scheduler->snapshot, node), scheduler->cluster->run);
    struct binding binding = { .scheduler = scheduler,
                               .pod = waiting->pod,
                               .node = node,
                               .annotations = assumed.annotations,
                               .as_it_was = *waiting,
                               .cause = scheduler->client.cause };
    snapshot_place(scheduler->snapshot, assumed.pod, node, true);
    char *message = reserve(&binding);
    const enum pre_bind answer = message != NULL ? PRE_BIND_FAILED : go_on(&binding, &message);
    if (answer == PRE_BIND_WAIT)
        plan_look(keep(&binding));
    else if (answer == PRE_BIND_FAILED)
        fail(keep(&binding), message);
    scheduling_queue_done(scheduler->queue, waiting);
    assumed_close(&assumed);
}
