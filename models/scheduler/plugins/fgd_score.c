/* FGDScore, fragmentation gradient descent: the node, and on it the GPU, where placing the pod makes
 * least fragmentation, or undoes most.
 *
 * Weng et al.: "Beware of Fragmentation", USENIX ATC 2023, section 5. The change of the node's
 * fragmentation goes through a sigmoid into 0..100: 50 is no change. Typical pods are given:
 *
 *     pluginConfig: [{name: FGDScore, args: {typicalPods: [
 *         {cpuMilli: 8000, gpuCount: 1, gpuMilli: 460, gpuSpec: "T4|P100", pods: 120}, ...]}}]
 *
 * or, where they are not, learned from the pods that count, anew each time there are twice as
 * many. Of either, the most frequent sorts that cover 95 % (coveragePercent) are typical. */
#include <math.h>
#include <stdlib.h>

#include "models/scheduler/plugins/fragmentation.h"
#include "models/scheduler/plugins/gpu_policy.h"

struct fgd_memory {
    struct typical_pods *typical; /* owned */
    uint64_t epoch;               /* that they were learned in */
};

struct fgd_args {
    bool given;
    int coverage_percent;
    struct fgd_memory *memory; /* owned: what changes */
};

/* --- arguments ------------------------------------------------------------------------------ */

static void fgd_release(void *args)
{
    struct fgd_args *fgd = args;
    if (fgd == NULL)
        return;
    typical_pods_free(fgd->memory->typical);
    free(fgd->memory);
    free(fgd);
}

/* A whole number as text; NULL where it is not given. The caller frees. */
static char *number_text(const struct value *value)
{
    return value_is_null(value) ? NULL : mem_format("%lld", (long long)value_int(value, -1));
}

static bool add_given(struct texts *texts, const struct value *from, struct typical_pods *typical,
                      struct error_list *errors)
{
    char *count = number_text(value_get(from, "gpuCount"));
    char *milli = number_text(value_get(from, "gpuMilli"));
    const char *models = value_text(value_get(from, "gpuSpec"), NULL), *fault = NULL;
    const int64_t cpu_milli = value_int(value_get(from, "cpuMilli"), 0);
    const int64_t pods = value_int(value_get(from, "pods"), 1);
    struct gpu_request request;
    if (cpu_milli < 0 || pods < 1)
        fault = "cpuMilli is negative, or pods not positive";
    if (gpu_request_parse(texts, count, milli, models, &request, &fault) && fault == NULL)
        typical_pods_add(typical, cpu_milli, request, pods);
    else
        gpu_request_close(&request);
    free(count);
    free(milli);
    return fault == NULL || error_list_add(errors, from->at, "FGDScoreArgs.typicalPods: %s", fault);
}

static void *fgd_configure(struct texts *texts, const struct value *args, struct error_list *errors)
{
    const struct value *list = value_get(args, "typicalPods");
    struct fgd_args *fgd = mem_new(sizeof *fgd);
    bool fine = true;
    fgd->memory = mem_new(sizeof *fgd->memory);
    fgd->memory->typical = typical_pods_new();
    fgd->given = list != NULL && list->count > 0;
    fgd->coverage_percent = (int)value_int(value_get(args, "coveragePercent"), 95);
    for (size_t i = 0; list != NULL && i < list->count; i++)
        fine &= add_given(texts, list->items[i], fgd->memory->typical, errors);
    typical_pods_choose(fgd->memory->typical, fgd->coverage_percent);
    if (fine)
        return fgd;
    fgd_release(fgd);
    return NULL;
}

/* --- learning --------------------------------------------------------------------------------- */

/* How often the number of pods that count has doubled. */
static uint64_t fgd_epoch(const struct sched_call *call)
{
    const struct fgd_args *fgd = call->args;
    size_t pods = 0;
    uint64_t epoch = 0;
    for (size_t i = 0; !fgd->given && i < call->snapshot->priority_count; i++)
        pods += call->snapshot->priorities[i].pods;
    for (; pods > 0; pods /= 2)
        epoch++;
    return epoch;
}

static void learn(const struct snapshot *snapshot, struct typical_pods *typical)
{
    for (size_t slot = 0; slot < snapshot->slot_count; slot++) {
        const struct node_info *node = snapshot->nodes[slot];
        const struct placed_pod *placed = node != NULL ? node->first : NULL;
        for (; placed != NULL; placed = placed->next) {
            const struct pod *pod = placed->pod;
            struct gpu_request request;
            const char *fault;
            if (!gpu_request_load(snapshot->texts, pod->meta.annotations, &request, &fault))
                gpu_request_close(&request);
            typical_pods_add(typical, pod->spec->requests.cpu_milli, request, 1);
        }
    }
}

