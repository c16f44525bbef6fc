/* kubectl drain: cordon a node and evict its pods, asking again where a budget refuses.
 *
 * Follows kubectl pkg/cmd/drain and pkg/drain/drain.go: all evictions of a node go side by side; a
 * refused one is repeated every 5 s, and one that was granted is looked at every second until the
 * pod is gone. Nodes are drained one after the other. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/actions/drain_private.h"
#include "sim/base/memory.h"

#define RETRY_PERIOD (5 * SIM_SECOND)
#define LOOK_PERIOD  SIM_SECOND

static const struct flag_kind drain_flags[] = {
    FLAG_SELECTOR,           { "ignore-daemonsets", 0, true }, { "delete-emptydir-data", 0, true },
    { "force", 0, true },    { "disable-eviction", 0, true },  { "grace-period", 0, false },
    { "timeout", 0, false }, { "pod-selector", 0, false },     FLAG_END,
};

struct drain;

/* One pod on its way out. */
struct eviction {
    struct drain *drain;
    struct object_key key; /* held */
    struct uid uid;
    bool granted, over;
    event_id wake;
};

struct drain {
    struct action *action;
    struct targets nodes;
    size_t node; /* the one being drained */
    struct eviction *evictions;
    size_t count, capacity, left; /* of them still under way */
    event_id wake;                /* the timeout */
    struct writer failed;         /* nodes that could not be drained, with their reasons */
};

static bool check_drain(const struct command *command, struct place at, struct error *error)
{
    return command_check_number(command, "grace-period", at, error) &&
           command_check_duration(command, "timeout", at, error) &&
           command_check_selector(command, "pod-selector", at, error) &&
           check_nodes(command, at, error);
}

static struct run *run_of(const struct drain *drain)
{
    return drain->action->cluster->run;
}

static const char *node_name(const struct drain *drain)
{
    return text_s(drain->nodes.items[drain->node].name);
}

static void drop_evictions(struct drain *drain)
{
    for (size_t i = 0; i < drain->count; i++) {
        run_cancel(run_of(drain), &drain->evictions[i].wake);
        object_key_drop(drain->evictions[i].key);
    }
    drain->count = drain->left = 0;
}

static void close_drain(void *work)
{
    struct drain *drain = work;
    drop_evictions(drain);
    run_cancel(run_of(drain), &drain->wake);
    targets_close(&drain->nodes);
    writer_close(&drain->failed);
    free(drain->evictions);
    free(drain);
}

/* --- from node to node ---------------------------------------------------------------------- */

static bool drain_node(struct drain *drain);
static void evict(struct eviction *eviction);

/* Tell of the nodes that are left. */
static void report(struct drain *drain)
{
    struct action *action = drain->action;
    if (drain->failed.length == 0)
        return;
    action_complain(action, "There are pending nodes to be drained:\n%s", drain->failed.bytes);
    action->rc = 1;
}

/* The node cannot be drained, for these reasons, one a line. */
static void fail_node(struct drain *drain, const char *reasons)
{
    const char *name = node_name(drain);
    const bool many = strchr(reasons, '\n') != NULL;
    struct writer row = { 0 };
    for (const char *at = reasons; *at != '\0'; at++)
        writer_add(&row, *at == '\n' ? ", " : (char[]){ *at, '\0' });
    action_complain(drain->action,
                    "error: unable to drain node \"%s\" due to error: %s%s%s, continuing "
                    "command...",
                    name, many ? "[" : "", row.bytes, many ? "]" : "");
    writer_format(&drain->failed, "%s %s\n%s", drain->failed.length ? "\n" : "", name, reasons);
    writer_close(&row);
    drop_evictions(drain);
}

/* Go on with the nodes from here on. False while a drain is under way. */
static bool next_nodes(struct drain *drain)
{
    while (drain->node < drain->nodes.count && drain_node(drain))
        drain->node++;
    if (drain->node < drain->nodes.count)
        return false;
    report(drain);
    return true;
}

static void node_is_done(struct drain *drain)
{
    run_cancel(run_of(drain), &drain->wake);
    drain->node++;
    if (next_nodes(drain))
        action_end(drain->action);
}

static void run_out_of_time(void *subject, sim_time now)
{
    struct drain *drain = subject;
    struct writer reasons = { 0 };
    (void)now;
    drain->wake = 0;
    for (size_t i = 0; i < drain->count; i++) {
        const struct eviction *eviction = &drain->evictions[i];
        if (!eviction->over)
            writer_format(
                &reasons, "%serror when %s pods/\"%s\" -n \"%s\": global timeout reached: %s",
                reasons.length ? "\n" : "", eviction->granted ? "waiting for pod" : "evicting",
                text_s(eviction->key.name), text_s(eviction->key.space),
                command_flag(&drain->action->command, "timeout"));
    }
    fail_node(drain, reasons.bytes);
    writer_close(&reasons);
    node_is_done(drain);
}

static void set_timeout(struct drain *drain)
{
    const sim_time timeout = command_duration(&drain->action->command, "timeout");
    if (timeout > 0)
        drain->wake = run_at(run_of(drain), sim_time_after(run_now(run_of(drain)), timeout),
                             PRIORITY_WORLD, run_out_of_time, drain);
}

