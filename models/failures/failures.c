/* When failures strike and are mended.
 *
 * A target lives through times of health and of failure in turn: it waits for its next given
 * time, or draws how long it stays healthy; struck, it draws how long that lasts. Each strike
 * begins a root of causes, and what its mending leads to belongs to the same root. */
#include "models/failures/failures.h"

#include <stdlib.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/cluster/shape.h"
#include "models/failures/failures_private.h"
#include "models/failures/machines.h"
#include "sim/base/hash.h"
#include "sim/base/memory.h"
#include "sim/chance/published.h"

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
    event_id due, step;     /* of the next turn; of failure.next, while it is struck */
    struct follow *follows; /* what others' failures may lead to here; in order of time */
    sim_time recorded;      /* how long the next failure lasts by the trace; -1: it is not of it */
    sim_time since, ends;   /* its present time of health or failure; ends: as drawn */
    bool caught;            /* it is being struck because another of its entry was */
    struct cause cause;     /* the root of the last strike */
    void *memory;           /* of the strike, until it is mended */
};

/* A target that may be struck because others were. */
struct follow {
    struct follow *next;
    struct target *target;
    event_id due;
    struct cause cause;
    double uniform; /* it is if this is below the probability */
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

struct cluster *failures_cluster(const struct failures *failures)
{
    return failures->cluster;
}

uint64_t failures_number(struct failures *failures)
{
    return ++failures->last_number;
}

static const char *group_of(const struct node *node, const char *label)
{
    return labels_get(node->meta.labels, label);
}

/* --- strike and mend ------------------------------------------------------------------- */

static enum failure_targets by_hand(const struct failure *failure)
{
    return failure->targets == TARGET_AS_SAID ? TARGET_NODES : failure->targets;
}

static struct blow blow_of(struct target *target)
{
    return (struct blow){ .failures = target->failures,
                          .client = &target->failures->client,
                          .options = target->plan ? target->plan->entry : NULL,
                          .target = text_s(target->name),
                          .targets =
                              target->plan ? target->plan->targets : by_hand(target->failure),
                          .number = target->strikes,
                          .memory = target->memory };
}

static void target_step(void *subject, sim_time now);
static void spread_from(struct target *target);

/* What is due next while it is struck. */
static void ask_next(struct target *target, sim_time now)
{
    struct blow blow = blow_of(target);
    const sim_time at = target->failure->next(&blow, now);
    target->memory = blow.memory;
    if (at != SIM_FOREVER)
        target->step =
            run_at(target->failures->cluster->run, at, PRIORITY_WORLD, target_step, target);
}

static void target_step(void *subject, sim_time now)
{
    struct target *target = subject;
    target->step = 0;
    client_begin(&target->failures->client, target->cause);
    ask_next(target, now);
}

static void strike_because(struct target *target, struct cause cause)
{
    target->cause = cause;
    client_begin(&target->failures->client, cause);
    struct blow blow = blow_of(target);
    target->failure->strike(&blow);
    target->memory = blow.memory;
    target->strikes++;
    target->struck = target->failure->mend != NULL;
    if (target->failure->next != NULL)
        ask_next(target, run_now(target->failures->cluster->run));
    spread_from(target);
}

static void strike(struct target *target)
{
    struct run *run = target->failures->cluster->run;
    const char *name = target->plan && target->plan->name ? target->plan->name : NULL;
    char *full = name ? mem_format("%s/%s", name, text_s(target->name)) : NULL;
    const struct cause cause =
        run_root(run, run_now(run), target->failure->name, full ? full : text_s(target->name));
    free(full);
    strike_because(target, cause);
}

static void mend(struct target *target)
{
    run_cancel(target->failures->cluster->run, &target->step);
    client_begin(&target->failures->client, target->cause);
    struct blow blow = blow_of(target);
    target->failure->mend(&blow);
    free(target->memory);
    target->memory = NULL;
    target->struck = false;
}

/* --- what follows ----------------------------------------------------------------------- */

static void forget_follows(struct target *target)
{
    while (target->follows != NULL) {
        struct follow *follow = target->follows;
        target->follows = follow->next;
        run_cancel(target->failures->cluster->run, &follow->due);
        free(follow);
    }
}

static void target_wait(struct target *target, sim_time now);

/* The time has come for a target to go the way of others, or not. */
static void follow_due(void *subject, sim_time now)
{
    struct follow *follow = subject;
    struct target *target = follow->target;
    struct follow **link = &target->follows;
    struct blow blow = blow_of(target);
    const double probability = target->failure->probability != NULL
                                   ? target->failure->probability(&blow)
                                   : target->plan->spread.probability;
    const struct cause cause = follow->cause;
    const bool happens = !target->struck && follow->uniform < probability;
    while (*link != follow)
        link = &(*link)->next;
    *link = follow->next;
    free(follow);
    if (!happens)
        return;
    target->recorded = -1;
    const bool spreads = target->failure->probability != NULL; /* one burst, but a whole cascade */
    target->caught = !spreads;
    strike_because(target, cause);
    target->caught = false;
    target_wait(target, now);
}

/* A stream for what the failure of one may do to another: nobody else draws from it. */
static struct stream follow_stream(const struct target *from, const struct target *to)
{
    const struct cluster *cluster = from->failures->cluster;
    char *entity = mem_format("node/%s", text_s(to->name));
    char *purpose =
        mem_format("%s-after-%s/%s", to->failure->name, from->failure->name, text_s(from->name));
    const struct stream stream = run_stream(cluster->run, cluster->id, entity, purpose,
                                            to->plan->branch + (from->strikes << 32));
    free(purpose);
    free(entity);
    return stream;
}

/* No draw above it leads to a strike. */
static double most_probable(const struct target *to)
{
    return to->failure->probability != NULL
               ? value_double(value_get(to->plan->entry, "probability"), 1)
               : to->plan->spread.probability;
}

/* Does an entry that follows from others follow from this one? `after` names entries or kinds. */
static bool follows_from(const struct failure_plan *plan, const struct target *target)
{
    static const char *const usual[] = { "node-crash", "zone-outage", "group-outage",
                                         "spot-reclaim", "cascade" };
    const struct value *after = value_get(plan->entry, "after");
    const char *name = target->plan != NULL ? target->plan->name : NULL;
    for (size_t i = 0; after == NULL && i < sizeof usual / sizeof *usual; i++)
        if (strcmp(target->failure->name, usual[i]) == 0)
            return true;
    for (size_t i = 0; i < shape_count(after); i++) {
        const char *text = value_text(shape_at(after, i), "");
        if (strcmp(text, target->failure->name) == 0 || (name != NULL && strcmp(text, name) == 0))
            return true;
    }
    return false;
}

static void follow_later(const struct target *from, struct target *to,
                         const struct distribution *delay)
{
    struct run *run = from->failures->cluster->run;
    struct stream stream = follow_stream(from, to);
    struct follow *follow = mem_new(sizeof *follow);
    follow->target = to;
    follow->cause = from->cause;
    follow->uniform = stream_uniform(&stream);
    if (follow->uniform >= most_probable(to)) {
        free(follow); /* it costs no event */
        return;
    }
    const sim_time at = sim_time_after(run_now(run), distribution_sample_time(delay, &stream));
    follow->next = to->follows;
    to->follows = follow;
    follow->due = run_at(run, at, PRIORITY_WORLD, follow_due, follow);
}

static bool share_group(const struct target *a, const struct target *b, const char *label)
{
    const struct client *client = &a->failures->client;
    const struct object *x = client_get(client, KIND_NODE, NULL, a->name),
                        *y = client_get(client, KIND_NODE, NULL, b->name);
    const char *group = x != NULL ? group_of(node_of(x), label) : NULL;
    const char *other = y != NULL ? group_of(node_of(y), label) : NULL;
    return group != NULL && other != NULL && strcmp(group, other) == 0;
}

/* A strike may lead to others: of the entry's own targets in the same group, and of entries that follow
 * from it. */
static void spread_from(struct target *target)
{
    const struct failure_plan *plan = target->plan;
    struct target *other = target->failures->targets;
    for (; other != NULL; other = other->next) {
        if (other == target || other->struck || other->plan == NULL)
            continue;
        if (plan != NULL && plan->spread.to != NULL && !target->caught && other->plan == plan &&
            share_group(target, other, plan->spread.to))
            follow_later(target, other, plan->spread.within);
        else if (other->failure->probability != NULL && follows_from(other->plan, target))
            follow_later(target, other, other->plan->spread.within);
    }
}

/* --- time ------------------------------------------------------------------------------ */

static void target_due(void *subject, sim_time now);

/* The next given time at which a healthy target is struck. */
static sim_time next_given(struct target *target, sim_time now)
{
    const struct failure_plan *plan = target->plan;
    sim_time next = SIM_FOREVER, lasts = 0;
    for (size_t i = 0; i < plan->at_count && next == SIM_FOREVER; i++)
        if (plan->at[i] > now || (plan->at[i] == now && target->strikes == 0))
            next = plan->at[i];
    const sim_time recorded =
        failure_trace_next(&plan->trace, text_s(target->name), now, target->strikes == 0, &lasts);
    target->recorded = recorded < next ? lasts : -1;
    return recorded < next ? recorded : next;
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
    if (drawn < next)
        target->recorded = -1;
    return drawn < next ? drawn : next;
}

static sim_time next_mend(struct target *target, sim_time now)
{
    const struct failure_plan *plan = target->plan;
    const sim_time lost = target->failure->notice != NULL
                              ? sim_time_after(now, target->failure->notice(plan->entry))
                              : now;
    const sim_time recorded = target->recorded;
    target->recorded = -1;
    if (recorded >= 0)
        return sim_time_after(lost, recorded);
    return plan->lasts
               ? sim_time_after(lost, distribution_sample_time(plan->lasts, &target->repair))
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
    if (drawn < given)
        target->recorded = -1;
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
    static const char *const spaces[] = { "node", "zone", "failure", "cluster", "group", "" };
    const enum failure_targets targets = plan != NULL ? plan->targets : by_hand(failure);
    const struct cluster *cluster = failures->cluster;
    const uint64_t branch = plan ? plan->branch : 0;
    struct target *target = mem_new(sizeof *target);
    char *entity = plan != NULL && plan->shared_luck
                       ? mem_format("failure/%s", plan->name != NULL ? plan->name : "")
                       : mem_format("%s/%s", spaces[targets], name);
    char *repair = mem_format("%s-repair", failure->name);
    target->failures = failures;
    target->failure = failure;
    target->plan = plan;
    target->name = cluster_text(cluster, name);
    target->recorded = -1;
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

struct cause failures_strike_planned(struct failures *failures, struct failure_plan *plan,
                                     const char *name)
{
    struct target *target = target_find(failures, plan->failure, plan, name);
    if (target == NULL)
        target = target_new(failures, plan->failure, plan, name);
    if (!target->struck)
        strike(target);
    return target->cause;
}

struct blow failures_blow(struct failures *failures, const struct failure_plan *plan,
                          const char *target, struct cause cause)
{
    client_begin(&failures->client, cause);
    return (struct blow){ .failures = failures,
                          .client = &failures->client,
                          .options = plan->entry,
                          .target = target,
                          .targets = plan->targets };
}

/* A node, and with it perhaps a zone, that a plan may mean. */
static void plan_meets(struct failures *failures, const struct failure_plan *plan,
                       const struct node *node)
{
    const enum failure_targets targets = plan->targets;
    if (!plan->enabled)
        return;
    if (targets == TARGET_NODES && failure_plan_means(plan, name_of(node)))
        target_plan(failures, plan, name_of(node));
    if (targets == TARGET_ZONES && node->zone != NULL &&
        failure_plan_means(plan, text_s(node->zone)))
        target_plan(failures, plan, text_s(node->zone));
    const char *group = targets == TARGET_GROUPS
                            ? labels_get(node->meta.labels, failure_group_label(plan->entry))
                            : NULL;
    if (group != NULL && failure_plan_means(plan, group))
        target_plan(failures, plan, group);
}

static void pod_heard(struct failures *all, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = (const struct pod *)event->before;
    if (pod->node_name == NULL || (before != NULL && before->node_name != NULL))
        return;
    for (size_t i = 0; i < all->plan_count; i++)
        if (all->plans[i]->enabled && all->plans[i]->failure->pod_bound != NULL)
            all->plans[i]->failure->pod_bound(all, all->plans[i], pod);
}

static void failures_deliver(void *self, const struct watch_event *event)
{
    struct failures *all = self;
    if (all->over || event->type == WATCH_DELETED)
        return;
    if (event->object->kind == KIND_POD)
        pod_heard(all, event);
    if (event->object->kind != KIND_NODE)
        return;
    for (size_t i = 0; i < all->plan_count; i++)
        plan_meets(all, all->plans[i], node_of(event->object));
}

/* --- entries --------------------------------------------------------------------------- */

static bool same_name(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* An entry with a name has the luck of its name, whoever else is there. Those without are told apart by
 * how many of their kind and name come before, whether or not they are enabled. */
static uint64_t branch_of(const struct failures *all, const struct failure_plan *plan)
{
    uint64_t before = 0;
    for (size_t i = 0; i < all->plan_count; i++)
        before +=
            all->plans[i]->failure == plan->failure && same_name(all->plans[i]->name, plan->name);
    return plan->name == NULL ? before : hash_bytes(plan->name, strlen(plan->name)) + before;
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
    plan->branch = branch_of(all, plan);
    MEM_GROW(all->plans, all->plan_count, all->plan_capacity);
    all->plans[all->plan_count++] = plan;
    if (!plan->enabled)
        return true;
    if (plan->failure->follows && plan->failure->probability == NULL)
        return true; /* its targets are found as it happens */
    if (plan->targets == TARGET_NAMED)
        target_plan(all, plan, value_text(value_get(entry, plan->target_field), ""));
    if (plan->targets == TARGET_CLUSTER)
        target_plan(all, plan, "");
    for (struct cache_cursor nodes = client_list(&all->client, KIND_NODE); cache_next(&nodes);)
        plan_meets(all, plan, node_of(nodes.object));
    return true;
}

bool failures_open_files(struct value **entry, const struct signal_opener *opener,
                         struct error *error)
{
    return failure_trace_open(entry, opener, error);
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

/* --- sources --------------------------------------------------------------------------- */

static void add_source(void *context, const struct published *published)
{
    struct value *list = context, *source = value_new_map();
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "name"), ""), published->name) == 0) {
            value_drop(source);
            return;
        }
    value_set(source, "name", value_new_string(published->name));
    value_set(source, "what", value_new_string(published->what));
    value_set(source, "source", value_new_string(published->source));
    value_add(list, source);
}

