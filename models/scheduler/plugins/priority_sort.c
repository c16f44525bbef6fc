/* PrioritySort: the pod of higher priority goes first; equal ones in the order queued.
 *
 * Follows pkg/scheduler/framework/plugins/queuesort/priority_sort.go of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static int priority_sort_compare(const struct pod *a, const struct pod *b)
{
    const int32_t first = a->spec->priority, second = b->spec->priority;
    return (first < second) - (first > second);
}

const struct sched_plugin priority_sort_plugin = {
    .name = "PrioritySort",
    .compare = priority_sort_compare,
};