static void *fgd_compile(const struct sched_call *call)
{
    const struct fgd_args *fgd = call->args;
    struct fgd_memory *memory = fgd->memory;
    const uint64_t epoch = fgd_epoch(call);
    if (epoch != memory->epoch) {
        typical_pods_free(memory->typical);
        memory->typical = typical_pods_new();
        learn(call->snapshot, memory->typical);
        typical_pods_choose(memory->typical, fgd->coverage_percent);
        memory->epoch = epoch;
    }
    return gpu_class_compile(call);
}

/* --- the score ---------------------------------------------------------------------------------- */

static struct gpu_room room_of(const struct node_info *node)
{
    struct gpu_room room;
    room.model = node->gpus != NULL ? node->gpus->model : NULL;
    room.count = node->gpus != NULL ? node->gpus->count : 0;
    room.cpu_milli = node_cpu_left(node);
    for (int i = 0; i < room.count; i++)
        room.left[i] = node_gpu_left(node->gpus, i);
    return room;
}

/* 100 / (1 + e^(-(F - F after) / 1000)), cut. */
static int64_t score_of(double before, double after)
{
    return (int64_t)(1 / (1 + exp(-(before - after) / GPU_MILLI)) * MAX_NODE_SCORE);
}

/* Has a GPU of lower index as much left? Then it scores the same. */
static bool is_like_another(const struct gpu_room *room, int index)
{
    for (int i = 0; i < index; i++)
        if (room->left[i] == room->left[index])
            return true;
    return false;
}

/* A pod that shares a GPU: each that suffices is tried. The first of the best is it. */
static int64_t try_each(struct typical_pods *typical, const struct gpu_request *request,
                        struct gpu_room *room, double before, int *best_index)
{
    int64_t best = -1;
    for (int i = 0; i < room->count; i++) {
        if (room->left[i] < request->milli || is_like_another(room, i))
            continue;
        room->left[i] -= request->milli;
        const int64_t score = score_of(before, fragmentation_of(typical, room));
        room->left[i] += request->milli;
        if (score > best) {
            best = score;
            *best_index = i;
        }
    }
    return best;
}

/* The score of a node, and which GPUs the pod would get. */
static int64_t place_best(struct typical_pods *typical, const struct node_info *node,
                          const struct gpu_request *request, int64_t cpu_milli,
                          int indexes[NODE_GPUS])
{
    struct gpu_room room = room_of(node);
    const double before = fragmentation_of(typical, &room);
    room.cpu_milli -= cpu_milli;
    if (gpu_request_is_share(request))
        return try_each(typical, request, &room, before, indexes);
    if (request->count > 0 && !node_gpus_best_fit(node->gpus, request, indexes))
        return -1;
    for (int i = 0; i < request->count; i++)
        room.left[indexes[i]] -= request->milli;
    return score_of(before, fragmentation_of(typical, &room));
}

static int64_t fgd_score(const struct sched_call *call, const struct node_info *node)
{
    const struct fgd_args *fgd = call->args;
    int indexes[NODE_GPUS];
    const int64_t score = place_best(fgd->memory->typical, node, gpu_request_of(call),
                                     call->spec->requests.cpu_milli, indexes);
    return score > 0 ? score : 0;
}

static const struct labels *fgd_annotate(const struct sched_call *call,
                                         const struct node_info *node, struct run *run)
{
    (void)run;
    const struct fgd_args *fgd = call->args;
    struct gpu_request request = gpu_request_read(call);
    const struct labels *annotation = NULL;
    int indexes[NODE_GPUS];
    if (request.count > 0 && place_best(fgd->memory->typical, node, &request,
                                        call->spec->requests.cpu_milli, indexes) >= 0)
        annotation = gpu_index_annotation(call, indexes, request.count);
    gpu_request_close(&request);
    return annotation;
}

const struct sched_plugin fgd_score_plugin = {
    .name = "FGDScore",
    .configure = fgd_configure,
    .release = fgd_release,
    .compile = fgd_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .epoch = fgd_epoch,
    .score = fgd_score,
    .annotate = fgd_annotate,
};
