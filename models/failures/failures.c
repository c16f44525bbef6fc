/* When failures strike and are mended.
 *
 * A target lives through times of health and of failure in turn: it waits for its next given
 * time, or draws how long it stays healthy; struck, it draws how long that lasts. Each strike
 * begins a root of causes, and what its mending leads to belongs to the same root. */
#include "models/failures/failures.h"

#include <stdlib.h>

#include "models/api/node.h"
#include "models/failures/failures_private.h"
#include "models/failures/machines.h"
#include "sim/base/memory.h"

/* One target of one plan, or of a failure done by hand. */
struct target {
    struct failures *failures;
    struct target *next;
    const struct failure *failure;
    const struct failure_plan *plan; /* NULL: by hand */
    const struct text *name;         /* held */
    struct stream health, repair;
    uint64_t strikes;
    bool struck;
    event_id due;
    sim_time since, ends; /* its present time of health or failure; ends: as drawn */
    struct cause cause;   /* the root of the last strike */
    void *memory;         /* of the strike, until it is mended */
};

struct failures {
    struct cluster *cluster;
    struct client client;
    struct failure_plan **plans; /* owned */
    size_t plan_count, plan_capacity;
    struct target *targets, **end; /* in the order in which they were found */
    struct machine_holds holds;
    struct luck_holder luck;
    uint64_t last_number; /* of failures_number() */
    bool over;            /* nodes that join are safe */
};

struct machine_holds *failures_holds(struct failures *failures)
{
    return &failures->holds;
}

uint64_t failures_number(struct failures *failures)
{
    return ++failures->last_number;
}

/* --- strike and mend ------------------------------------------------------------------- */

static struct blow blow_of(struct target *target)
{
    return (struct blow){ .failures = target->failures,
                          .client = &target->failures->client,
                          .options = target->plan ? target->plan->entry : NULL,
                          .target = text_s(target->name),
                          .number = target->strikes,
                          .memory = target->memory };
}

static void strike(struct target *target)
{
    struct run *run = target->failures->cluster->run;
    const char *name = target->plan && target->plan->name ? target->plan->name : NULL;
    char *full = name ? mem_format("%s/%s", name, text_s(target->name)) : NULL;
    target->cause =
        run_root(run, run_now(run), target->failure->name, full ? full : text_s(target->name));
    free(full);
    client_begin(&target->failures->client, target->cause);
    struct blow blow = blow_of(target);
    target->failure->strike(&blow);
    target->memory = blow.memory;
    target->strikes++;
    target->struck = target->failure->mend != NULL;
}

static void mend(struct target *target)
{
    client_begin(&target->failures->client, target->cause);
    struct blow blow = blow_of(target);
    target->failure->mend(&blow);
    free(target->memory);
    target->memory = NULL;
    target->struck = false;
}

/* --- time ------------------------------------------------------------------------------ */

static void target_due(void *subject, sim_time now);

/* The next given time at which a healthy target is struck. */
static sim_time next_given(const struct target *target, sim_time now)
{
    const struct failure_plan *plan = target->plan;
    for (size_t i = 0; i < plan->at_count; i++)
        if (plan->at[i] > now || (plan->at[i] == now && target->strikes == 0))
            return plan->at[i];
    return SIM_FOREVER;
}

/* The next time a healthy target is struck. */
static sim_time next_strike(struct target *target, sim_time now)
{
    const struct failure_plan *plan = target->plan;
    const sim_time next = next_given(target, now);
    if (plan->every == NULL)
        return next;
    const sim_time healthy = distribution_sample_time(plan->every, &target->health);
    const sim_time drawn = sim_time_after(now, healthy);
    return drawn < next ? drawn : next;
}

static sim_time next_mend(struct target *target, sim_time now)
{
    const struct distribution *lasts = target->plan->lasts;
    return lasts ? sim_time_after(now, distribution_sample_time(lasts, &target->repair))
                 : SIM_FOREVER;
}

static void target_arm(struct target *target)
{
    struct run *run = target->failures->cluster->run;
    run_cancel(run, &target->due);
    if (target->ends != SIM_FOREVER)
        target->due = run_at(run, target->ends, PRIORITY_WORLD, target_due, target);
}

static void target_wait(struct target *target, sim_time now)
{
    target->since = now;
    target->ends = target->struck ? next_mend(target, now) : next_strike(target, now);
    target_arm(target);
}

static void target_due(void *subject, sim_time now)
{
    struct target *target = subject;
    target->due = 0;
    if (target->struck)
        mend(target);
    else
        strike(target);
    target_wait(target, now);
}

