/* Each HorizontalPodAutoscaler: how many replicas it wanted, how often it changed its mind, and how long
 * something kept it from what it wanted. */
#include <stdlib.h>

#include "models/api/autoscaler.h"
#include "models/metrics/measured.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "sim/stat/level.h"

struct row {
    struct measured of;
    const struct object *seen; /* the last version; held */
    bool synced;               /* `desired` is measured */
    double ended;              /* its mean, of one that is deleted */
    struct level desired;
    struct level limited, inactive; /* 1 while a condition says so */
    int64_t ups, downs;
};

struct autoscalers_measured {
    struct cluster *cluster;
    struct measured_rows rows;
};

static struct row *row_find(const struct autoscalers_measured *measured, struct uid uid)
{
    return (struct row *)measured_find(&measured->rows, uid); /* its first member */
}

static struct row *row_new(struct autoscalers_measured *measured, const struct watch_event *event)
{
    struct row *row = mem_new(sizeof *row);
    level_init(&row->limited, event->at, 0);
    level_init(&row->inactive, event->at, 0);
    measured_add(&measured->rows, &row->of, event->object);
    return row;
}

static bool says(const struct autoscaler *autoscaler, const char *type,
                 enum condition_status status)
{
    const struct condition *condition = conditions_find(autoscaler->conditions, type);
    return condition != NULL && condition->status == status;
}

static void follow(struct row *row, const struct autoscaler *now, const struct autoscaler *before,
                   sim_time at)
{
    const bool rescaled = now->scaled && (before == NULL || !before->scaled ||
                                          before->last_scale_time != now->last_scale_time);
    if (rescaled) {
        row->ups += now->desired_replicas > now->current_replicas;
        row->downs += now->desired_replicas < now->current_replicas;
    }
    if (!row->synced && now->desired_replicas > 0) {
        level_init(&row->desired, at, now->desired_replicas);
        row->synced = true;
    } else if (row->synced) {
        level_set(&row->desired, at, now->desired_replicas);
    }
    level_set(&row->limited, at, says(now, "ScalingLimited", CONDITION_TRUE));
    level_set(&row->inactive, at, says(now, "ScalingActive", CONDITION_FALSE));
}

static void notice(void *self, const struct watch_event *event)
{
    struct autoscalers_measured *measured = self;
    struct row *row = row_find(measured, meta_of(event->object)->uid);
    if (row == NULL)
        row = row_new(measured, event);
    follow(row, autoscaler_of(event->object),
           event->before != NULL ? autoscaler_of(event->before) : NULL, event->at);
    object_hold(event->object);
    object_drop(row->seen);
    row->seen = event->object;
    row->of.deleted = event->type == WATCH_DELETED;
    if (!row->of.deleted)
        return;
    if (row->synced)
        row->ended = level_mean(&row->desired, event->at);
    level_set(&row->limited, event->at, 0);
    level_set(&row->inactive, event->at, 0);
}

/* ---- the metric ---- */

static void *start(struct cluster *cluster)
{
    struct autoscalers_measured *measured = mem_new(sizeof *measured);
    measured->cluster = cluster;
    measured_init(&measured->rows);
    store_watch_kinds(cluster->store, (struct watcher){ .self = measured, .deliver = notice },
                      UINT64_C(1) << KIND_HORIZONTALPODAUTOSCALER);
    return measured;
}

static struct value *target_print(const struct autoscaler_spec *spec)
{
    char *text = mem_format("%s/%s", text_s(spec->target.kind), text_s(spec->target.name));
    struct value *value = value_new_string(text);
    free(text);
    return value;
}

static struct value *row_print(const struct row *row, sim_time now)
{
    struct value *map = value_new_map();
    const struct autoscaler *seen = autoscaler_of(row->seen);
    value_set(map, "kind", value_new_string("HorizontalPodAutoscaler"));
    measured_print(&row->of, map);
    value_set(map, "target", target_print(seen->spec));
    value_set(map, "minReplicas", value_new_int(seen->spec->min_replicas));
    value_set(map, "maxReplicas", value_new_int(seen->spec->max_replicas));
    value_set(map, "currentReplicas", value_new_int(seen->current_replicas));
    value_set(map, "desiredReplicas", value_new_int(seen->desired_replicas));
    value_set(map, "leastDesired",
              row->synced ? number_print(row->desired.least) : value_new_null());
    value_set(map, "meanDesired",
              row->synced
                  ? number_print(row->of.deleted ? row->ended : level_mean(&row->desired, now))
                  : value_new_null());
    value_set(map, "mostDesired", row->synced ? number_print(row->desired.most) : value_new_null());
    value_set(map, "rescales", value_new_int(row->ups + row->downs));
    value_set(map, "scaleUps", value_new_int(row->ups));
    value_set(map, "scaleDowns", value_new_int(row->downs));
    value_set(map, "limitedSeconds", number_print(level_area(&row->limited, now)));
    value_set(map, "inactiveSeconds", number_print(level_area(&row->inactive, now)));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    const struct autoscalers_measured *measured = state;
    struct value *list = value_new_list();
    for (const struct measured *of = measured->rows.first; of != NULL; of = of->next)
        value_add(list, row_print((const struct row *)of, now));
    return list;
}

static void row_free(struct measured *of)
{
    struct row *row = (struct row *)of;
    object_drop(row->seen);
    free(row);
}

static bool is_there(const struct measured *of)
{
    return !of->deleted;
}

/* Those that were gone by then are not told of. */
static void restart(void *state, sim_time now)
{
    struct autoscalers_measured *measured = state;
    measured_sweep(&measured->rows, is_there, row_free);
    for (struct measured *of = measured->rows.first; of != NULL; of = of->next) {
        struct row *row = (struct row *)of;
        row->ups = row->downs = 0;
        level_restart(&row->desired, now);
        level_restart(&row->limited, now);
        level_restart(&row->inactive, now);
    }
}

static void stop(void *state)
{
    struct autoscalers_measured *measured = state;
    measured_close(&measured->rows, row_free);
    free(measured);
}

const struct metric autoscalers_metric = {
    .name = "autoscalers",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
};
