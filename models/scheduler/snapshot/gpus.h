/* Shared GPUs: pods that take a part of a GPU, or several whole ones, of certain models.
 *
 * Names and meaning are those of the openb traces and of Alibaba's gpushare scheduler. A node
 * offers alibabacloud.com/gpu-count GPUs (allocatable) of 1000 milli each, and says which model
 * they are by a label. A pod asks by annotations:
 *
 *     alibabacloud.com/gpu-milli: "460"              of each GPU; 1000 is a whole one
 *     alibabacloud.com/gpu-count: "1"                how many; 1 when it is not given
 *     alibabacloud.com/gpu-card-model: "T4|V100M16"  any of these; absent: any at all
 *     alibabacloud.com/gpu-index: "0"                which it got, "2-3" for two of them
 *
 * The last is written with the binding. What is left of a GPU follows from the pods that count
 * on the node and their indexes, and from nothing else: a pod without an index takes nothing. */
#ifndef MODELS_SCHEDULER_GPUS_H
#define MODELS_SCHEDULER_GPUS_H

#include "models/api/node.h"
#include "models/api/pod.h"
#include "sim/base/error.h"

#define GPU_MILLI_ANNOTATION "alibabacloud.com/gpu-milli"
#define GPU_COUNT_ANNOTATION "alibabacloud.com/gpu-count"
#define GPU_MODEL_ANNOTATION "alibabacloud.com/gpu-card-model"
#define GPU_INDEX_ANNOTATION "alibabacloud.com/gpu-index"

enum {
    GPU_MILLI = 1000, /* of one GPU */
    NODE_GPUS = 64    /* of a node; further ones are not used */
};

/* What a pod asks for. */
struct gpu_request {
    int count;                  /* GPUs; 0: none */
    int milli;                  /* of each of them, 1 to 1000 */
    const struct text **models; /* owned, each held; none: any model will do */
    size_t model_count;
    const struct text *spec; /* held: the models as they are written; NULL: any */
};

/* Read a request. False when the annotations make no sense; *fault is then a constant. Release with
 * gpu_request_close(). */
bool gpu_request_load(struct texts *texts, const struct labels *annotations,
                      struct gpu_request *request, const char **fault);
/* The same from the three texts (NULL: not given). */
bool gpu_request_parse(struct texts *texts, const char *count, const char *milli,
                       const char *models, struct gpu_request *request, const char **fault);
void gpu_request_close(struct gpu_request *request);

/* Does it share a GPU with others? */
static inline bool gpu_request_is_share(const struct gpu_request *request)
{
    return request->count == 1 && request->milli < GPU_MILLI;
}

/* What is said of a node's GPUs. */
struct node_gpus {
    int count;
    const struct text *model; /* held; NULL: not said */
    int used[NODE_GPUS];      /* milli, by index */
    uint32_t
        pods[NODE_GPUS + 1]; /* with an index: [0] those that share, [n] those of n whole GPUs */
};

static inline int node_gpu_left(const struct node_gpus *gpus, int index)
{
    return GPU_MILLI - gpus->used[index];
}
/* The sum of what is left on all GPUs; `gpus` may be NULL: none. */
int node_gpus_left(const struct node_gpus *gpus);

bool node_gpus_have_model(const struct node_gpus *gpus, const struct gpu_request *request);
/* Have enough GPUs enough left? */
bool node_gpus_suffice(const struct node_gpus *gpus, const struct gpu_request *request);

/* Best fit: of the GPUs that suffice those with the least left, the lowest index on ties. Writes
 * request->count indexes, in the order taken; false when the GPUs do not suffice. */
bool node_gpus_best_fit(const struct node_gpus *gpus, const struct gpu_request *request,
                        int indexes[NODE_GPUS]);

/* "2-3": the value of the index annotation. One reference. */
const struct text *gpu_index_text(struct texts *texts, const int *indexes, int count);

/* --- kept by the snapshot; *gpus is allocated when there is something to say --------------- */

/* What the node offers. */
void node_gpus_learn(struct node_gpus **gpus, struct texts *texts, const struct node *node);
/* A pod counts on the node (+1), or counts no longer (-1). */
void node_gpus_count(struct node_gpus **gpus, const struct pod *pod, int sign);
/* Do two versions of a pod count alike? */
bool same_gpus(const struct pod *a, const struct pod *b);
/* For a copy of the node. NULL for NULL. */
struct node_gpus *node_gpus_copy(const struct node_gpus *gpus);
void node_gpus_free(struct node_gpus *gpus); /* NULL is fine */

#endif
