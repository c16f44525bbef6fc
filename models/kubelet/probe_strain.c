/* Probes under a strain: how likely an answer comes too late, or is an error.
 *
 * A probe of HTTP, gRPC or TCP opens a connection: one exchange of packets for it, a second one for request
 * and answer but of TCP. With the pod's strain (models/api/ailment.h) the answer is there after
 *
 *     slowness * A + exchanges * (L + J) + R ,
 *
 * A the time an application needs (timing `probeAnswer`), L the latency there and back, J uniform in +- the
 * jitter, R what is lost to packets that are sent again: those that open a connection after 1 s,
 * others after 200 ms, doubled each time (RFC 6298; TCP_TIMEOUT_INIT and TCP_RTO_MIN of Linux). Later
 * than timeoutSeconds it has failed. A command asks no network. What cannot read its disk answers
 * with an error. */
#include <math.h>

#include "models/kubelet/kubelet_private.h"

enum { MOST_LOSSES = 8, JITTER_POINTS = 20 };
static const double opening = 1, sending = 0.2; /* seconds */
static const double negligible = 1e-9;

struct attempt {
    const struct strain *strain;
    const struct distribution *answer;
    double timeout;
};

/* P(it is there in time), when the network makes it so much later. */
static double in_time(const struct attempt *attempt, double delay)
{
    const double left = attempt->timeout - delay;
    return left < 0 ? 0 : distribution_below(attempt->answer, left / attempt->strain->slowness);
}

/* The same over losses of the packets that are still to come, each lost k times in a row with probability
 * (1 - p) p^k: 4 of request and answer, of which the first two open the connection. */
static double over_losses(const struct attempt *attempt, int packets, int done, double delay,
                          double weight)
{
    if (done == packets)
        return weight * in_time(attempt, delay);
    const struct strain *strain = attempt->strain;
    const double loss = done % 2 == 0 ? strain->loss_in : strain->loss_out;
    const double first = done < 2 ? opening : sending;
    double sum = 0;
    for (int k = 0; k < (loss > 0 ? MOST_LOSSES : 1); k++) {
        const double share = weight * (1 - loss) * pow(loss, k);
        const double later = delay + first * (ldexp(1, k) - 1);
        if (share < negligible || later > attempt->timeout)
            break;
        sum += over_losses(attempt, packets, done + 1, later, share);
    }
    return sum;
}

double probe_failure(const struct pod_worker *worker, const struct probe *probe)
{
    const struct distribution *answer = worker_settings(worker)->probe_answer;
    if (worker->node->ailments == NULL && distribution_is_constant(answer) &&
        distribution_mean(answer) == 0)
        return 0;
    const struct strain strain = worker_strain(worker, PEER_KUBELET);
    const struct attempt attempt = { &strain, answer, sim_time_to_seconds(probe->timeout) };
    if (strain.cut && probe->exchanges > 0)
        return 1;
    const double latency = probe->exchanges * sim_time_to_seconds(strain.latency),
                 jitter = probe->exchanges * sim_time_to_seconds(strain.jitter);
    const int points = jitter > 0 ? JITTER_POINTS : 1;
    double sum = 0;
    for (int i = 0; i < points; i++)
        sum += over_losses(&attempt, 2 * probe->exchanges, 0,
                           fmax(0, latency + jitter * ((2 * i + 1.0) / points - 1)), 1.0 / points);
    const double reset = probe->exchanges > 0 ? strain.resets : 0;
    const double fails = 1 - sum * (1 - strain.disk_errors) * (1 - reset);
    return fails > 1e-12 ? fails : 0;
}
