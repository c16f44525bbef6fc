/* Requests to Services: who is asked, who answers, which requests fail, when and why.
 *
 * A source of requests sends to one Service through kube-proxies, each of which knows the
 * endpoints a while after their EndpointSlice was written (timing.endpointPropagation). A request
 * goes to any of the ready endpoints its proxy knows, all alike; when there is none, to any that
 * is terminating and still serving, as kube-proxy does. What happens there is the processes'
 * business (models/cluster/processes.h):
 *
 *     refused       nobody listens there: the process is not ready yet, or gone
 *     reset         the process went before its answer was given
 *     timed-out     the node is down or cut off, or the answer takes longer than `timeout`
 *     no-endpoint   the proxy knows no endpoint
 *
 * An attempt that fails is made again, if there are retries left; a request fails with its last
 * attempt. Failures are counted in one of two ways that agree:
 *   - expected: between two changes everything is constant but the rate, so the expected number
 *     follows from integrals. A change costs the same however many requests come.
 *   - requests: each is drawn, and sent to an endpoint that is drawn.
 *
 * An entry of a scenario's `traffic`: docs/scenario.md. Traffic only watches: it writes no object,
 * schedules no event of the run, and changes no trace. */
#ifndef MODELS_TRAFFIC_TRAFFIC_H
#define MODELS_TRAFFIC_TRAFFIC_H

#include "models/cluster/cluster.h"
#include "models/traffic/ledger.h"

extern const struct component traffic_component; /* "traffic" */

struct traffic;

/* The traffic of a cluster; NULL if it was made without the component. */
struct traffic *traffic_of(const struct cluster *cluster);

/* Plan an entry, from the present on; before there are EndpointSlices. Each fault is appended;
 * false when there was one. */
bool traffic_plan(struct cluster *cluster, const struct value *entry, struct error_list *faults);

/* Check an entry without planning it. */
bool traffic_check(const struct value *entry, struct error_list *faults);

/* How many requests a second a pod is sent at `now`, in the mean. 0 unless it takes them. O(number
 * of proxies that know it). */
double traffic_pod_rate(struct traffic *traffic, struct uid pod, sim_time now);

/* What was counted of the source with this number, in the order of planning, up to `now`;
 * NULL when there are no more. Borrowed until the next call of any function here. */
struct ledger *traffic_counted(struct traffic *traffic, size_t number, sim_time now);

/* From now on, keep a log of the source with this number (in its ledger); false when there is none. Before the first
 * request. */
bool traffic_keep_log(struct traffic *traffic, size_t number);

/* The sums of it up to `now`, reckoned without a trace: whoever looks, and however often, what is
 * counted later is the same to the last bit. False when there are no more sources. */
struct traffic_sums {
    double requests, attempts, waiting;
    double by_reason[TRAFFIC_REASONS]; /* failed */
    const struct ledger *ledger;       /* borrowed: whose they are */
};
bool traffic_glance(struct traffic *traffic, size_t number, sim_time now,
                    struct traffic_sums *sums);

/* Forget what was counted before `now`. */
void traffic_restart(struct traffic *traffic, sim_time now);

#endif