struct value *failures_sources(const struct cluster *cluster)
{
    const struct failures *all = cluster_component(cluster, "failures");
    struct value *list = value_new_list();
    for (size_t i = 0; all != NULL && i < all->plan_count; i++) {
        const struct failure_plan *plan = all->plans[i];
        distribution_each_published(plan->every, add_source, list);
        distribution_each_published(plan->lasts, add_source, list);
        distribution_each_published(plan->spread.within, add_source, list);
    }
    return list;
}

/* --- by hand --------------------------------------------------------------------------- */

static bool target_exists(const struct failures *all, const struct failure *failure,
                          const char *name)
{
    const enum failure_targets targets = by_hand(failure);
    if (targets == TARGET_NAMED || targets == TARGET_CLUSTER)
        return true;
    for (struct cache_cursor nodes = client_list(&all->client, KIND_NODE); cache_next(&nodes);) {
        const struct node *node = node_of(nodes.object);
        const char *known = targets == TARGET_NODES   ? name_of(node)
                            : targets == TARGET_ZONES ? text_s(node->zone)
                                                      : group_of(node, failure_group_label(NULL));
        if (known != NULL && strcmp(known, name) == 0)
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
    if (failure->follows && failure->probability == NULL)
        return error_set(error, (struct place){ 0 },
                         "%s follows from what others do: it cannot be done by hand", kind);
    if (!target_exists(all, failure, name))
        return error_set(error, (struct place){ 0 }, "there is no %s \"%s\"",
                         by_hand(failure) == TARGET_NODES ? "node" : "zone", name);
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
        forget_follows(target);
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
        run_cancel(all->cluster->run, &target->step);
        forget_follows(target);
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
