/* The openb traces of Alibaba's cluster-trace-gpu-v2023 as plain data: the nodes that have GPUs, and
 * the pods of one trace, as $SEATRIAL_SHARED/data/traces/openb has them. */
#ifndef TESTS_SUPPORT_OPENB_H
#define TESTS_SUPPORT_OPENB_H

#include "tests/support/csv.h"

/* Pods that ask for the same. */
struct openb_class {
    int64_t cpu_milli, memory_mib;
    int num_gpu, gpu_milli;
    const char *gpu_spec; /* "": any model */
    size_t pods;          /* of the trace */
};

struct openb_node {
    const char *name, *model;
    int64_t cpu_milli, memory_mib;
    int gpus;
};

struct openb {
    struct openb_class *classes; /* by first appearance */
    size_t class_count, class_capacity;
    uint32_t *class_of; /* by data line of the trace */
    size_t pod_count;
    struct openb_node *nodes; /* by data line of the list of nodes */
    size_t node_count;
    int64_t gpus;                     /* of all nodes */
    struct csv pod_table, node_table; /* private: the texts */
};

/* "default", "gpuspec33", ... False when the files are not there. Release with openb_close(). */
bool openb_load(struct openb *openb, const char *trace);
void openb_close(struct openb *openb);

#endif
