/* What chance decides for a pod: drawn from streams named after it, so that one pod more
 * changes nobody else's luck, and two policies meet the same pod with the same luck. */
#include <stdio.h>

#include "models/kubelet/kubelet_private.h"

enum { ENTITY_TEXT = 400 }; /* "pod/", two names of at most 253 bytes less what they cannot be */

struct stream pod_stream(const struct pod_worker *worker, const char *purpose, size_t container,
                         uint64_t number)
{
    const struct cluster *cluster = worker->node->kubelet->cluster;
    char entity[ENTITY_TEXT];
    snprintf(entity, sizeof entity, "pod/%s/%s", namespace_of(worker->pod), name_of(worker->pod));
    return run_stream(cluster->run, cluster->id, entity, purpose, container << 32 | number);
}

static uint64_t run_number(const struct pod_worker *worker, size_t container)
{
    return (uint64_t)worker->statuses->items[container].restart_count;
}

double pod_luck_uniform(const struct pod_worker *worker, const char *purpose, size_t container)
{
    struct stream stream = pod_stream(worker, purpose, container, run_number(worker, container));
    return stream_uniform(&stream);
}

double pod_luck_once(const struct pod_worker *worker, const char *purpose, size_t container)
{
    const uint64_t second = (uint64_t)(worker->accepted / SIM_SECOND);
    struct stream stream = pod_stream(worker, purpose, container, second);
    return stream_uniform(&stream);
}

sim_time pod_luck_time(const struct pod_worker *worker, const char *purpose, size_t container,
                       const struct distribution *distribution)
{
    struct stream stream = { .counter = 0 };
    if (!distribution_is_constant(distribution)) /* which does not ask its stream */
        stream = pod_stream(worker, purpose, container, run_number(worker, container));
    return distribution_sample_time(distribution, &stream);
}
