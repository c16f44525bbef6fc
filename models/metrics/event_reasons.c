/* How often what was reported: Kubernetes Events, added up by what they are about and their reason.
 * Only where they are kept (the setting keep-events). */
#include <stdlib.h>

#include "models/api/event.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

struct row {
    struct table_node node; /* by reason */
    struct row *next;       /* in order of appearance */
    const struct text *kind, *reason;
    bool warning;
    int64_t count, objects;
    sim_time first, last;
};

struct reasons {
    struct row *rows, **last;
    struct table by_reason;
};

static struct row *row_find(const struct reasons *reasons, const struct event_record *record)
{
    if (record->reason == NULL)
        return NULL;
    struct table_node *node = table_first(&reasons->by_reason, record->reason->hash);
    for (; node != NULL; node = table_again(node)) {
        struct row *row = (struct row *)node;
        if (row->reason == record->reason && row->kind == record->about.kind &&
            row->warning == record->warning)
            return row;
    }
    return NULL;
}

static struct row *row_new(struct reasons *reasons, const struct event_record *record, sim_time now)
{
    struct row *row = mem_new(sizeof *row);
    row->kind = text_hold(record->about.kind);
    row->reason = text_hold(record->reason);
    row->warning = record->warning;
    row->first = now;
    *reasons->last = row;
    reasons->last = &row->next;
    table_add(&reasons->by_reason, &row->node, record->reason->hash);
    return row;
}

static void notice(void *self, const struct watch_event *event)
{
    struct reasons *reasons = self;
    const struct event_record *record = (const struct event_record *)event->object;
    const struct event_record *before = (const struct event_record *)event->before;
    if (event->type == WATCH_DELETED || record->reason == NULL)
        return;
    struct row *row = row_find(reasons, record);
    if (row == NULL)
        row = row_new(reasons, record, event->at);
    row->count += record->count - (before != NULL ? before->count : 0);
    row->objects += event->type == WATCH_ADDED;
    row->last = event->at;
}

static void *start(struct cluster *cluster)
{
    struct reasons *reasons = mem_new(sizeof *reasons);
    reasons->last = &reasons->rows;
    table_init(&reasons->by_reason);
    store_watch_kinds(cluster->store, (struct watcher){ .self = reasons, .deliver = notice },
                      UINT64_C(1) << KIND_EVENT);
    return reasons;
}

static struct value *summary(void *state, sim_time now)
{
    const struct reasons *reasons = state;
    struct value *list = value_new_list();
    (void)now;
    for (const struct row *row = reasons->rows; row != NULL; row = row->next) {
        struct value *map = value_new_map();
        value_set(map, "kind", value_new_string(text_s(row->kind)));
        value_set(map, "reason", value_new_string(row->reason->s));
        value_set(map, "type", value_new_string(row->warning ? "Warning" : "Normal"));
        value_set(map, "count", value_new_int(row->count));
        value_set(map, "events", value_new_int(row->objects));
        value_set(map, "firstSeconds", seconds_print(row->first));
        value_set(map, "lastSeconds", seconds_print(row->last));
        value_add(list, map);
    }
    return list;
}

static void clear(struct reasons *reasons)
{
    while (reasons->rows != NULL) {
        struct row *row = reasons->rows;
        reasons->rows = row->next;
        table_remove(&reasons->by_reason, &row->node);
        text_drop(row->kind);
        text_drop(row->reason);
        free(row);
    }
    reasons->last = &reasons->rows;
}

static void restart(void *state, sim_time now)
{
    (void)now;
    clear(state);
}

static void stop(void *state)
{
    struct reasons *reasons = state;
    clear(reasons);
    table_close(&reasons->by_reason);
    free(reasons);
}

const struct metric event_reasons_metric = {
    .name = "eventReasons",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
};
