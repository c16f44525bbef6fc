/* Schedules: experiments and Workflows made again and again.
 *
 * Follows controllers/schedule (cron, active, gc, pause) of Chaos Mesh 2.7. Children are named after the
 * Schedule with five random characters, labelled managed-by, and owned by it. Where one that still runs
 * forbids the next, the Schedule looks again at the time after that. */
#include <stdlib.h>
#include <string.h>

#include "models/api/cron_schedule.h"
#include "models/chaos/chaos_private.h"

enum { MOST_MISSED = 100, USUAL_HISTORY = 1 };

/* Its children in the order of their creation. */
struct children {
    const struct object **items; /* owned; borrowed from the cache */
    size_t count, capacity;
};

static enum kind kind_of_children(const struct object *schedule)
{
    return kind_find(CHAOS_API, value_text(value_get(spec_of(schedule), "type"), ""));
}

static struct children children_of(const struct client *client, const struct object *schedule)
{
    struct children children = { 0 };
    for (struct cache_cursor all = client_list(client, kind_of_children(schedule));
         cache_next(&all);) {
        const struct owner *owner = meta_controller(meta_of(all.object));
        if (owner == NULL || !uid_equal(owner->uid, meta_of(schedule)->uid) ||
            meta_of(all.object)->deleting)
            continue;
        MEM_GROW(children.items, children.count, children.capacity);
        children.items[children.count++] = all.object;
    }
    return children;
}

static bool is_finished(const struct client *client, const struct object *child, sim_time *until)
{
    *until = SIM_FOREVER;
    if (child->kind == KIND_WORKFLOW)
        return condition_holds(child, "Accomplished");
    return experiment_is_finished(client, child, client->now, until);
}

/* ---- history ---- */

static void step_history(struct client *client, const struct object *schedule,
                         const struct children *children)
{
    const int64_t given = value_int(value_get(spec_of(schedule), "historyLimit"), 0);
    const size_t limit = given > 0 ? (size_t)given : USUAL_HISTORY;
    for (size_t i = 0; i + limit < children->count; i++) {
        const struct object *child = children->items[i];
        sim_time until;
        if (is_finished(client, child, &until)) {
            client_delete(client, object_key(child), delete_options_default(), NULL);
        } else {
            client_event(client, schedule, true, "Skip",
                         "Skip removing history: %s is still running", name_of(child));
            if (until != SIM_FOREVER)
                controller_requeue_after(client, object_key(schedule), until - client->now);
        }
    }
}

/* ---- status.active ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(name_of(*(const struct object *const *)a),
                  name_of(*(const struct object *const *)b));
}

static void step_active(struct client *client, const struct object *schedule,
                        struct children children)
{
    struct value *active = value_new_list();
    if (children.count > 0)
        qsort(children.items, children.count, sizeof *children.items, by_name);
    for (size_t i = 0; i < children.count; i++) {
        struct value *reference = value_new_map();
        char uid[UID_TEXT];
        const struct object *child = children.items[i];
        value_set(reference, "apiVersion", value_new_string(CHAOS_API));
        value_set(reference, "kind", value_new_string(kind_infos[child->kind].name));
        value_set(reference, "name", value_new_string(name_of(child)));
        value_set(reference, "namespace", value_new_string(namespace_of(child)));
        value_set(reference, "uid", value_new_string(uid_print(meta_of(child)->uid, uid)));
        value_add(active, reference);
    }
    if (value_equal(value_get(status_of(schedule), "active"), active) ||
        (children.count == 0 && value_get(status_of(schedule), "active") == NULL))
        value_drop(active);
    else
        status_put(client, object_key(schedule), active, "active", NULL);
}

/* ---- pause ---- */

static bool set_pause(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    const struct labels *before = meta->annotations;
    const struct client *client = context;
    meta->annotations = labels_with(client->cluster->run->texts, before, PAUSE_ANNOTATION,
                                    is_paused(object) ? "false" : "true");
    labels_drop(before);
    return true;
}

static void step_pause(struct client *client, const struct object *schedule,
                       const struct children *children)
{
    if (labels_get(meta_of(schedule)->annotations, PAUSE_ANNOTATION) == NULL)
        return;
    for (size_t i = 0; i < children->count; i++)
        if (kind_is_experiment(children->items[i]->kind) &&
            is_paused(children->items[i]) != is_paused(schedule))
            client_patch(client, object_key(children->items[i]), set_pause, client, NULL);
}

/* ---- time ---- */

/* Seconds of the Unix epoch at an instant. */
static int64_t unix_seconds(const struct client *client, sim_time at)
{
    return client->cluster->codec.epoch_seconds + at / SIM_SECOND;
}

/* From when on missed starts count. */
static int64_t earliest(const struct client *client, const struct object *schedule)
{
    sim_time from = meta_of(schedule)->created;
    chaos_read_time(client, value_get(status_of(schedule), "time"), &from);
    int64_t seconds = unix_seconds(client, from);
    const struct value *deadline = value_get(spec_of(schedule), "startingDeadlineSeconds");
    const int64_t limit = unix_seconds(client, client->now) - value_int(deadline, 0);
    return !value_is_null(deadline) && limit > seconds ? limit : seconds;
}

