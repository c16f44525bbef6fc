/* Entries of a scenario's `failures`, read and checked. */
#include <stdlib.h>

#include "models/cluster/shape.h"
#include "models/failures/failures.h"
#include "models/failures/failures_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

static const struct failure *const table[] = { &node_crash,    &zone_outage, &container_crash,
                                               &bad_release,   &api_outage,  &slow_node,
                                               &network_fault, &disk_fault,  &spot_reclaim,
                                               &group_outage,  &cascade,     &bad_rollout };
enum { KINDS = sizeof table / sizeof *table };

const struct failure *failure_find(const char *name, struct place at, struct error *error)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
        nearest_offer(&nearest, table[i]->name);
    }
    if (nearest.found != NULL)
        error_set(error, at, "\"%s\" is no kind of failure (did you mean %s?)", name,
                  nearest.found);
    else
        error_set(error, at, "\"%s\" is no kind of failure", name);
    return NULL;
}

bool failures_include(const char *kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(table[i]->name, kind) == 0)
            return true;
    return false;
}

/* --- times ----------------------------------------------------------------------------- */

static void time_add(struct failure_plan *plan, const struct value *from, struct error_list *faults)
{
    struct error error = { 0 };
    sim_time at = 0;
    if (!shape_duration(from, &at, &error)) {
        error_wrap(&error, "failure: at");
        error_list_take(faults, &error);
        return;
    }
    plan->at = mem_resize(plan->at, (plan->at_count + 1) * sizeof *plan->at);
    plan->at[plan->at_count++] = at;
}

static int earlier(const void *a, const void *b)
{
    const sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return (x > y) - (x < y);
}

static void times_read(struct failure_plan *plan, const struct value *entry,
                       struct error_list *faults)
{
    const struct value *at = value_get(entry, "at");
    if (at != NULL && at->type == VALUE_LIST)
        for (size_t i = 0; i < at->count; i++)
            time_add(plan, at->items[i], faults);
    else if (at != NULL)
        time_add(plan, at, faults);
    if (plan->at_count > 1)
        qsort(plan->at, plan->at_count, sizeof *plan->at, earlier);
}

static struct distribution *model_read(const struct value *entry, const char *field,
                                       struct error_list *faults)
{
    const struct value *from = value_get(entry, field);
    struct error error = { 0 };
    struct distribution *model = from != NULL ? distribution_load(from, &error) : NULL;
    if (from != NULL && model == NULL) {
        error_wrap(&error, "failure: %s", field);
        error_list_take(faults, &error);
    }
    return model;
}

/* --- what others suffer with it ---------------------------------------------------------- */

static void spread_to(struct failure_plan *plan, const struct value *spreads,
                      struct error_list *faults)
{
    if (plan->targets != TARGET_NODES)
        error_list_add(faults, spreads->at, "failure: only what strikes nodes spreads");
    plan->spread.to = value_text(value_get(spreads, "to"), failure_group_label(NULL));
    plan->spread.probability = value_double(value_get(spreads, "probability"), 1);
}

static void spread_read(struct failure_plan *plan, const struct value *entry,
                        struct error_list *faults)
{
    const struct value *spreads = value_get(entry, "spreads");
    const struct value *within = value_get(spreads, "within");
    struct error error = { 0 };
    if (plan->failure->probability != NULL) { /* follows from others, some time later */
        within = value_get(entry, "within");
        plan->spread.within =
            within != NULL ? distribution_load(within, &error) : distribution_new_uniform(0, 300);
    } else if (value_is_null(spreads)) {
        return;
    } else {
        spread_to(plan, spreads, faults);
        plan->spread.within =
            within != NULL ? distribution_load(within, &error) : distribution_new_uniform(0, 120);
    }
    if (plan->spread.within == NULL) {
        error_wrap(&error, "failure: within");
        error_list_take(faults, &error);
    }
}

/* --- the entry ------------------------------------------------------------------------- */

