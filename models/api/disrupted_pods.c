/* status.disruptedPods of a budget: a shared, immutable list in the order of the evictions. */
#include <stdlib.h>

#include "models/api/policy.h"
#include "sim/base/memory.h"

const struct disrupted_pods *disrupted_pods_hold(const struct disrupted_pods *disrupted)
{
    if (disrupted != NULL)
        ((struct disrupted_pods *)disrupted)->refs++;
    return disrupted;
}

void disrupted_pods_drop(const struct disrupted_pods *disrupted)
{
    if (disrupted == NULL || --((struct disrupted_pods *)disrupted)->refs > 0)
        return;
    for (uint32_t i = 0; i < disrupted->count; i++)
        text_drop(disrupted->items[i].pod);
    free((struct disrupted_pods *)disrupted);
}

/* A copy without one pod, with room for one more. */
static struct disrupted_pods *copy_without(const struct disrupted_pods *from,
                                           const struct text *pod)
{
    const uint32_t count = from != NULL ? from->count : 0;
    struct disrupted_pods *copy =
        mem_new(sizeof *copy + (count + 1) * sizeof(struct disrupted_pod));
    copy->refs = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (from->items[i].pod == pod)
            continue;
        text_hold(from->items[i].pod);
        copy->items[copy->count++] = from->items[i];
    }
    return copy;
}

const struct disrupted_pods *disrupted_pods_with(const struct disrupted_pods *from,
                                                 const struct text *pod, sim_time at)
{
    struct disrupted_pods *copy = copy_without(from, pod);
    copy->items[copy->count++] = (struct disrupted_pod){ text_hold(pod), at };
    return copy;
}

const struct disrupted_pods *disrupted_pods_without(const struct disrupted_pods *from,
                                                    const struct text *pod)
{
    struct disrupted_pods *copy = copy_without(from, pod);
    if (copy->count > 0)
        return copy;
    disrupted_pods_drop(copy);
    return NULL;
}
