/* A policy as a shared object: best fit. The pod goes where the least of CPU and memory is left.
 *
 *     make && seatrial run scenario.yaml --policy ./best_fit.so */
#include <seatrial/policy.h>
#include <stdlib.h>

/* Nothing is remembered here from one attempt to the next; a policy that learns keeps it in a struct
 * like this one. */
struct best_fit {
    uint64_t attempts;
};

static void *best_fit_open(const struct seatrial_host *host, uint64_t seed)
{
    (void)host;
    (void)seed;
    return calloc(1, sizeof(struct best_fit));
}

static void best_fit_close(void *state)
{
    free(state);
}

/* Which part of a resource would still be free, 0 to 1. */
static double left(const struct seatrial_host *host, const struct seatrial_pod *pod,
                   const struct seatrial_node *node, int resource)
{
    const double all = (double)host->node_allocatable(node, resource);
    const double free = (double)host->node_free(node, resource);
    return all > 0 ? (free - (double)host->pod_request(pod, resource)) / all : 0;
}

static double best_fit_score(void *state, const struct seatrial_host *host,
                             const struct seatrial_pod *pod, const struct seatrial_node *node)
{
    struct best_fit *self = state;
    self->attempts++;
    return -left(host, pod, node, SEATRIAL_CPU_MILLI) -
           left(host, pod, node, SEATRIAL_MEMORY_BYTES);
}

static const struct seatrial_policy best_fit = {
    .abi = SEATRIAL_POLICY_ABI,
    .name = "best fit",
    .open = best_fit_open,
    .close = best_fit_close,
    .score = best_fit_score,
};

const struct seatrial_policy *seatrial_policy(void)
{
    return &best_fit;
}
