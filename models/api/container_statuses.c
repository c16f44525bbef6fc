/* Container states: small arrays shared by the versions of a pod and by its kubelet. */
#include <stdlib.h>

#include "models/api/pod.h"
#include "sim/base/memory.h"

static size_t bytes_of(uint32_t count)
{
    return sizeof(struct container_statuses) + count * sizeof(struct container_status);
}

static void end_drop(struct container_end *end)
{
    if (end == NULL || --end->refs > 0)
        return;
    text_drop(end->reason);
    free(end);
}

void container_status_set_last(struct container_status *status, const struct container_end *end)
{
    end_drop(status->last);
    status->last = NULL;
    if (end == NULL)
        return;
    status->last = mem_resize(NULL, sizeof *end);
    *status->last = *end;
    status->last->refs = 1;
}

void container_status_keep_end(struct container_status *status)
{
    container_status_set_last(status,
                              &(struct container_end){ .exit_code = status->exit_code,
                                                       .reason = text_hold(status->reason),
                                                       .started_at = status->started_at,
                                                       .finished_at = status->finished_at });
}

struct container_statuses *container_statuses_new(uint32_t count)
{
    struct container_statuses *statuses = mem_new(bytes_of(count));
    statuses->refs = 1;
    statuses->count = count;
    return statuses;
}

struct container_statuses *container_statuses_copy(const struct container_statuses *statuses)
{
    struct container_statuses *copy = mem_resize(NULL, bytes_of(statuses->count));
    memcpy(copy, statuses, bytes_of(statuses->count));
    copy->refs = 1;
    for (uint32_t i = 0; i < copy->count; i++) {
        text_hold(copy->items[i].reason);
        text_hold(copy->items[i].message);
        if (copy->items[i].last != NULL)
            copy->items[i].last->refs++;
    }
    return copy;
}

struct container_statuses *container_statuses_hold(struct container_statuses *statuses)
{
    if (statuses != NULL)
        statuses->refs++;
    return statuses;
}

void container_statuses_drop(struct container_statuses *statuses)
{
    if (statuses == NULL || --statuses->refs > 0)
        return;
    for (uint32_t i = 0; i < statuses->count; i++) {
        text_drop(statuses->items[i].reason);
        text_drop(statuses->items[i].message);
        end_drop(statuses->items[i].last);
    }
    free(statuses);
}
