/* The metrics APIs of a cluster: what was measured, for those who decide by it.
 *
 * metrics.k8s.io, custom.metrics.k8s.io and external.metrics.k8s.io as their readers meet them. Who
 * measures puts itself at cluster->metrics (the load model does, as metrics-server and adapters would);
 * who knows what pods use offers itself by cluster_add_usage() (traffic does). Neither reads the other.
 * Amounts are in thousandths: of a core, of a byte, of a metric's unit. */
#ifndef MODELS_CLUSTER_METRICS_API_H
#define MODELS_CLUSTER_METRICS_API_H

#include "models/api/autoscaler.h"
#include "models/api/pod.h"

struct cluster;

/* One measurement: when its window ended, how long it was, and what came out. */
struct metric_sample {
    sim_time at, window;
    int64_t milli;
};

enum metric_found {
    METRIC_UNSERVED, /* no server answers for this API, or metric */
    METRIC_ABSENT,   /* nothing is known of this pod, object or series */
    METRIC_PARTIAL,  /* the pod was measured, but not this resource or container */
    METRIC_FOUND
};

struct metrics_api {
    void *context;
    /* What a pod uses of "cpu" or "memory": one of its containers, or all (container NULL). */
    enum metric_found (*usage)(void *context, const struct pod *pod, const char *resource,
                               const struct text *container, struct metric_sample *sample);
    /* A metric of a pod, or of an object of the namespace. `series` NULL: any labels. */
    enum metric_found (*of_pod)(void *context, const struct pod *pod, const struct text *metric,
                                const struct selector *series, struct metric_sample *sample);
    enum metric_found (*of_object)(void *context, const struct text *space,
                                   const struct scale_reference *about, const struct text *metric,
                                   const struct selector *series, struct metric_sample *sample);
    /* The sum over the series of an external metric whose labels match. */
    enum metric_found (*external)(void *context, const struct text *space,
                                  const struct text *metric, const struct selector *series,
                                  struct metric_sample *sample);
    /* Until when every answer about a namespace stays as it is (but for the times of samples), as
     * far as it is about pods that have not changed since `changed`; now: nothing is promised. */
    sim_time (*steady_until)(void *context, const struct text *space, sim_time changed);
};

/* Somebody who knows what pods use. Called with to <= now and from not before the second last
 * scrape. */
struct usage_source {
    void *context;
    /* Core-seconds that the pod's first container used from one instant to another. */
    double (*cpu_seconds)(void *context, const struct pod *pod, sim_time from, sim_time to);
    /* Until when the pods of a namespace go on using what they have used since the scrape before the
     * last one; now when they do not; NULL: unknown. */
    sim_time (*steady_until)(void *context, const struct text *space);
};

/* Let measurements count this, too; from the start of a component, for good. */
void cluster_add_usage(struct cluster *cluster, struct usage_source source);

#endif
