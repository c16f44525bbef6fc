/* How long answers take where a machine or a network is not well.
 *
 * A request is one packet there, its answer one back, over a connection that is open. With the strain of
 * server and clients together (models/api/ailment.h) an answer comes after
 *
 *     slowness * S + L + J + R(there) + R(back) ,
 *
 * S the service time, L the latency of both packets, J uniform in +- their jitter, and R what is lost to
 * retransmission: a packet that is lost k times in a row, with probability (1 - p) p^k, is late by
 * T (2^k - 1). T is 200 ms, the least that Linux waits (TCP_RTO_MIN), and doubles each time (RFC 6298).
 * What is not there by the time-out has timed out. Requests that are counted in the mean go by the same
 * distribution, at points of it. */
#include <math.h>
#include <stdlib.h>

#include "models/traffic/traffic_private.h"

#define RETRANSMISSION 0.2 /* seconds */
enum { MOST_LOSSES = 24, SERVICE_POINTS = 20, JITTER_POINTS = 10 };
static const double negligible = 1e-7; /* of all answers: late */

/* ---- strain ---- */

/* Servers are known by half of their uid. */
static struct uid uid_of(const struct ailments *list, uint64_t pod)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (list->items[i].pod.low == pod)
            return list->items[i].pod;
    return (struct uid){ .low = pod };
}

bool member_strain(const struct member *member, struct strain *strain)
{
    const struct source *source = member->proxy->source;
    const struct ailments *here = member->server->host->ailments, *there = source->traffic->clients;
    const struct strain none = strain_none();
    if (here == NULL && there == NULL)
        return false;
    const struct strain server =
        ailments_strain(here, uid_of(here, member->server->id), PEER_CLIENTS, &source->who);
    const struct strain client =
        ailments_strain(there, (struct uid){ 0 }, PEER_CLIENTS, &source->who);
    *strain = strain_join(server, client);
    strain->disk_slowness = none.disk_slowness; /* requests do not ask the disk */
    strain->disk_errors = none.disk_errors;
    strain->disk_lost = strain->crash = strain->never_ready = false;
    return !strain_equal(strain, &none);
}

/* ---- points ---- */

static void add_point(struct pace *pace, double seconds, double weight)
{
    MEM_GROW(pace->points, pace->count, pace->capacity);
    pace->points[pace->count].time = sim_time_from_seconds(seconds > 0 ? seconds : 0);
    pace->points[pace->count++].weight = weight;
    pace->in_time += weight;
}

/* Answers that the network makes so much later. */
static void add_delayed(struct pace *pace, const struct source *source, double delay, double weight)
{
    const double limit = sim_time_to_seconds(source->timeout), slowness = pace->strain.slowness;
    const double left = (limit - delay) / slowness;
    if (left < 0)
        return;
    const double share = share_in_time(source->service_time, sim_time_from_seconds(left));
    const int points = distribution_is_constant(source->service_time) ? 1 : SERVICE_POINTS;
    for (int i = 0; i < points && share > 0; i++) {
        const double u = share * (i + 0.5) / points;
        add_point(pace, slowness * distribution_quantile(source->service_time, u) + delay,
                  weight * share / points);
    }
}

static double late_by(int losses)
{
    return RETRANSMISSION * (ldexp(1, losses) - 1);
}

static void add_lossy(struct pace *pace, const struct source *source, double delay, double weight)
{
    const double there = pace->strain.loss_in, back = pace->strain.loss_out;
    for (int i = 0; i < (there > 0 ? MOST_LOSSES : 1); i++)
        for (int k = 0; k < (back > 0 ? MOST_LOSSES : 1); k++) {
            const double share = weight * (1 - there) * pow(there, i) * (1 - back) * pow(back, k);
            if (share > negligible)
                add_delayed(pace, source, delay + late_by(i) + late_by(k), share);
        }
}

static struct pace *pace_new(const struct source *source, const struct strain *strain)
{
    struct pace *pace = mem_new(sizeof *pace);
    const double latency = sim_time_to_seconds(strain->latency),
                 jitter = sim_time_to_seconds(strain->jitter);
    const int points = strain->jitter > 0 ? JITTER_POINTS : 1;
    pace->strain = *strain;
    for (int i = 0; i < points; i++)
        add_lossy(pace, source, fmax(0, latency + jitter * ((2 * i + 1.0) / points - 1)),
                  (1 - strain->resets) / points);
    pace->in_time = pace->in_time > 1 - 1e-12 ? 1 : pace->in_time;
    return pace;
}

const struct pace *pace_of(struct source *source, const struct strain *strain)
{
    struct pace *pace = source->paces;
    while (pace != NULL && !strain_equal(&pace->strain, strain))
        pace = pace->next;
    if (pace != NULL)
        return pace;
    pace = pace_new(source, strain);
    pace->next = source->paces;
    source->paces = pace;
    if (source->expected != NULL)
        expected_know_pace(source->expected, pace);
    return pace;
}

void paces_free(struct source *source)
{
    while (source->paces != NULL) {
        struct pace *pace = source->paces;
        source->paces = pace->next;
        free(pace->points);
        free(pace);
    }
}

/* ---- drawn ---- */

/* How often a packet is lost in a row, by inversion. */
static int draw_losses(double loss, double u)
{
    if (loss <= 0)
        return 0;
    const double losses = floor(log(1 - u) / log(loss));
    return losses < MOST_LOSSES ? (int)losses : MOST_LOSSES;
}

sim_time pace_draw_network(const struct pace *pace, struct stream *stream)
{
    const struct strain *strain = &pace->strain;
    const double jitter = 2 * stream_uniform(stream) - 1;
    const int there = draw_losses(strain->loss_in, stream_uniform(stream));
    const int back = draw_losses(strain->loss_out, stream_uniform(stream));
    const double seconds = sim_time_to_seconds(strain->latency) +
                           jitter * sim_time_to_seconds(strain->jitter) + late_by(there) +
                           late_by(back);
    return sim_time_from_seconds(seconds > 0 ? seconds : 0);
}
