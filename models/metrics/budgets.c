/* Each PodDisruptionBudget: which evictions it allowed and refused, and how long it allowed none. */
#include <stdlib.h>

#include "models/cluster/eviction.h"
#include "models/metrics/measured.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

struct row {
    struct measured of;
    int32_t allowed, healthy, desired, expected;
    int64_t granted, refused, ambiguous; /* evictions */
    sim_time blocked, since;             /* how long none was allowed; up to when that is added */
};

struct budgets {
    struct cluster *cluster;
    struct measured_rows rows;
};

static struct row *row_find(const struct budgets *budgets, struct uid uid)
{
    return (struct row *)measured_find(&budgets->rows, uid); /* its first member */
}

static struct row *row_new(struct budgets *budgets, const struct watch_event *event)
{
    struct row *row = mem_new(sizeof *row);
    row->since = event->at;
    measured_add(&budgets->rows, &row->of, event->object);
    return row;
}

static void advance(struct row *row, sim_time now)
{
    if (!row->of.deleted && row->allowed <= 0)
        row->blocked += now - row->since;
    row->since = now;
}

static void notice(void *self, const struct watch_event *event)
{
    struct budgets *budgets = self;
    const struct pod_disruption_budget *budget =
        (const struct pod_disruption_budget *)event->object;
    struct row *row = row_find(budgets, budget->meta.uid);
    if (row == NULL)
        row = row_new(budgets, event);
    advance(row, event->at);
    row->of.deleted = event->type == WATCH_DELETED;
    row->allowed = budget->disruptions_allowed;
    row->healthy = budget->current_healthy;
    row->desired = budget->desired_healthy;
    row->expected = budget->expected_pods;
}

static void hear_eviction(void *self, const struct eviction_answer *answer)
{
    struct row *row = row_find(self, answer->budget->meta.uid);
    if (row == NULL)
        return;
    row->granted += answer->reply == REPLY_OK;
    row->ambiguous += answer->reply == REPLY_INTERNAL_ERROR;
    row->refused += answer->reply == REPLY_TOO_MANY_REQUESTS || answer->reply == REPLY_FORBIDDEN;
}

static void *start(struct cluster *cluster)
{
    struct budgets *budgets = mem_new(sizeof *budgets);
    budgets->cluster = cluster;
    measured_init(&budgets->rows);
    cluster->hear_eviction = hear_eviction;
    cluster->eviction_listener = budgets;
    store_watch_kinds(cluster->store, (struct watcher){ .self = budgets, .deliver = notice },
                      UINT64_C(1) << KIND_PODDISRUPTIONBUDGET);
    return budgets;
}

static struct value *row_print(struct row *row, sim_time now)
{
    struct value *map = value_new_map();
    advance(row, now);
    value_set(map, "kind", value_new_string("PodDisruptionBudget"));
    measured_print(&row->of, map);
    value_set(map, "disruptionsAllowed", value_new_int(row->allowed));
    value_set(map, "currentHealthy", value_new_int(row->healthy));
    value_set(map, "desiredHealthy", value_new_int(row->desired));
    value_set(map, "expectedPods", value_new_int(row->expected));
    value_set(map, "granted", value_new_int(row->granted));
    value_set(map, "refused", value_new_int(row->refused));
    value_set(map, "ambiguous", value_new_int(row->ambiguous));
    value_set(map, "blockedSeconds", seconds_print(row->blocked));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    struct budgets *budgets = state;
    struct value *list = value_new_list();
    for (struct measured *of = budgets->rows.first; of != NULL; of = of->next)
        value_add(list, row_print((struct row *)of, now));
    return list;
}

static void restart(void *state, sim_time now)
{
    struct budgets *budgets = state;
    for (struct measured *of = budgets->rows.first; of != NULL; of = of->next) {
        struct row *row = (struct row *)of;
        row->granted = row->refused = row->ambiguous = 0;
        row->blocked = 0;
        row->since = now;
    }
}

static void row_free(struct measured *of)
{
    free((struct row *)of);
}

static void stop(void *state)
{
    struct budgets *budgets = state;
    budgets->cluster->hear_eviction = NULL;
    measured_close(&budgets->rows, row_free);
    free(budgets);
}

static void sample(void *state, sim_time now, const struct sampler *to)
{
    struct budgets *budgets = state;
    for (struct measured *of = budgets->rows.first; of != NULL; of = of->next) {
        struct row *row = (struct row *)of;
        const char *space = text_s(of->key.space), *name = text_s(of->key.name);
        advance(row, now);
        sample_take(to, "seatrial_evictions_total", (double)row->granted, space, name, "granted");
        sample_take(to, "seatrial_evictions_total", (double)row->refused, space, name, "refused");
        sample_take(to, "seatrial_evictions_total", (double)row->ambiguous, space, name,
                    "ambiguous");
        sample_take(to, "seatrial_evictions_blocked_seconds_total",
                    sim_time_to_seconds(row->blocked), space, name);
    }
}

const struct metric budgets_metric = {
    .name = "disruptionBudgets",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
    .sample = sample,
};
