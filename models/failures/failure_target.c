/* One target of a failure: struck, mended, and what its loss leads to.
 *
 * A target lives through times of health and of failure in turn: it waits for its next given
 * time, or draws how long it stays healthy; struck, it draws how long that lasts. Each strike
 * begins a root of causes, and what its mending leads to belongs to the same root; so does what
 * others suffer because of it. */
#include <stdlib.h>

#include "models/api/node.h"
#include "models/cluster/shape.h"
#include "models/failures/failures_private.h"
#include "sim/base/memory.h"

const char *node_group(const struct node *node, const char *label)
{
    return labels_get(node->meta.labels, label);
}
/* --- strike and mend ------------------------------------------------------------------- */

static struct blow blow_of(struct target *target)
{
    return (struct blow){ .failures = target->failures,
                          .client = &target->failures->client,
                          .options = target->plan ? target->plan->entry : NULL,
                          .target = text_s(target->name),
                          .targets = target->plan ? target->plan->targets
                                                  : failure_by_hand(target->failure),
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

void target_strike(struct target *target)
{
    struct run *run = target->failures->cluster->run;
    const char *name = target->plan && target->plan->name ? target->plan->name : NULL;
    char *full = name ? mem_format("%s/%s", name, text_s(target->name)) : NULL;
    const struct cause cause =
        run_root(run, run_now(run), target->failure->name, full ? full : text_s(target->name));
    free(full);
    strike_because(target, cause);
}

void target_mend(struct target *target)
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

void target_forget(struct target *target)
{
    while (target->follows != NULL) {
        struct follow *follow = target->follows;
        target->follows = follow->next;
        run_cancel(target->failures->cluster->run, &follow->due);
        free(follow);
    }
}

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
    const char *group = x != NULL ? node_group(node_of(x), label) : NULL;
    const char *other = y != NULL ? node_group(node_of(y), label) : NULL;
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

void target_wait(struct target *target, sim_time now)
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
        target_mend(target);
    else
        target_strike(target);
    target_wait(target, now);
}

void target_reseed(struct target *target, uint64_t salt)
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
    const sim_time notice = target->struck && target->failure->notice != NULL
                                ? target->failure->notice(target->plan->entry)
                                : 0;
    const sim_time from = sim_time_after(target->since, notice); /* the length counts from then */
    const double age = now > from ? sim_time_to_seconds(now - from) : 0;
    const double left = distribution_sample_residual(length, age, luck);
    const sim_time given = target->struck ? SIM_FOREVER : next_given(target, now);
    const sim_time drawn = sim_time_after(now > from ? now : from, sim_time_from_seconds(left));
    target->ends = drawn < given ? drawn : given;
    if (drawn < given)
        target->recorded = -1;
    target_arm(target);
}
