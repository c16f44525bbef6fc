/* From a decision to a bound pod: Reserve, Permit, PreBind, Bind, PostBind.
 *
 * The pod counts on its node from the first of them on. Permit and PreBind may have to wait; other
 * pods are tried in the meantime. Follows schedulingCycle, bindingCycle and
 * handleBindingCycleError in pkg/scheduler/schedule_one.go of the release named in
 * docs/fidelity.md. */
#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/decision/fit_error.h"
#include "models/scheduler/scheduler_private.h"

/* How long a pod waits for one Permit plugin. */
struct patience {
    sim_time timeout, until;
};

struct binding {
    struct scheduler *scheduler;
    struct waiting_pod *waiting; /* in flight until Permit has let it go; NULL: out of the queue */
    struct waiting_pod as_it_was;
    const struct pod *pod; /* held: as it was popped */
    struct assumed assumed;
    const struct text *node; /* held */
    struct cause cause;
    struct binding *previous, *next;
    event_id event; /* the next thing to happen to it */

    uint64_t permits;       /* bits: the plugins that it waits for */
    struct patience *waits; /* owned: how long for each of them, by plugin; NULL: it never waited */
    int rejected_by;        /* a plugin does not want it any more; -1: none */
    const char *why;        /* what that one says: a constant, or `failure` */
    size_t pre_bind;        /* whose turn it is among the PreBind plugins */
    bool asked;             /* that plugin was asked before */
    char *failure;          /* owned: why it was not bound */
};

static void binding_free(struct binding *binding)
{
    struct permits *permits = &binding->scheduler->permits;
    *(binding->previous != NULL ? &binding->previous->next : &permits->first) = binding->next;
    *(binding->next != NULL ? &binding->next->previous : &permits->last) = binding->previous;
    run_cancel(binding->scheduler->cluster->run, &binding->event);
    object_drop(&binding->pod->meta.object);
    assumed_close(&binding->assumed);
    text_drop(binding->node);
    free(binding->waits);
    free(binding->failure);
    free(binding);
}

void scheduler_close_bindings(struct scheduler *scheduler)
{
    while (scheduler->permits.first != NULL)
        binding_free(scheduler->permits.first);
}

/* --- what plugins are asked with ------------------------------------------------------------- */

static struct sched_call call_of(const struct binding *binding, size_t plugin)
{
    const struct profile *profile = binding->as_it_was.profile;
    return (struct sched_call){ .profile = profile,
                                .spec = binding->pod->spec,
                                .pod = binding->pod,
                                .snapshot = binding->scheduler->snapshot,
                                .args = profile->plugins[plugin].args,
                                .permits = &binding->scheduler->permits };
}

static const struct point *point_of(const struct binding *binding, enum extension_point point)
{
    return &binding->as_it_was.profile->points[point];
}

static const struct sched_plugin *plugin_of(const struct binding *binding, size_t plugin)
{
    return binding->as_it_was.profile->plugins[plugin].plugin;
}

/* The node; one that has gone since has no node_info, and plugins are not asked about it. */
static const struct node_info *node_info_of(const struct binding *binding)
{
    return snapshot_find_node(binding->scheduler->snapshot, binding->node);
}

/* What has reserved, or might have, gives it back: the last one first. */
static void unreserve(const struct binding *binding)
{
    const struct profile *profile = binding->as_it_was.profile;
    const struct node_info *node = node_info_of(binding);
    for (size_t i = profile->plugin_count; i-- > 0;) {
        const struct sched_call call = call_of(binding, i);
        if (profile->plugins[i].plugin->unreserve != NULL)
            profile->plugins[i].plugin->unreserve(&call, binding->pod, node);
    }
}

/* --- it did not work ---------------------------------------------------------------------------- */

