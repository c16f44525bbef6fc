/* Pods that come and go: a workload as one line a pod, in order of arrival.
 *
 *     arrival_s,cpu_milli,mem_bytes,duration_s
 *     0.5,1000,1073741824,600
 *
 * Each line is a bare pod with one container that runs for its duration and succeeds; it is
 * deleted when it has finished. Pods are named pod-0, pod-1, ... in the namespace default. */
#ifndef MODELS_CLUSTER_WORKLOAD_H
#define MODELS_CLUSTER_WORKLOAD_H

#include "sim/base/error.h"
#include "sim/base/time.h"

struct cluster;

struct arrival {
    sim_time at, duration;
    int64_t memory_bytes;
    int32_t cpu_milli;
};

struct workload {
    struct arrival *arrivals; /* owned, by time */
    size_t count, capacity;
};

/* Read a CSV text; `name` stands in the places of errors and is borrowed by them. False, with each
 * fault appended (at most 20), when a line cannot be used; the workload is then empty. */
bool workload_load(struct workload *workload, const char *bytes, size_t length, const char *name,
                   struct error_list *errors);
void workload_close(struct workload *workload);

/* The latest time at which a pod of the workload can be there, if none ever waits. */
sim_time workload_end(const struct workload *workload);

/* Let the pods of a workload arrive in a cluster, from now on. The workload is borrowed.
 * Free with workload_source_free(). */
struct workload_source *workload_source_new(struct cluster *cluster,
                                            const struct workload *workload);
void workload_source_free(struct workload_source *source);

#endif
