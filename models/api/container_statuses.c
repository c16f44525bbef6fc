/* Container states: small arrays shared by the versions of a pod and by its kubelet. */
#include <stdlib.h>

#include "models/api/pod.h"
#include "sim/base/memory.h"

static size_t bytes_of(uint32_t count)
{
    return sizeof(struct container_statuses) + count * sizeof(struct container_status);
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
        text_hold(copy->items[i].last_reason);
        text_hold(copy->items[i].message);
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
        text_drop(statuses->items[i].last_reason);
        text_drop(statuses->items[i].message);
    }
    free(statuses);
}