/* "0/1 nodes are available: 1 <reason>." */
static char *rejection_message(const struct rejection *rejection)
{
    struct fit_error error = { 0 };
    struct writer message = { 0 };
    for (size_t i = 0; i < rejection->count; i++)
        fit_error_add(&error, rejection->reasons[i], 1);
    fit_error_print(&error, 1, &message);
    fit_error_close(&error);
    return writer_take(&message);
}

static struct attempt_failure failure_of_rejection(const struct rejection *rejection, int plugin)
{
    return (struct attempt_failure){ .rejected = { .rejecting = (uint64_t)1 << plugin },
                                     .reason = "Unschedulable",
                                     .message = rejection_message(rejection),
                                     .nomination = NOMINATION_CLEARED };
}

static char *plugin_failed(const char *point, const struct sched_plugin *plugin, const char *why)
{
    return mem_format("running %s plugin \"%s\": %s", point, plugin->name, why);
}

/* A plugin that cannot reserve has made an error. */
static struct attempt_failure failure_of_reserve(const struct rejection *rejection,
                                                 const struct sched_plugin *plugin)
{
    const struct reason *first = &rejection->reasons[0];
    char *why = rejection->count > 0 ? mem_format("%s%s", first->text, text_s(first->about))
                                     : mem_format("%s", "");
    const struct attempt_failure failure = { .reason = "SchedulerError",
                                             .message = plugin_failed("Reserve", plugin, why),
                                             .nomination = NOMINATION_CLEARED };
    free(why);
    return failure;
}

/* Is this the pod that was tried, and not a later one of its name? */
static bool is_same(const struct binding *binding, const struct pod *pod)
{
    return pod != NULL && uid_equal(pod->meta.uid, binding->pod->meta.uid);
}

/* Where the pod counts, if it was not bound and is still the one that was tried. */
static const struct placed_pod *assumed_place(const struct binding *binding)
{
    const struct object *pod = &binding->pod->meta.object;
    const struct placed_pod *placed =
        snapshot_find_pod(binding->scheduler->snapshot, pod->space, pod->name);
    return placed != NULL && placed->assumed && is_same(binding, placed->pod) ? placed : NULL;
}

/* Still in the attempt: nobody else has seen the pod on the node. */
static void fail_attempt(struct binding *binding, struct attempt_failure failure)
{
    const struct object *pod = &binding->pod->meta.object;
    unreserve(binding);
    if (assumed_place(binding) != NULL)
        snapshot_remove_pod(binding->scheduler->snapshot, pod->space, pod->name);
    scheduler_fail(binding->scheduler, binding->waiting, &failure);
    attempt_failure_close(&failure);
    binding_free(binding);
}

/* A pod that had left the queue comes back, if it is still there and waits. */
static void come_back(const struct binding *binding, const struct attempt_failure *failure)
{
    struct scheduler *scheduler = binding->scheduler;
    const struct object *pod = &binding->pod->meta.object;
    const struct pod *present =
        pod_of(client_get(&scheduler->client, KIND_POD, pod->space, pod->name));
    const bool waits = is_same(binding, present) && present->node_name == NULL &&
                       !present->meta.deleting &&
                       scheduling_queue_find(scheduler->queue, pod->space, pod->name) == NULL;
    if (waits) {
        scheduling_queue_fail_binding(scheduler->queue, present, binding->as_it_was.profile,
                                      binding->cause, &binding->as_it_was, failure->rejected);
        nominator_add(scheduler->nominator, present, failure->nomination, failure->node);
    }
    scheduler_report(scheduler, binding->pod, failure);
    if (waits)
        scheduler_patch_status(scheduler, present, failure);
}

/* Others may have its room; they hear of it before the pod itself comes back to the queue, unless it
 * was rejected: then it must not be woken by its own going. */
static void give_up(struct binding *binding, struct attempt_failure *failure)
{
    struct scheduler *scheduler = binding->scheduler;
    const struct object *pod = &binding->pod->meta.object;
    unreserve(binding);
    client_begin(&scheduler->client, binding->cause);
    if (binding->waiting != NULL)
        scheduler_fail(scheduler, binding->waiting, failure);
    if (assumed_place(binding) != NULL)
        scheduler_remove_placed(&scheduler->view, pod, binding->cause);
    if (binding->waiting == NULL)
        come_back(binding, failure);
    attempt_failure_close(failure);
    binding_free(binding);
}