/* What is left of the present time is drawn anew, given that it is not over. What is due at this very
 * moment stays. */
static void target_reseed(struct target *target, uint64_t salt)
{
    const sim_time now = run_now(target->failures->cluster->run);
    const struct distribution *length = target->plan == NULL ? NULL
                                        : target->struck     ? target->plan->lasts
                                                             : target->plan->every;
    struct stream *luck = target->struck ? &target->repair : &target->health;
    target->health = stream_branch(target->health, salt);
    target->repair = stream_branch(target->repair, salt);
    if (target->due == 0 || target->ends <= now || length == NULL)
        return;
    const double age = sim_time_to_seconds(now - target->since);
    const double left = distribution_sample_residual(length, age, luck);
    const sim_time given = target->struck ? SIM_FOREVER : next_given(target, now);
    const sim_time drawn = sim_time_after(now, sim_time_from_seconds(left));
    target->ends = drawn < given ? drawn : given;
    target_arm(target);
}

static void failures_reseeded(void *subject, uint64_t salt)
{
    struct failures *all = subject;
    for (struct target *target = all->targets; target != NULL; target = target->next)
        target_reseed(target, salt);
}

/* --- targets --------------------------------------------------------------------------- */

static struct target *target_find(const struct failures *failures, const struct failure *failure,
                                  const struct failure_plan *plan, const char *name)
{
    struct target *target = failures->targets;
    for (; target != NULL; target = target->next)
        if (target->failure == failure && target->plan == plan &&
            strcmp(text_s(target->name), name) == 0)
            return target;
    return NULL;
}

static struct target *target_new(struct failures *failures, const struct failure *failure,
                                 const struct failure_plan *plan, const char *name)
{
    static const char *const spaces[] = { "node", "zone", "failure", "cluster" };
    const struct cluster *cluster = failures->cluster;
    const uint64_t branch = plan ? plan->branch : 0;
    struct target *target = mem_new(sizeof *target);
    char *entity = mem_format("%s/%s", spaces[failure->targets], name);
    char *repair = mem_format("%s-repair", failure->name);
    target->failures = failures;
    target->failure = failure;
    target->plan = plan;
    target->name = cluster_text(cluster, name);
    target->health = run_stream(cluster->run, cluster->id, entity, failure->name, branch);
    target->repair = run_stream(cluster->run, cluster->id, entity, repair, branch);
    free(entity);
    free(repair);
    *failures->end = target;
    failures->end = &target->next;
    return target;
}

static void target_plan(struct failures *failures, const struct failure_plan *plan,
                        const char *name)
{
    if (target_find(failures, plan->failure, plan, name) == NULL)
        target_wait(target_new(failures, plan->failure, plan, name),
                    run_now(failures->cluster->run));
}

/* A node, and with it perhaps a zone, that a plan may mean. */
static void plan_meets(struct failures *failures, const struct failure_plan *plan,
                       const struct node *node)
{
    const enum failure_targets targets = plan->failure->targets;
    if (targets == TARGET_NODES && failure_plan_means(plan, name_of(node)))
        target_plan(failures, plan, name_of(node));
    if (targets == TARGET_ZONES && node->zone != NULL &&
        failure_plan_means(plan, text_s(node->zone)))
        target_plan(failures, plan, text_s(node->zone));
}

static void failures_deliver(void *self, const struct watch_event *event)
{
    struct failures *all = self;
    if (all->over || event->object->kind != KIND_NODE || event->type == WATCH_DELETED)
        return;
    for (size_t i = 0; i < all->plan_count; i++)
        plan_meets(all, all->plans[i], node_of(event->object));
}

/* --- entries --------------------------------------------------------------------------- */

static uint64_t count_of_kind(const struct failures *all, const struct failure *failure)
{
    uint64_t count = 0;
    for (size_t i = 0; i < all->plan_count; i++)
        count += all->plans[i]->failure == failure;
    return count;
}

bool failures_plan(struct cluster *cluster, struct value *entry, struct error_list *faults)
{
    struct failures *all = cluster_component(cluster, "failures");
    struct failure_plan *plan = mem_new(sizeof *plan);
    if (!failure_plan_read(plan, entry, faults)) {
        failure_plan_close(plan);
        free(plan);
        return false;
    }
    plan->branch = count_of_kind(all, plan->failure);
    MEM_GROW(all->plans, all->plan_count, all->plan_capacity);
    all->plans[all->plan_count++] = plan;
    if (plan->failure->targets == TARGET_NAMED)
        target_plan(all, plan, value_text(value_get(entry, plan->failure->target_field), ""));
    if (plan->failure->targets == TARGET_CLUSTER)
        target_plan(all, plan, "");
    for (struct cache_cursor nodes = client_list(&all->client, KIND_NODE); cache_next(&nodes);)
        plan_meets(all, plan, node_of(nodes.object));
    return true;
}

