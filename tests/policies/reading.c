/* A policy that says on standard output what it sees at each attempt, and prefers nodes of the pod's
 * colour. */
#include <inttypes.h>
#include <seatrial/policy.h>
#include <stdio.h>
#include <string.h>

static const char *said(const char *text)
{
    return text != NULL ? text : "-";
}

static int filter(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                  const struct seatrial_node *node)
{
    const int gpu = host->resource(host, "nvidia.com/gpu");
    (void)state;
    printf("%.0f %s/%s %s %s p%" PRId32 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
           host->now(host), host->pod_namespace(pod), host->pod_name(pod),
           said(host->pod_label(pod, "colour")), said(host->pod_label(pod, "none")),
           host->pod_priority(pod), host->pod_request(pod, SEATRIAL_CPU_MILLI),
           host->pod_request(pod, gpu), host->pod_request(pod, SEATRIAL_PODS),
           host->pod_request(pod, 99));
    printf(" | %s %s %" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64 "\n",
           host->node_name(node), said(host->node_label(node, "colour")),
           host->node_free(node, SEATRIAL_CPU_MILLI),
           host->node_allocatable(node, SEATRIAL_CPU_MILLI), host->node_free(node, gpu),
           host->node_allocatable(node, gpu), host->node_free(node, SEATRIAL_PODS),
           host->node_allocatable(node, SEATRIAL_PODS));
    fflush(stdout);
    return 1;
}

static double score(void *state, const struct seatrial_host *host, const struct seatrial_pod *pod,
                    const struct seatrial_node *node)
{
    (void)state;
    return strcmp(said(host->pod_label(pod, "colour")), said(host->node_label(node, "colour"))) ==
           0;
}

const struct seatrial_policy *seatrial_policy(void)
{
    static const struct seatrial_policy policy = {
        .abi = SEATRIAL_POLICY_ABI, .name = "reading", .filter = filter, .score = score
    };
    return &policy;
}
