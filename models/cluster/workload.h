/* Pods that come and go: a workload as a table, a line for each arrival, in order of time.
 *
 *     arrival_s,cpu_milli,mem_bytes,duration_s
 *     0.5,1000,1073741824,600
 *
 * Each line is a bare pod with one container that runs for its duration and succeeds; it is
 * deleted when it has finished. Pods are named pod-0, pod-1, ... in the namespace default.
 *
 * These four columns come first, in this order. Others may follow; an empty cell is as if the
 * column were not there, and a cell with a comma stands in quotes:
 *
 *     name                  of the pod, or the Job; where `pods` is given, NAME-0, NAME-1, ...
 *     pods                  how many of them arrive together
 *     kind                  Pod (the default), or Job: its pods come again until they have run
 *     namespace             made if it is not there
 *     exit_code             with which the container ends after its duration
 *     image                 of the container
 *     priorityClassName, schedulerName, nodeName
 *     labels[KEY], annotations[KEY], requests[RESOURCE], nodeSelector[KEY] */
#ifndef MODELS_CLUSTER_WORKLOAD_H
#define MODELS_CLUSTER_WORKLOAD_H

#include <stdint.h>

#include "sim/base/error.h"
#include "sim/base/table.h"
#include "sim/base/time.h"
#include "sim/base/value.h"
#include "sim/base/writer.h"

struct cluster;

/* What lines have in common: everything but when, how long, how many and the name. */
struct workload_kind {
    struct table_node node; /* private: by text */
    char *text;             /* owned: its cells as they stood, parted by commas */
    struct value
        *document;   /* owned, at the first such line: a Pod named "pod", or a Job named "job" */
    uint32_t number; /* in workload.kinds */
    bool is_job;
};

struct arrival {
    sim_time at, duration;
    uint32_t kind; /* in workload.kinds */
    uint32_t pods; /* how many; 0: one, with a name of its own */
    size_t name;   /* its name begins here in workload.names; SIZE_MAX: it has none */
};

struct workload {
    struct arrival *arrivals; /* owned, by time */
    size_t count, capacity;
    struct workload_kind **kinds; /* owned, by appearance */
    size_t kind_count, kind_capacity;
    struct table kinds_by_text; /* private */
    struct writer names;        /* each ends with a NUL */
    char *columns;              /* owned: the columns behind the first four; "" */
};

/* Read a CSV text; `name` stands in the places of errors and is borrowed by them and by the workload.
 * False, with each fault appended (at most 20), when a line cannot be used; the workload is then
 * empty. */
bool workload_load(struct workload *workload, const char *bytes, size_t length, const char *name,
                   struct error_list *errors);
void workload_close(struct workload *workload);

/* Print lines from number `from` on as such a text, until they have `most` bytes or more; the number of
 * the next line. */
size_t workload_print(const struct workload *workload, size_t from, size_t most,
                      struct writer *out);

/* The name of an arrival; NULL: it has none. Borrowed. */
const char *arrival_name(const struct workload *workload, const struct arrival *arrival);

/* The latest time at which a pod of the workload can be there, if none ever waits. */
sim_time workload_end(const struct workload *workload);

/* Let the pods of a workload arrive in a cluster, from now on. The workload is borrowed. What the API
 * server would refuse of them is appended to the faults, once for all lines that are alike.
 * Free with workload_source_free(). */
struct workload_source *workload_source_new(struct cluster *cluster,
                                            const struct workload *workload,
                                            struct error_list *faults);
void workload_source_free(struct workload_source *source);

#endif