static void say_drained(struct drain *drain)
{
    action_say(drain->action, "node/%s drained", node_name(drain));
}

/* Evict the chosen pods. True when that is done at once. */
static bool evict_all(struct drain *drain)
{
    drain->left = drain->count;
    for (size_t i = 0; i < drain->count; i++)
        evict(&drain->evictions[i]);
    if (drain->left > 0) {
        set_timeout(drain);
        return false;
    }
    say_drained(drain);
    drop_evictions(drain);
    return true;
}

static void add_evictions(struct drain *drain, const struct pod *const *pods, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        MEM_GROW(drain->evictions, drain->count, drain->capacity);
        drain->evictions[drain->count++] =
            (struct eviction){ .drain = drain,
                               .key = object_key_hold(object_key(&pods[i]->meta.object)),
                               .uid = pods[i]->meta.uid };
    }
}

static bool drain_node(struct drain *drain)
{
    char *refused, *warned;
    size_t count;
    if (!cordon_node(drain->action, drain->nodes.items[drain->node], true))
        return true;
    const struct pod **pods =
        drain_pods(drain->action, drain->nodes.items[drain->node].name, &count, &refused, &warned);
    const bool can = *refused == '\0';
    add_evictions(drain, pods, count);
    if (can && *warned != '\0')
        action_warn(drain->action, "%s", warned);
    if (!can)
        fail_node(drain, refused);
    free(pods);
    free(refused);
    free(warned);
    return !can || evict_all(drain);
}

/* --- one pod ------------------------------------------------------------------------------ */

static void eviction_is_over(struct eviction *eviction)
{
    struct drain *drain = eviction->drain;
    eviction->over = true;
    drain->left--;
}

/* After an event of one pod: is the node done with it? */
static void go_on(struct drain *drain)
{
    if (drain->left > 0)
        return;
    say_drained(drain);
    drop_evictions(drain);
    node_is_done(drain);
}

static void evict_again(void *subject, sim_time now)
{
    struct eviction *eviction = subject;
    (void)now;
    eviction->wake = 0;
    action_resume(eviction->drain->action);
    evict(eviction);
    go_on(eviction->drain);
}

static bool is_gone(const struct eviction *eviction)
{
    const struct object *pod = client_read(eviction->drain->action->client, eviction->key);
    return pod == NULL || !uid_equal(meta_of(pod)->uid, eviction->uid);
}

static void look(void *subject, sim_time now)
{
    struct eviction *eviction = subject;
    struct drain *drain = eviction->drain;
    eviction->wake = 0;
    action_resume(drain->action);
    if (is_gone(eviction)) {
        action_say(drain->action, "pod/%s evicted", text_s(eviction->key.name));
        eviction_is_over(eviction);
        go_on(drain);
        return;
    }
    eviction->wake =
        run_at(run_of(drain), sim_time_after(now, LOOK_PERIOD), PRIORITY_WORLD, look, eviction);
}

static enum reply ask(struct eviction *eviction, struct error *error)
{
    struct action *action = eviction->drain->action;
    const int64_t grace = command_number(&action->command, "grace-period", -1);
    struct delete_options options = delete_options_default();
    options.grace_seconds = grace;
    return command_switch(&action->command, "disable-eviction", false)
               ? client_delete(action->client, eviction->key, options, error)
               : client_evict(action->client, eviction->key, grace, error);
}

/* Ask for a pod's eviction, and plan what comes then. */
static void evict(struct eviction *eviction)
{
    struct drain *drain = eviction->drain;
    const sim_time now = run_now(run_of(drain));
    struct error error = { 0 };
    action_say(drain->action, "evicting pod %s/%s", text_s(eviction->key.space),
               text_s(eviction->key.name));
    const enum reply reply = ask(eviction, &error);
    if (reply == REPLY_NOT_FOUND) {
        eviction_is_over(eviction);
    } else if (reply == REPLY_TOO_MANY_REQUESTS) {
        action_complain(drain->action,
                        "error when evicting pods/\"%s\" -n \"%s\" (will retry after 5s): %s",
                        text_s(eviction->key.name), text_s(eviction->key.space), error.text);
        eviction->wake = run_at(run_of(drain), sim_time_after(now, RETRY_PERIOD), PRIORITY_WORLD,
                                evict_again, eviction);
    } else if (reply == REPLY_OK || reply == REPLY_CREATED) {
        eviction->granted = true;
        eviction->wake =
            run_at(run_of(drain), sim_time_after(now, LOOK_PERIOD), PRIORITY_WORLD, look, eviction);
    } else {
        error_wrap(&error, "error when evicting pods/\"%s\" -n \"%s\"", text_s(eviction->key.name),
                   text_s(eviction->key.space));
        action_complain(drain->action, "%s", error.text);
        drain->action->rc = 1;
        eviction_is_over(eviction);
    }
    error_close(&error);
}

static bool start_drain(struct action *action)
{
    struct drain *drain = mem_new(sizeof *drain);
    drain->action = action;
    action->work = drain;
    action->close_work = close_drain;
    find_nodes(&drain->nodes, action);
    return next_nodes(drain);
}

const struct verb verb_drain = {
    .name = "drain",
    .root = "drain",
    .flags = drain_flags,
    .check = check_drain,
    .start = start_drain,
};
