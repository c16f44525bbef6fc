/* NodeResourcesFit: what the pods of a node ask for must not exceed what it can give; scores
 * by how much of it would be used.
 *
 * The filter uses real requests, the score counts containers that ask for no cpu or memory
 * with 100m and 200 MiB. Follows pkg/scheduler/framework/plugins/noderesources/fit.go of
 * the release named in docs/fidelity.md. */
#include <math.h>
#include <stdlib.h>

#include "models/scheduler/plugins/resource_scoring.h"
#include "models/scheduler/plugins/scoring_strategy.h"

struct fit_args {
    struct scored_resources resources;
    struct scoring_strategy strategy;
    struct value *ignored, *ignored_groups; /* held; NULL: none */
};

static void fit_release(void *args)
{
    struct fit_args *fit = args;
    if (fit == NULL)
        return;
    scored_resources_close(&fit->resources);
    value_drop(fit->ignored);
    value_drop(fit->ignored_groups);
    free(fit);
}

static void *fit_configure(struct texts *texts, const struct value *args, struct error_list *errors)
{
    struct fit_args *fit = mem_new(sizeof *fit);
    struct error error = { 0 };
    const struct value *strategy = value_get(args, "scoringStrategy");
    fit->ignored = value_hold(value_get(args, "ignoredResources"));
    fit->ignored_groups = value_hold(value_get(args, "ignoredResourceGroups"));
    if (scored_resources_load(texts, value_get(strategy, "resources"), &fit->resources, &error) &&
        scoring_strategy_load(strategy, &fit->strategy, &error))
        return fit;
    error_wrap(&error, "NodeResourcesFitArgs.scoringStrategy");
    error_list_take(errors, &error);
    fit_release(fit);
    return NULL;
}

static void *fit_compile(const struct sched_call *call)
{
    const struct fit_args *fit = call->args;
    struct scored_requests *requests = mem_new(sizeof *requests);
    *requests = scored_requests_of(&fit->resources, call->spec, true);
    return requests;
}

static bool list_has(const struct value *list, const char *name, size_t length)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const char *item = value_text(value_at(list, i), "");
        if (strlen(item) == length && strncmp(item, name, length) == 0)
            return true;
    }
    return false;
}

/* Devices the profile says somebody else looks after: by name, or by what stands before the
 * slash. Resources of Kubernetes' own cannot be ignored. */
static bool is_ignored(const struct fit_args *fit, const char *name)
{
    const char *slash = strchr(name, '/');
    if (slash == NULL || strstr(name, "kubernetes.io/") != NULL)
        return false;
    return list_has(fit->ignored, name, strlen(name)) ||
           list_has(fit->ignored_groups, name, (size_t)(slash - name));
}

/* One resource: does the request fit into what is left? Never, if the node has not so much. */
static void check_amount(struct rejection *rejection, int64_t request, int64_t allocatable,
                         int64_t requested, const char *text, const struct text *about)
{
    if (request > 0 && request > allocatable - requested)
        reject_about(rejection, request > allocatable ? UNRESOLVABLE : UNSCHEDULABLE, text, about);
}

static void check_extended(const struct fit_args *fit, const struct resources *request,
                           const struct resources *allocatable, const struct resources *requested,
                           struct rejection *rejection)
{
    for (size_t i = 0; i < request->extended_count; i++) {
        const struct text *name = request->extended[i].name;
        if (!is_ignored(fit, text_s(name)))
            check_amount(rejection, request->extended[i].amount,
                         resources_get(allocatable, text_s(name)),
                         resources_get(requested, text_s(name)), "Insufficient ", name);
    }
}

static bool fit_filter(const struct sched_call *call, const struct node_info *node,
                       struct rejection *rejection)
{
    static const struct node_resources nothing;
    const struct node_resources *has =
        node->node->allocatable != NULL ? node->node->allocatable : &nothing;
    const struct resources *request = &call->spec->requests, *all = &has->resources;
    const struct resources *used = &node->requested;
    if ((int64_t)node->pod_count + 1 > has->pods)
        reject(rejection, UNSCHEDULABLE, "Too many pods");
    check_amount(rejection, request->cpu_milli, all->cpu_milli, used->cpu_milli, "Insufficient cpu",
                 NULL);
    check_amount(rejection, request->memory_bytes, all->memory_bytes, used->memory_bytes,
                 "Insufficient memory", NULL);
    check_amount(rejection, request->ephemeral_storage_bytes, all->ephemeral_storage_bytes,
                 used->ephemeral_storage_bytes, "Insufficient ephemeral-storage", NULL);
    check_extended(call->args, request, all, used, rejection);
    return rejection->count == 0;
}