static void fail_binding(void *subject, sim_time now)
{
    struct binding *binding = subject;
    struct attempt_failure failure = { .reason = "SchedulerError",
                                       .message = binding->failure,
                                       .nomination = NOMINATION_CLEARED };
    (void)now;
    binding->event = 0;
    binding->failure = NULL;
    give_up(binding, &failure);
}

/* To be undone when the answer arrives; takes the message over. */
static void plan_failure(struct binding *binding, char *message)
{
    struct scheduler *scheduler = binding->scheduler;
    binding->failure = message;
    binding->event = run_at(scheduler->cluster->run, scheduler->client.now, PRIORITY_WATCH,
                            fail_binding, binding);
}

/* --- Bind and PostBind ---------------------------------------------------------------------------- */

static void bind_pod(struct binding *binding)
{
    struct scheduler *scheduler = binding->scheduler;
    struct client *client = &scheduler->client;
    const struct point *binders = point_of(binding, POINT_BIND);
    const struct point *after = point_of(binding, POINT_POST_BIND);
    struct error error = { 0 };
    assert(binders->count > 0);
    scheduler_tell(scheduler, (struct scheduler_call){
                                  .verb = "bind", .pod = binding->pod, .node = binding->node });
    if (!extenders_bind(binding->as_it_was.profile->extenders, binding->pod, binding->node,
                        &error)) {
        scheduler_stop_if_broken(scheduler);
        plan_failure(binding, error.text);
        return;
    }
    const struct sched_plugin *binder = plugin_of(binding, binders->items[0].plugin);
    const enum reply reply =
        binder->bind(client, binding->pod, binding->node, binding->assumed.annotations, &error);
    if (reply != REPLY_OK && reply != REPLY_CREATED) {
        plan_failure(binding, plugin_failed("Bind", binder, error.text != NULL ? error.text : ""));
        error_close(&error);
        return;
    }
    scheduler->attempts.scheduled++;
    client_event(client, &binding->pod->meta.object, false, "Scheduled",
                 "Successfully assigned %s/%s to %s", namespace_of(binding->pod),
                 name_of(binding->pod), binding->node->s);
    for (size_t i = 0; i < after->count; i++) {
        const struct sched_call call = call_of(binding, after->items[i].plugin);
        plugin_of(binding, after->items[i].plugin)->post_bind(&call, binding->pod, binding->node);
    }
    binding_free(binding);
}

/* --- PreBind ------------------------------------------------------------------------------------- */

static void ask_again(void *subject, sim_time now);

/* In the order of the plugins; whoever waits is asked again after a second. */
static void pre_bind(struct binding *binding)
{
    struct scheduler *scheduler = binding->scheduler;
    const struct point *point = point_of(binding, POINT_PRE_BIND);
    struct error error = { 0 };
    for (; binding->pre_bind < point->count; binding->pre_bind++, binding->asked = false) {
        const uint8_t plugin = point->items[binding->pre_bind].plugin;
        const struct sched_call call = call_of(binding, plugin);
        const enum pre_bind answer = plugin_of(binding, plugin)
                                         ->pre_bind(&call, &scheduler->client, binding->pod,
                                                    node_info_of(binding), binding->asked, &error);
        if (answer == PRE_BIND_FAILED) {
            plan_failure(binding, plugin_failed("PreBind", plugin_of(binding, plugin),
                                                error.text != NULL ? error.text : ""));
            error_close(&error);
            return;
        }
        if (answer == PRE_BIND_WAIT) {
            binding->asked = true;
            binding->event =
                run_at(scheduler->cluster->run, sim_time_after(scheduler->client.now, SIM_SECOND),
                       PRIORITY_WORK, ask_again, binding);
            return;
        }
    }
    bind_pod(binding);
}

