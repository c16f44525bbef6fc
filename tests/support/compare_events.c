/* Rule 9: the events as a multiset of (object, type, reason, message, source). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"

enum { MOST_AT_ONCE = 25 }; /* of one source about one object; the rest is dropped */

/* Retried by their controllers: how often is chance. */
static bool is_retried(const char *reason)
{
    static const char *const reasons[] = {
        "FailedScheduling", "FailedCreate",         "FailedGetResourceMetric",
        "FailedGetScale",   "FailedBinding",        "FailedComputeMetricsReplicas",
        "NodeNotReady",     "JobAlreadyActive",     "SawCompletedJob",
        "UnmanagedPods",    "TaintManagerEviction", "MultiplePodDisruptionBudgets",
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

static bool is_repair_loop(const char *reason)
{
    return strcmp(reason, "ClusterIPNotAllocated") == 0 || strcmp(reason, "MissingJob") == 0 ||
           strcmp(reason, "UnexpectedJob") == 0;
}

static bool is_known_object(const struct timeline *timeline, const struct text *object)
{
    for (size_t i = 0; i < timeline->event_count; i++)
        if (timeline->events[i].object == object)
            return true;
    return false;
}

static bool event_counts(const struct comparison *comparison, const struct occurrence *event)
{
    const char *reason = text_s(event->reason);
    if (is_repair_loop(reason))
        return false;
    return strcmp(reason, "RegisteredNode") != 0 ||
           is_known_object(comparison->recorded, event->object);
}

/* How many events of this source about this object one side has. */
static size_t from_source(const struct timeline *timeline, const struct occurrence *event)
{
    size_t count = 0;
    for (size_t i = 0; i < timeline->event_count; i++)
        count += timeline->events[i].object == event->object &&
                 timeline->events[i].source == event->source;
    return count;
}

static bool is_flood(const struct comparison *comparison, const struct occurrence *event)
{
    return strstr(text_s(event->object), "<n>") == NULL &&
           (from_source(comparison->recorded, event) >= MOST_AT_ONCE ||
            from_source(comparison->ours, event) >= MOST_AT_ONCE);
}

/* "Scaled up replica set web-1 from 0 to 3": the set's sum of steps up or down. */
static long scaling_step(const struct occurrence *event, char name[128], bool *up)
{
    char direction[8];
    long from, to;
    if (sscanf(text_s(event->message), "Scaled %7s replica set %127s from %ld to %ld", direction,
               name, &from, &to) != 4)
        return 0;
    *up = to > from;
    return labs(to - from);
}

/* Which of several pods numbered by hand goes is free, as among random names (rule 3). NULL when
 * the message names no such pod. */
static char *message_about_group(const struct timeline *timeline, const char *message)
{
    static const char deleted[] = "Deleted pod: ";
    if (strncmp(message, deleted, strlen(deleted)) != 0)
        return NULL;
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        if (strcmp(text_s(life->kind), "Pod") != 0 ||
            strcmp(text_s(life->name), message + strlen(deleted)) != 0)
            continue;
        const struct text *group = life_group(timeline, life);
        char *text = mem_format("%s%s", deleted, text_s(group));
        text_drop(group);
        return text;
    }
    return NULL;
}

/* The message as far as it counts. */
static char *counted_message(const struct comparison *comparison, const struct timeline *timeline,
                             const struct occurrence *event)
{
    const char *message = text_s(event->message), *reason = text_s(event->reason);
    char *grouped = message_about_group(timeline, message);
    if (grouped != NULL)
        return grouped;
    if (strcmp(reason, "FailedScheduling") == 0 || is_flood(comparison, event))
        return mem_text("", 0);
    const char *node = strcmp(reason, "Scheduled") == 0 ? strstr(message, " to ") : NULL;
    return mem_text(message, node ? (size_t)(node - message) : strlen(message));
}

static void add(const struct comparison *comparison, const struct timeline *timeline,
                const struct occurrence *event, bool recorded, struct bag *bag)
{
    char name[128];
    bool up = false;
    long step = strcmp(text_s(event->reason), "ScalingReplicaSet") == 0
                    ? scaling_step(event, name, &up)
                    : 0;
    char *message = step > 0 ? mem_format("%s %s in all", name, up ? "up" : "down")
                             : counted_message(comparison, timeline, event);
    struct bag_item *item =
        bag_item(bag, text_format(timeline->texts, "%s %s %s (%s): %s", text_s(event->object),
                                  text_s(event->type), text_s(event->reason), text_s(event->source),
                                  message));
    long *count = recorded ? &item->recorded : &item->ours;
    *count = is_retried(text_s(event->reason)) ? 1 : *count + (step > 0 ? step : 1);
    free(message);
}

void compare_events(struct comparison *comparison)
{
    struct bag bag = { 0 };
    const struct timeline *const sides[] = { comparison->recorded, comparison->ours };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->event_count; i++)
            if (event_counts(comparison, &sides[side]->events[i]))
                add(comparison, sides[side], &sides[side]->events[i], side == 0, &bag);
    for (size_t i = 0; i < bag.count; i++)
        if (bag.items[i].recorded != bag.items[i].ours)
            compare_differs(comparison, "events: recorded %ld, ours %ld: %s", bag.items[i].recorded,
                            bag.items[i].ours, text_s(bag.items[i].text));
    bag_close(&bag);
}
