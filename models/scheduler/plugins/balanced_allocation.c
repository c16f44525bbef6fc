/* NodeResourcesBalancedAllocation: prefers nodes whose resources are used evenly, counting
 * the pod in.
 *
 * How even is 100 less the standard deviation of the used fractions; a node starts at 75
 * and moves by half of what the pod would change. Pods that ask for none of the resources
 * are not scored. Follows pkg/scheduler/framework/plugins/noderesources/
 * balanced_allocation.go of the release named in docs/fidelity.md. */
#include <math.h>
#include <stdlib.h>

#include "models/scheduler/plugins/resource_scoring.h"

static void balanced_allocation_release(void *args)
{
    if (args != NULL)
        scored_resources_close(args);
    free(args);
}

static void *balanced_allocation_configure(struct texts *texts, const struct value *args,
                                           struct error_list *errors)
{
    struct scored_resources *resources = mem_new(sizeof *resources);
    struct error error = { 0 };
    if (scored_resources_load(texts, value_get(args, "resources"), resources, &error))
        return resources;
    error_wrap(&error, "NodeResourcesBalancedAllocationArgs.resources");
    error_list_take(errors, &error);
    balanced_allocation_release(resources);
    return NULL;
}

static void *balanced_allocation_compile(const struct sched_call *call)
{
    struct scored_requests *requests = mem_new(sizeof *requests);
    *requests = scored_requests_of(call->args, call->spec, false);
    return requests;
}

static bool balanced_allocation_pre_score(const struct sched_call *call,
                                          const struct candidates *candidates)
{
    (void)candidates;
    const struct scored_resources *resources = call->args;
    const struct scored_requests *requests = call->compiled;
    for (size_t i = 0; i < resources->count; i++)
        if (requests->amounts[i] != 0)
            return true;
    return false;
}

/* Sums run in the order of the resources, as in the real one: doubles are not associative. */
static double deviation(const double *fractions, size_t count)
{
    if (count == 2)
        return fabs((fractions[0] - fractions[1]) / 2);
    if (count < 2)
        return 0;
    double total = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        total += fractions[i];
    const double mean = total / (double)count;
    for (size_t i = 0; i < count; i++)
        squares = squares + (fractions[i] - mean) * (fractions[i] - mean);
    return sqrt(squares / (double)count);
}

static double used_fraction(int64_t requested, int64_t allocatable)
{
    const double fraction = (double)requested / (double)allocatable;
    return fraction > 1 ? 1 : fraction;
}

static int64_t evenness(const double *fractions, size_t count)
{
    return (int64_t)((1 - deviation(fractions, count)) * (double)MAX_NODE_SCORE);
}

static int64_t balanced_allocation_score(const struct sched_call *call,
                                         const struct node_info *node)
{
    const struct scored_resources *resources = call->args;
    const struct scored_requests *requests = call->compiled;
    double without[SCORED_RESOURCES], with[SCORED_RESOURCES];
    size_t count = 0;
    for (size_t i = 0; i < resources->count; i++) {
        const struct scored_resource *resource = &resources->items[i];
        int64_t allocatable, requested;
        if (resource->kind == RESOURCE_EXTENDED && requests->amounts[i] == 0)
            continue;
        node_amounts(resource, node, false, &allocatable, &requested);
        if (allocatable == 0)
            continue;
        without[count] = used_fraction(requested, allocatable);
        with[count++] = used_fraction(requested + requests->amounts[i], allocatable);
    }
    const int64_t half = MAX_NODE_SCORE / 2;
    return half + (half + evenness(with, count) - evenness(without, count)) / 2;
}

const struct sched_plugin balanced_allocation_plugin = {
    .name = "NodeResourcesBalancedAllocation",
    .configure = balanced_allocation_configure,
    .release = balanced_allocation_release,
    .compile = balanced_allocation_compile,
    .discard = free,
    .pre_score = balanced_allocation_pre_score,
    .score = balanced_allocation_score,
};
