#include "models/api/condition.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static struct conditions *conditions_new(size_t count)
{
    struct conditions *list = mem_new(sizeof *list + count * sizeof list->items[0]);
    list->refs = 1;
    list->count = (uint32_t)count;
    return list;
}

static struct condition condition_hold(struct condition condition)
{
    text_hold(condition.type);
    text_hold(condition.reason);
    text_hold(condition.message);
    return condition;
}

static void condition_close(struct condition condition)
{
    text_drop(condition.type);
    text_drop(condition.reason);
    text_drop(condition.message);
}

const struct condition *conditions_find(const struct conditions *conditions, const char *type)
{
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++)
        if (strcmp(text_s(conditions->items[i].type), type) == 0)
            return &conditions->items[i];
    return NULL;
}

const struct conditions *conditions_with(const struct conditions *from, struct condition condition)
{
    const struct condition *present = conditions_find(from, text_s(condition.type));
    const size_t count = from ? from->count : 0;
    struct conditions *list = conditions_new(count + (present == NULL));
    for (size_t i = 0; i < count; i++)
        list->items[i] = &from->items[i] == present ? condition : condition_hold(from->items[i]);
    if (present == NULL)
        list->items[count] = condition;
    return list;
}

const struct conditions *conditions_without(const struct conditions *from, const char *type)
{
    const struct condition *present = conditions_find(from, type);
    if (present == NULL)
        return conditions_hold(from);
    if (from->count == 1)
        return NULL;
    struct conditions *list = conditions_new(from->count - 1);
    for (size_t i = 0, to = 0; i < from->count; i++)
        if (&from->items[i] != present)
            list->items[to++] = condition_hold(from->items[i]);
    return list;
}

const struct conditions *conditions_hold(const struct conditions *conditions)
{
    if (conditions != NULL)
        ((struct conditions *)conditions)->refs++;
    return conditions;
}

void conditions_drop(const struct conditions *shared)
{
    struct conditions *conditions = (struct conditions *)shared;
    if (conditions == NULL || --conditions->refs > 0)
        return;
    for (size_t i = 0; i < conditions->count; i++)
        condition_close(conditions->items[i]);
    free(conditions);
}

static bool condition_equal(const struct condition *a, const struct condition *b)
{
    return a->type == b->type && a->reason == b->reason && a->message == b->message &&
           a->status == b->status && a->transition == b->transition && a->update == b->update &&
           a->observed_generation == b->observed_generation;
}

bool conditions_equal(const struct conditions *a, const struct conditions *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!condition_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static struct condition condition_load(struct texts *texts, const struct value *item,
                                       int64_t epoch_seconds)
{
    struct condition condition = {
        .type = text_intern(texts, value_text(value_get(item, "type"), "")),
        .reason = text_intern(texts, value_text(value_get(item, "reason"), "")),
        .message = text_intern(texts, value_text(value_get(item, "message"), "")),
        .status = condition_status_parse(value_text(value_get(item, "status"), "")),
        .observed_generation = value_int(value_get(item, "observedGeneration"), 0),
    };
    const struct value *update = value_get(item, "lastUpdateTime");
    if (value_is_null(update))
        update = value_get(item, "lastHeartbeatTime");
    if (value_is_null(update))
        update = value_get(item, "lastProbeTime");
    time_parse(value_text(value_get(item, "lastTransitionTime"), ""), epoch_seconds,
               &condition.transition);
    time_parse(value_text(update, ""), epoch_seconds, &condition.update);
    return condition;
}

const struct conditions *conditions_load(struct texts *texts, const struct value *list,
                                         int64_t epoch_seconds)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    struct conditions *conditions = conditions_new(list->count);
    for (size_t i = 0; i < list->count; i++)
        conditions->items[i] = condition_load(texts, list->items[i], epoch_seconds);
    return conditions;
}

static void set_time(struct value *into, const char *key, sim_time at, int64_t epoch_seconds)
{
    char text[TIME_TEXT];
    value_set(into, key, value_new_string(time_print(at, epoch_seconds, text)));
}

static struct value *condition_print(const struct condition *condition, const char *update_name,
                                     int64_t epoch_seconds)
{
    struct value *item = value_new_map();
    value_set(item, "type", value_new_string(text_s(condition->type)));
    value_set(item, "status", value_new_string(condition_status_name(condition->status)));
    if (condition->observed_generation != 0)
        value_set(item, "observedGeneration", value_new_int(condition->observed_generation));
    if (update_name != NULL)
        set_time(item, update_name, condition->update, epoch_seconds);
    set_time(item, "lastTransitionTime", condition->transition, epoch_seconds);
    value_set(item, "reason", value_new_string(text_s(condition->reason)));
    value_set(item, "message", value_new_string(text_s(condition->message)));
    return item;
}

struct value *conditions_print(const struct conditions *conditions, const char *update_name,
                               int64_t epoch_seconds)
{
    if (conditions == NULL)
        return NULL;
    struct value *list = value_new_list();
    for (size_t i = 0; i < conditions->count; i++)
        value_add(list, condition_print(&conditions->items[i], update_name, epoch_seconds));
    return list;
}

const char *condition_status_name(enum condition_status status)
{
    static const char *const names[] = { "Unknown", "False", "True" };
    return names[status];
}

enum condition_status condition_status_parse(const char *text)
{
    if (strcmp(text, "True") == 0)
        return CONDITION_TRUE;
    return strcmp(text, "False") == 0 ? CONDITION_FALSE : CONDITION_UNKNOWN;
}
