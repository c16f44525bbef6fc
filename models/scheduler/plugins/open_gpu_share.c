/* Open-Gpu-Share: a pod that asks for GPUs needs a node of the right model on which enough GPUs
 * have enough left; it is given those by best fit, unless another plugin of the profile
 * chooses. What the annotations mean is said in gpus.h.
 *
 * Named after the plugin of the FGD authors' simulator (pkg/simulator/plugin/open_gpu_share.go),
 * which follows Alibaba's gpushare scheduler extender. */
#include "models/scheduler/plugins/gpu_policy.h"
#include "models/scheduler/configuration/profile.h"

static enum pre_filter gpu_share_pre_filter(const struct sched_call *call,
                                            struct narrowed *narrowed, struct rejection *rejection)
{
    (void)narrowed;
    const struct gpu_class *class = call->compiled;
    if (class->fault != NULL) {
        reject(rejection, UNRESOLVABLE, class->fault);
        return PRE_FILTER_REJECTED;
    }
    return class->request.count > 0 ? PRE_FILTER_GO : PRE_FILTER_SKIP;
}

static bool gpu_share_filter(const struct sched_call *call, const struct node_info *node,
                             struct rejection *rejection)
{
    const struct gpu_request *request = gpu_request_of(call);
    if (!node_gpus_have_model(node->gpus, request))
        return reject(rejection, UNRESOLVABLE, "node(s) didn't have the pod's GPU model");
    if (node_gpus_suffice(node->gpus, request))
        return true;
    const bool never = node->gpus == NULL || node->gpus->count < request->count;
    return reject(rejection, never ? UNRESOLVABLE : UNSCHEDULABLE,
                  "Insufficient " GPU_MILLI_ANNOTATION);
}

static bool another_chooses(const struct profile *profile)
{
    for (size_t i = 0; i < profile->plugin_count; i++) {
        const struct sched_plugin *plugin = profile->plugins[i].plugin;
        if (plugin->annotate != NULL && plugin != &open_gpu_share_plugin)
            return true;
    }
    return false;
}

static const struct labels *gpu_share_annotate(const struct sched_call *call,
                                               const struct node_info *node, struct run *run)
{
    (void)run;
    return another_chooses(call->profile) ? NULL : gpu_index_by_best_fit(call, node);
}

/* Between the decision and now somebody else may have bound pods there: who got no GPU fails. The
 * pod counts already, with its index. */
static bool gpu_share_reserve(const struct sched_call *call, const struct pod *pod,
                              const struct node_info *node, struct rejection *rejection)
{
    (void)node;
    const struct object *object = &pod->meta.object;
    const struct placed_pod *placed =
        snapshot_find_pod(call->snapshot, object->space, object->name);
    struct gpu_request request = gpu_request_read(call);
    const bool asks = request.count > 0;
    gpu_request_close(&request);
    return !asks || placed == NULL ||
           labels_get(placed->pod->meta.annotations, GPU_INDEX_ANNOTATION) != NULL ||
           reject(rejection, UNSCHEDULABLE, "Insufficient " GPU_MILLI_ANNOTATION);
}

const struct sched_plugin open_gpu_share_plugin = {
    .name = "Open-Gpu-Share",
    .compile = gpu_class_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .events = { { KIND_POD, EVENT_DELETE, NULL },
                { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_ALLOCATABLE | EVENT_UPDATE_NODE_LABEL,
                  NULL } },
    .pre_filter = gpu_share_pre_filter,
    .filter = gpu_share_filter,
    .annotate = gpu_share_annotate,
    .reserve = gpu_share_reserve,
};