static void ask_again(void *subject, sim_time now)
{
    struct binding *binding = subject;
    (void)now;
    binding->event = 0;
    client_begin(&binding->scheduler->client, binding->cause);
    pre_bind(binding);
}

/* --- Permit ---------------------------------------------------------------------------------------- */

/* Nothing keeps the pod any more; what is in flight need not be kept for it. */
static void go_on(struct binding *binding)
{
    scheduling_queue_done(binding->scheduler->queue, binding->waiting);
    binding->waiting = NULL;
    pre_bind(binding);
}

/* Every plugin it waited for has answered, or one of them against it. */
static void end_wait(void *subject, sim_time now)
{
    struct binding *binding = subject;
    (void)now;
    binding->event = 0;
    client_begin(&binding->scheduler->client, binding->cause);
    if (binding->rejected_by < 0) {
        go_on(binding);
        return;
    }
    struct rejection rejection = { 0 };
    reject(&rejection, UNSCHEDULABLE, binding->why);
    struct attempt_failure failure = failure_of_rejection(&rejection, binding->rejected_by);
    give_up(binding, &failure);
}

static void plan_end(struct binding *binding)
{
    struct run *run = binding->scheduler->cluster->run;
    run_cancel(run, &binding->event);
    binding->event = run_at(run, run_now(run), PRIORITY_WORK, end_wait, binding);
}

/* Whose patience ends first; of several, the first plugin. */
static int least_patient(const struct binding *binding)
{
    int least = -1;
    for (int i = 0; i < PROFILE_PLUGINS; i++)
        if ((binding->permits >> i & 1) &&
            (least < 0 || binding->waits[i].until < binding->waits[least].until))
            least = i;
    return least;
}

/* As Go prints the time-out: whole minutes have their "0s", hours do not occur. */
static char *time_out_message(const struct binding *binding, size_t plugin)
{
    const sim_time timeout = binding->waits[plugin].timeout;
    char text[SIM_TIME_TEXT];
    const bool whole_minutes = timeout > 0 && timeout % SIM_MINUTE == 0;
    return mem_format("rejected due to timeout after waiting %s%s at plugin %s",
                      sim_time_print(timeout, text), whole_minutes ? "0s" : "",
                      plugin_of(binding, plugin)->name);
}

static void time_out(void *subject, sim_time now)
{
    struct binding *binding = subject;
    binding->rejected_by = least_patient(binding);
    binding->failure = time_out_message(binding, (size_t)binding->rejected_by);
    binding->why = binding->failure;
    end_wait(binding, now);
}

static void plan_time_out(struct binding *binding)
{
    struct run *run = binding->scheduler->cluster->run;
    run_cancel(run, &binding->event);
    binding->event =
        run_at(run, binding->waits[least_patient(binding)].until, PRIORITY_WORK, time_out, binding);
}

static struct binding *find_waiting(const struct permits *permits, struct uid pod)
{
    struct binding *binding = permits->first;
    while (binding != NULL && !uid_equal(binding->pod->meta.uid, pod))
        binding = binding->next;
    return binding != NULL && binding->permits != 0 && binding->rejected_by < 0 ? binding : NULL;
}

/* Its place in the profile; plugin_count when it has none. */
static size_t index_of(const struct binding *binding, const struct sched_plugin *plugin)
{
    size_t at = 0;
    while (at < binding->as_it_was.profile->plugin_count && plugin_of(binding, at) != plugin)
        at++;
    return at;
}

bool permits_allow(struct permits *permits, struct uid pod, const struct sched_plugin *plugin)
{
    struct binding *binding = find_waiting(permits, pod);
    const uint64_t bit = binding != NULL ? (uint64_t)1 << index_of(binding, plugin) : 0;
    if (binding == NULL || (binding->permits & bit) == 0)
        return false;
    binding->permits &= ~bit;
    if (binding->permits == 0)
        plan_end(binding);
    else
        plan_time_out(binding);
    return true;
}