bool failures_check(const struct value *entry, struct error_list *faults)
{
    struct failure_plan plan;
    const bool good = failure_plan_read(&plan, entry, faults);
    failure_plan_close(&plan);
    return good;
}

bool failures_know(const char *kind, struct place at, struct error *error)
{
    return failure_find(kind, at, error) != NULL;
}

/* --- by hand --------------------------------------------------------------------------- */

static bool target_exists(const struct failures *all, const struct failure *failure,
                          const char *name)
{
    if (failure->targets == TARGET_NAMED || failure->targets == TARGET_CLUSTER)
        return true;
    for (struct cache_cursor nodes = client_list(&all->client, KIND_NODE); cache_next(&nodes);) {
        const struct node *node = node_of(nodes.object);
        const char *known = failure->targets == TARGET_NODES ? name_of(node) : text_s(node->zone);
        if (strcmp(known, name) == 0)
            return true;
    }
    return false;
}

bool failures_strike(struct cluster *cluster, const char *kind, const char *name,
                     struct error *error)
{
    struct failures *all = cluster_component(cluster, "failures");
    const struct failure *failure = failure_find(kind, (struct place){ 0 }, error);
    if (failure == NULL)
        return false;
    if (!target_exists(all, failure, name))
        return error_set(error, (struct place){ 0 }, "there is no %s \"%s\"",
                         failure->targets == TARGET_NODES ? "node" : "zone", name);
    struct target *target = target_find(all, failure, NULL, name);
    if (target == NULL)
        target = target_new(all, failure, NULL, name);
    if (target->struck)
        return error_set(error, (struct place){ 0 }, "%s %s is not over yet", kind, name);
    strike(target);
    return true;
}

/* What was struck and has this name: by hand first. */
static struct target *find_struck(const struct failures *all, const struct failure *failure,
                                  const char *name)
{
    struct target *found = NULL;
    for (struct target *target = all->targets; target != NULL; target = target->next)
        if (target->struck && target->failure == failure &&
            strcmp(text_s(target->name), name) == 0 && (found == NULL || target->plan == NULL))
            found = target;
    return found;
}

bool failures_mend(struct cluster *cluster, const char *kind, const char *name, struct error *error)
{
    struct failures *all = cluster_component(cluster, "failures");
    const struct failure *failure = failure_find(kind, (struct place){ 0 }, error);
    if (failure == NULL)
        return false;
    struct target *target = find_struck(all, failure, name);
    if (target == NULL)
        return error_set(error, (struct place){ 0 }, "there is no %s of %s to restore from", kind,
                         name);
    mend(target);
    if (target->plan != NULL)
        target_wait(target, run_now(cluster->run));
    return true;
}

void failures_end(struct cluster *cluster)
{
    struct failures *all = cluster_component(cluster, "failures");
    for (struct target *target = all->targets; target != NULL; target = target->next) {
        run_cancel(cluster->run, &target->due);
        if (target->struck)
            mend(target);
    }
    all->over = true;
}

/* --- the component --------------------------------------------------------------------- */

static void *failures_start(struct cluster *cluster)
{
    struct failures *all = mem_new(sizeof *all);
    all->cluster = cluster;
    all->end = &all->targets;
    client_init(&all->client, cluster, "failures", 0, 0, all);
    all->client.free_of_charge = all->client.is_world = true;
    all->luck = (struct luck_holder){ .reseeded = failures_reseeded, .subject = all };
    luck_hold(cluster->run, &all->luck);
    cache_watch(all->client.cache, (struct watcher){ all, failures_deliver });
    return all;
}

static void failures_stop(void *state)
{
    struct failures *all = state;
    luck_leave(&all->luck);
    while (all->targets != NULL) {
        struct target *target = all->targets;
        all->targets = target->next;
        run_cancel(all->cluster->run, &target->due);
        text_drop(target->name);
        free(target->memory);
        free(target);
    }
    for (size_t i = 0; i < all->plan_count; i++) {
        failure_plan_close(all->plans[i]);
        free(all->plans[i]);
    }
    free(all->plans);
    machine_holds_close(&all->holds);
    client_close(&all->client);
    free(all);
}

const struct component failure_planner = {
    .name = "failures",
    .start = failures_start,
    .stop = failures_stop,
};
