/* What the policies for shared GPUs have in common: the pod's request, read once for a class, and
 * the two amounts they pack by, cpu and GPUs.
 *
 * The policies are those compared in Weng, Yang, Yu, Wang, Tang, Yang, Zhang: "Beware of
 * Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent",
 * USENIX ATC 2023, with the plugin names of the authors' simulator. Each looks at cpu and at
 * the GPUs of a node as one amount (the sum of what is left of them), in parts of the largest
 * machine; memory is only filtered. */
#ifndef MODELS_SCHEDULER_PLUGINS_GPU_POLICY_H
#define MODELS_SCHEDULER_PLUGINS_GPU_POLICY_H

#include "models/scheduler/plugins/plugins.h"

/* What compile() makes: call->compiled of each of these plugins. */
struct gpu_class {
    struct gpu_request request;
    const char *fault; /* a constant: why the annotations make no sense; NULL: they do */
};

void *gpu_class_compile(const struct sched_call *call);
void gpu_class_discard(void *compiled);
size_t gpu_class_traits(const struct sched_call *call, uint64_t *words);

static inline const struct gpu_request *gpu_request_of(const struct sched_call *call)
{
    return &((const struct gpu_class *)call->compiled)->request;
}

/* Arguments of those that pack: maxNodeCPUMilli, maxNodeGPUMilli. */
struct largest_node {
    double cpu_milli, gpu_milli; /* 128000 and 8000, as in the openb traces */
};
void *largest_node_configure(struct texts *texts, const struct value *args,
                             struct error_list *errors);

/* What is left of a node before the pod is placed, and what the pod asks for. */
struct packed {
    double cpu_milli, gpu_milli; /* whole numbers */
};
struct packed packed_left(const struct node_info *node);
struct packed packed_request(const struct sched_call *call);

/* Milli-cpus of a node that no pod has asked for. */
int64_t node_cpu_left(const struct node_info *node);

/* For annotate(), where nothing is compiled: the request of call->pod, released by the caller; and
 * the index annotation. */
struct gpu_request gpu_request_read(const struct sched_call *call);
const struct labels *gpu_index_annotation(const struct sched_call *call, const int *indexes,
                                          int count);
/* The index annotation by best fit; NULL when the pod asks for no GPU, or none are left. */
const struct labels *gpu_index_by_best_fit(const struct sched_call *call,
                                           const struct node_info *node);

/* NormalizeScore of best fit and worst fit: the lowest becomes 0, the highest 100; all are 0
 * when they are equal. */
void normalize_to_range(const struct sched_call *call, int64_t *scores, size_t count);

#endif