bool permits_reject(struct permits *permits, struct uid pod, const struct sched_plugin *plugin,
                    const char *message)
{
    struct binding *binding = find_waiting(permits, pod);
    if (binding == NULL)
        return false;
    const size_t index = index_of(binding, plugin);
    binding->rejected_by = index < binding->as_it_was.profile->plugin_count
                               ? (int)index
                               : __builtin_ctzll(binding->permits);
    binding->why = message;
    plan_end(binding);
    return true;
}

/* It waits for one more plugin. */
static void wait_for(struct binding *binding, uint8_t plugin, sim_time timeout)
{
    if (binding->waits == NULL)
        binding->waits = mem_new(PROFILE_PLUGINS * sizeof *binding->waits);
    timeout = timeout < MAX_PERMIT_TIMEOUT ? timeout : MAX_PERMIT_TIMEOUT;
    binding->permits |= (uint64_t)1 << plugin;
    binding->waits[plugin] =
        (struct patience){ timeout,
                           sim_time_after(run_now(binding->scheduler->cluster->run), timeout) };
}

/* Ask all of them; each that wants to wait has a time-out of its own. */
static void permit(struct binding *binding)
{
    const struct point *point = point_of(binding, POINT_PERMIT);
    const struct node_info *node = node_info_of(binding);
    for (size_t i = 0; i < point->count; i++) {
        const uint8_t plugin = point->items[i].plugin;
        const struct sched_call call = call_of(binding, plugin);
        struct rejection rejection = { 0 };
        sim_time timeout = MAX_PERMIT_TIMEOUT;
        const enum permit answer =
            plugin_of(binding, plugin)->permit(&call, binding->pod, node, &timeout, &rejection);
        if (answer == PERMIT_REJECTED) {
            fail_attempt(binding, failure_of_rejection(&rejection, plugin));
            return;
        }
        if (answer == PERMIT_WAIT)
            wait_for(binding, plugin, timeout);
    }
    if (binding->permits == 0)
        go_on(binding);
    else
        plan_time_out(binding);
}

/* --- Reserve --------------------------------------------------------------------------------------- */

static struct binding *binding_new(struct scheduler *scheduler, struct waiting_pod *waiting,
                                   const struct text *node)
{
    struct binding *binding = mem_new(sizeof *binding);
    *binding = (struct binding){
        .scheduler = scheduler,
        .waiting = waiting,
        .as_it_was = *waiting,
        .pod = pod_of(object_hold(&waiting->pod->meta.object)),
        .node = text_hold(node),
        .cause = waiting->cause,
        .previous = scheduler->permits.last,
        .rejected_by = -1,
    };
    *(scheduler->permits.last != NULL ? &scheduler->permits.last->next
                                      : &scheduler->permits.first) = binding;
    scheduler->permits.last = binding;
    return binding;
}

void scheduler_assume(struct scheduler *scheduler, struct waiting_pod *waiting,
                      const struct text *node)
{
    struct binding *binding = binding_new(scheduler, waiting, node);
    const struct node_info *info = node_info_of(binding);
    const struct point *point = point_of(binding, POINT_RESERVE);
    binding->assumed = assume_pod(waiting->profile, scheduler->snapshot, waiting->pod, info,
                                  scheduler->cluster->run);
    snapshot_place(scheduler->snapshot, binding->assumed.pod, node, true);
    nominator_remove(scheduler->nominator, waiting->pod);
    for (size_t i = 0; info != NULL && i < point->count; i++) {
        const uint8_t plugin = point->items[i].plugin;
        const struct sched_call call = call_of(binding, plugin);
        struct rejection rejection = { 0 };
        if (!plugin_of(binding, plugin)->reserve(&call, waiting->pod, info, &rejection)) {
            fail_attempt(binding, failure_of_reserve(&rejection, plugin_of(binding, plugin)));
            return;
        }
    }
    permit(binding);
}