/* The latest start that was missed (0: none) and the one after it (0: none). False: too many. */
static bool find_starts(const struct cron_schedule *cron, int64_t from, int64_t now,
                        int64_t *missed, int64_t *next)
{
    *missed = 0;
    if (!cron_schedule_next(cron, from, next))
        *next = 0;
    for (int i = 0; *next != 0 && *next <= now; i++) {
        *missed = *next;
        if (!cron_schedule_next(cron, *missed, next))
            *next = 0;
        if (i >= MOST_MISSED)
            return false;
    }
    return true;
}

static const struct object *running_child(const struct client *client,
                                          const struct children *children)
{
    sim_time until;
    for (size_t i = 0; i < children->count; i++)
        if (!is_finished(client, children->items[i], &until))
            return children->items[i];
    return NULL;
}

static void spawn(struct client *client, const struct object *schedule)
{
    const char *type = value_text(value_get(spec_of(schedule), "type"), "");
    struct value *labels = value_new_map();
    struct error error = { 0 };
    char *prefix = mem_format("%s-", name_of(schedule));
    value_set(labels, "managed-by", value_new_string(name_of(schedule)));
    const struct object *child =
        chaos_create(client, schedule, type, prefix, labels,
                     value_get(spec_of(schedule), chaos_block(type)), true, &error);
    if (child != NULL) {
        client_event(client, schedule, false, "Spawned", "Create new object: %s", name_of(child));
        status_put(client, object_key(schedule), chaos_time(client, client->now), "time", NULL);
    } else {
        client_event(client, schedule, true, "Failed", "Failed to create new object: %s",
                     error.text != NULL ? error.text : "");
    }
    error_close(&error);
    free(prefix);
}

static void step_time(struct client *client, const struct object *schedule,
                      const struct children *children)
{
    const char *expression = value_text(value_get(spec_of(schedule), "schedule"), "");
    const int64_t now = unix_seconds(client, client->now);
    const bool forbids = !text_is(spec_of(schedule), "concurrencyPolicy", "Allow");
    struct error error = { 0 };
    int64_t missed = 0, next = 0;
    struct cron_schedule *cron = cron_schedule_new(
        expression, NULL, client->cluster->settings.zones, false, (struct place){ 0 }, &error);
    error_close(&error); /* it was checked when it was admitted */
    if (cron == NULL || is_paused(schedule)) {
        cron_schedule_free(cron);
        return;
    }
    if (!find_starts(cron, earliest(client, schedule), now, &missed, &next)) {
        client_event(client, schedule, true, "Failed",
                     "Failed to get run time: too many missed start time (> 100). Set or decrease "
                     ".spec.startingDeadlineSeconds or check clock skew");
        cron_schedule_free(cron);
        return;
    }
    cron_schedule_free(cron);
    const struct object *running = missed != 0 && forbids ? running_child(client, children) : NULL;
    if (running != NULL)
        client_event(client, schedule, true, "Forbid",
                     "Forbid spawning new job because: %s is still running", name_of(running));
    else if (missed != 0)
        spawn(client, schedule);
    const int64_t epoch = client->cluster->codec.epoch_seconds;
    if (next != 0 && (missed == 0 || running != NULL))
        controller_requeue_after(client, object_key(schedule),
                                 (next - epoch) * SIM_SECOND - client->now);
}

/* ---- the whole ---- */

static enum outcome schedule_reconcile(struct client *client, struct object_key key)
{
    const struct object *schedule = client_read(client, key);
    if (schedule == NULL || meta_of(schedule)->deleting)
        return RECONCILED;
    schedule = object_hold(schedule);
    struct children children = children_of(client, schedule);
    step_pause(client, schedule, &children);
    step_history(client, schedule, &children);
    step_time(client, schedule, &children);
    step_active(client, schedule, children);
    free(children.items);
    object_drop(schedule);
    return RECONCILED;
}

const struct controller chaos_schedule_controller = {
    .name = "chaos-schedule",
    .source = "schedule-cron",
    .qps = 30,
    .burst = 50,
    .reconciles = KIND_CHAOSSCHEDULE,
    .wakes_on = { { KIND_CHAOSSCHEDULE, wake_self },
                  { KIND_WORKFLOW, wake_owner },
                  { KIND_PODCHAOS, wake_owner },
                  { KIND_NETWORKCHAOS, wake_owner },
                  { KIND_STRESSCHAOS, wake_owner },
                  { KIND_IOCHAOS, wake_owner },
                  { KIND_TIMECHAOS, wake_owner },
                  { KIND_DNSCHAOS, wake_owner },
                  { KIND_HTTPCHAOS, wake_owner },
                  { KIND_KERNELCHAOS, wake_owner },
                  { KIND_JVMCHAOS, wake_owner },
                  { KIND_BLOCKCHAOS, wake_owner },
                  { KIND_AWSCHAOS, wake_owner },
                  { KIND_GCPCHAOS, wake_owner },
                  { KIND_AZURECHAOS, wake_owner },
                  { KIND_PHYSICALMACHINECHAOS, wake_owner } },
    .reconcile = schedule_reconcile,
    .awaits_own_writes = true,
};
