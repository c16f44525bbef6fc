/* What the scheduler and kube-controller-manager tell of themselves. */
#ifndef TOOLS_EXPORT_CONTROL_PLANE_H
#define TOOLS_EXPORT_CONTROL_PLANE_H

#include "models/cluster/cluster.h"
#include "models/metrics/metric.h"

/* How long pods waited for a node: a histogram with the buckets of kube-scheduler. */
enum { WAIT_BUCKETS = 20 };
struct waits {
    uint64_t buckets[WAIT_BUCKETS]; /* at most so long: cumulative */
    uint64_t count;
    double sum; /* seconds */
};
/* A change of a pod: does it get its node? */
void waits_note(struct waits *waits, const struct watch_event *event);

/* Everything that can be told now. A histogram's samples carry their ending ("_bucket") as a first
 * label. */
void control_plane_sample(const struct cluster *cluster, const struct waits *waits,
                          const struct sampler *to);

#endif