/* The mean of the resources' scores, by weight. RequestedToCapacityRatio leaves out resources
 * that score nothing, and rounds where the others cut. */
static int64_t fit_score(const struct sched_call *call, const struct node_info *node)
{
    const struct fit_args *fit = call->args;
    const struct scored_requests *requests = call->compiled;
    const bool ratio = fit->strategy.type == REQUESTED_TO_CAPACITY_RATIO;
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < fit->resources.count; i++) {
        const struct scored_resource *resource = &fit->resources.items[i];
        int64_t allocatable, requested;
        if (resource->kind == RESOURCE_EXTENDED && requests->amounts[i] == 0)
            continue;
        node_amounts(resource, node, true, &allocatable, &requested);
        if (allocatable == 0)
            continue;
        const int64_t score =
            scoring_strategy_score(&fit->strategy, requested + requests->amounts[i], allocatable);
        if (ratio && score <= 0)
            continue;
        sum += score * resource->weight;
        weights += resource->weight;
    }
    if (weights == 0)
        return 0;
    return ratio ? (int64_t)round((double)sum / (double)weights) : sum / weights;
}

/* A node is empty as far as this question goes: is it big enough for the pod? */
static bool big_enough(const void *args, const struct pod *pod, const struct node *node)
{
    const struct node_info empty = { .node = node };
    const struct sched_call call = { .spec = pod->spec, .args = args };
    struct rejection rejection = { 0 };
    return fit_filter(&call, &empty, &rejection);
}

/* Something the pod asks for grew, or the number of pods the node takes. */
static bool more_of_it(const struct pod_spec *spec, const struct node *before,
                       const struct node *after)
{
    const struct node_resources *old = before->allocatable, *new = after->allocatable;
    if (old == NULL || new == NULL)
        return new != NULL;
    const struct resources *asked = &spec->requests;
    if (new->pods > old->pods ||
        (asked->cpu_milli > 0 && new->resources.cpu_milli > old->resources.cpu_milli) ||
        (asked->memory_bytes > 0 && new->resources.memory_bytes > old->resources.memory_bytes) ||
        (asked->ephemeral_storage_bytes > 0 &&
         new->resources.ephemeral_storage_bytes > old->resources.ephemeral_storage_bytes))
        return true;
    for (size_t i = 0; i < asked->extended_count; i++)
        if (resources_get(&new->resources, text_s(asked->extended[i].name)) >
            resources_get(&old->resources, text_s(asked->extended[i].name)))
            return true;
    return false;
}

static bool node_grew(const void *args, const struct pod *pod, const struct object *before,
                      const struct object *after)
{
    return big_enough(args, pod, node_of(after)) &&
           (before == NULL || more_of_it(pod->spec, node_of(before), node_of(after)));
}

/* Does `after` ask for less of something that `wanting` asks for? */
static bool less_of_it(const struct pod *wanting, const struct pod *before, const struct pod *after)
{
    const struct resources *asked = pod_requests(wanting), *old = pod_requests(before);
    const struct resources *new = pod_requests(after);
    if ((asked->cpu_milli > 0 && new->cpu_milli < old->cpu_milli) ||
        (asked->memory_bytes > 0 && new->memory_bytes < old->memory_bytes) ||
        (asked->ephemeral_storage_bytes > 0 &&
         new->ephemeral_storage_bytes < old->ephemeral_storage_bytes))
        return true;
    for (size_t i = 0; i < asked->extended_count; i++) {
        const char *name = text_s(asked->extended[i].name);
        if (asked->extended[i].amount > 0 && resources_get(new, name) < resources_get(old, name))
            return true;
    }
    return false;
}

/* A pod that counted on a node is gone, or asks for less: itself or another one. */
static bool room_made(const void *args, const struct pod *pod, const struct object *before,
                      const struct object *after)
{
    (void)args;
    const struct pod *old = pod_of(before), *new = pod_of(after);
    if (new == NULL)
        return pod_held_room(old);
    if (new->node_name == NULL &&new->meta.uid.low != pod->meta.uid.low)
        return false;
    return less_of_it(pod, old, new);
}

const struct sched_plugin node_resources_fit_plugin = {
    .name = "NodeResourcesFit",
    .configure = fit_configure,
    .release = fit_release,
    .compile = fit_compile,
    .discard = free,
    .events = { { KIND_POD, EVENT_DELETE | EVENT_UPDATE_POD_SCALE_DOWN, room_made },
                { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_ALLOCATABLE, node_grew },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL } },
    .filter = fit_filter,
    .score = fit_score,
};