/* A failure must happen at some time, and its target be named if nothing else names it. */
static void demand(const struct failure_plan *plan, const struct value *entry,
                   struct error_list *faults)
{
    const struct failure *failure = plan->failure;
    const bool times = value_get(entry, "at") != NULL || value_get(entry, "every") != NULL ||
                       value_get(entry, "trace") != NULL;
    if (failure->follows && times)
        error_list_add(faults, entry->at,
                       "failure: %s follows from what others do and has no times of its own",
                       failure->name);
    if (!failure->follows && !times)
        error_list_add(faults, entry->at, "failure: %s says neither `at` nor `every`",
                       failure->name);
    if (plan->targets == TARGET_NAMED && !failure->target_optional &&
        value_get(entry, plan->target_field) == NULL)
        error_list_add(faults, entry->at, "failure: %s has no `%s`", failure->name,
                       plan->target_field);
    if (plan->every != NULL && failure->mend != NULL && plan->lasts == NULL)
        error_list_add(faults, entry->at,
                       "failure: %s happens again and again (`every`), but never ends: it has no "
                       "`lasts`",
                       failure->name);
    if (failure->check != NULL)
        failure->check(entry, faults);
}

static enum failure_targets targets_of(const struct failure *failure, const struct value *entry)
{
    if (failure->targets != TARGET_AS_SAID)
        return failure->targets;
    return value_get(entry, "pods") != NULL                                       ? TARGET_NAMED
           : value_get(entry, "zones") != NULL                                    ? TARGET_ZONES
           : value_get(entry, "groups") != NULL || value_get(entry, "by") != NULL ? TARGET_GROUPS
                                                                                  : TARGET_NODES;
}

bool failure_plan_read(struct failure_plan *plan, const struct value *entry,
                       struct error_list *faults)
{
    const size_t before = faults->count;
    const struct value *kind = value_get(entry, "kind");
    struct error error = { 0 };
    *plan = (struct failure_plan){ .entry = value_hold(entry) };
    plan->failure = failure_find(value_text(kind, ""), kind ? kind->at : entry->at, &error);
    plan->name = value_text(value_get(entry, "name"), NULL);
    plan->enabled = value_truth(value_get(entry, "enabled"), true);
    plan->shared_luck = strcmp(value_text(value_get(entry, "luck"), "independent"), "shared") == 0;
    if (plan->failure == NULL) {
        error_list_take(faults, &error);
        return false;
    }
    plan->targets = targets_of(plan->failure, entry);
    plan->target_field =
        plan->failure->targets == TARGET_AS_SAID ? "pods" : plan->failure->target_field;
    spread_read(plan, entry, faults);
    times_read(plan, entry, faults);
    failure_trace_read(&plan->trace, entry, faults);
    plan->every = model_read(entry, "every", faults);
    plan->lasts = model_read(entry, "lasts", faults);
    demand(plan, entry, faults);
    return faults->count == before;
}

void failure_plan_close(struct failure_plan *plan)
{
    value_drop(plan->entry);
    free(plan->at);
    failure_trace_close(&plan->trace);
    if (plan->memory != NULL)
        plan->failure->forget(plan->memory);
    distribution_free(plan->spread.within);
    distribution_free(plan->every);
    distribution_free(plan->lasts);
}

const char *failure_group_label(const struct value *options)
{
    return value_text(value_get(options, "by"), "topology.kubernetes.io/zone");
}

/* --- names ----------------------------------------------------------------------------- */

/* A pattern in which * stands for any text. */
static bool name_matches(const char *pattern, const char *name)
{
    while (*pattern != '*' && *pattern == *name && *name != '\0')
        pattern++, name++;
    if (*pattern != '*')
        return *pattern == '\0' && *name == '\0';
    for (;; name++) {
        if (name_matches(pattern + 1, name))
            return true;
        if (*name == '\0')
            return false;
    }
}

bool failure_plan_means(const struct failure_plan *plan, const char *name)
{
    const char *field = plan->targets == TARGET_NODES   ? "nodes"
                        : plan->targets == TARGET_ZONES ? "zones"
                                                        : "groups";
    const struct value *names = value_get(plan->entry, field);
    if (value_is_null(names))
        return true;
    if (names->type != VALUE_LIST)
        return name_matches(value_text(names, ""), name);
    for (size_t i = 0; i < names->count; i++)
        if (name_matches(value_text(names->items[i], ""), name))
            return true;
    return false;
}
