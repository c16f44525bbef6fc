/* What policies for shared GPUs have in common; see gpu_policy.h. */
#include "models/scheduler/plugins/gpu_policy.h"

#include <stdlib.h>

/* --- the class ----------------------------------------------------------------------------- */

void *gpu_class_compile(const struct sched_call *call)
{
    struct gpu_class *class = mem_new(sizeof *class);
    if (!gpu_request_load(call->snapshot->texts, call->pod->meta.annotations, &class->request,
                          &class->fault))
        gpu_request_close(&class->request);
    return class;
}

void gpu_class_discard(void *compiled)
{
    gpu_request_close(&((struct gpu_class *)compiled)->request);
    free(compiled);
}

/* The three annotations, interned: equal ones are one address. */
size_t gpu_class_traits(const struct sched_call *call, uint64_t *words)
{
    static const char *const keys[] = { GPU_COUNT_ANNOTATION, GPU_MILLI_ANNOTATION,
                                        GPU_MODEL_ANNOTATION };
    for (size_t i = 0; i < 3; i++) {
        const char *text = labels_get(call->pod->meta.annotations, keys[i]);
        words[i] = (uintptr_t)text;
    }
    return 3;
}

/* --- amounts --------------------------------------------------------------------------------- */

void *largest_node_configure(struct texts *texts, const struct value *args,
                             struct error_list *errors)
{
    (void)texts;
    struct largest_node *largest = mem_new(sizeof *largest);
    largest->cpu_milli = value_double(value_get(args, "maxNodeCPUMilli"), 128000);
    largest->gpu_milli = value_double(value_get(args, "maxNodeGPUMilli"), 8 * GPU_MILLI);
    if (largest->cpu_milli > 0 && largest->gpu_milli > 0)
        return largest;
    error_list_add(errors, args->at, "maxNodeCPUMilli and maxNodeGPUMilli must be positive");
    free(largest);
    return NULL;
}

int64_t node_cpu_left(const struct node_info *node)
{
    const struct node_resources *offers = node->node->allocatable;
    return (offers != NULL ? offers->resources.cpu_milli : 0) - node->requested.cpu_milli;
}

struct packed packed_left(const struct node_info *node)
{
    return (struct packed){ (double)node_cpu_left(node), node_gpus_left(node->gpus) };
}

struct packed packed_request(const struct sched_call *call)
{
    const struct gpu_request *request = gpu_request_of(call);
    return (struct packed){ (double)call->spec->requests.cpu_milli,
                            request->count * request->milli };
}

/* --- indexes -------------------------------------------------------------------------------- */

struct gpu_request gpu_request_read(const struct sched_call *call)
{
    struct gpu_request request;
    const char *fault;
    if (!gpu_request_load(call->snapshot->texts, call->pod->meta.annotations, &request, &fault))
        gpu_request_close(&request);
    return request;
}

const struct labels *gpu_index_annotation(const struct sched_call *call, const int *indexes,
                                          int count)
{
    struct texts *texts = call->snapshot->texts;
    const struct text *text = gpu_index_text(texts, indexes, count);
    const struct labels *annotation = labels_with(texts, NULL, GPU_INDEX_ANNOTATION, text_s(text));
    text_drop(text);
    return annotation;
}

const struct labels *gpu_index_by_best_fit(const struct sched_call *call,
                                           const struct node_info *node)
{
    struct gpu_request request = gpu_request_read(call);
    int indexes[NODE_GPUS];
    const struct labels *annotation = NULL;
    if (request.count > 0 && node_gpus_best_fit(node->gpus, &request, indexes))
        annotation = gpu_index_annotation(call, indexes, request.count);
    gpu_request_close(&request);
    return annotation;
}

/* --- scores --------------------------------------------------------------------------------- */

void normalize_to_range(const struct sched_call *call, int64_t *scores, size_t count)
{
    (void)call;
    int64_t least = count > 0 ? scores[0] : 0, most = least;
    for (size_t i = 0; i < count; i++) {
        least = scores[i] < least ? scores[i] : least;
        most = scores[i] > most ? scores[i] : most;
    }
    for (size_t i = 0; i < count; i++)
        scores[i] = most == least ? 0 : (scores[i] - least) * MAX_NODE_SCORE / (most - least);
}
